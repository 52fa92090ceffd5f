// What every page has: the line's state, the message that matters, dispatch, what waits on other pages, and Hold.

import { ask, tell, tellAnswer } from "./asking.js";
import { reshape, say, show } from "./drawing.js";
import { Feed } from "./feed.js";
import { lookAgain } from "./me.js";
import { drawMessage } from "./message.js";
import { t, timeOfDay } from "./words.js";

const STATE_KINDS = { Execute: "run", Held: "held", Holding: "held", Suspended: "held", Aborted: "aborted", Aborting: "aborted" };
const STATE_SHAPES = { run: "work", held: "hold", aborted: "abort", still: "stop" };
const state = document.getElementById("state");
const dispatch = document.getElementById("dispatch");
const hold = document.getElementById("hold");
const followers = [];
let drawn = null;
let feed = null;

/** Draw with each new snapshot; `everySecond` also between two, for what runs on by itself. */
export function follow(draw, { everySecond = false } = {}) {
  followers.push({ draw, everySecond });
  if (feed?.snapshot) draw(feed.snapshot, feed);
}

hold.addEventListener("click", async (event) => {
  event.preventDefault(); // from here on early.js sends none
  const taken = await ask("/api/commands/hold", t("command.hold"), undefined, "answer.under_way");
  if (!taken && feed?.old) tell(t("answer.by_hand"), false);
});

/** What became of a Hold that was pressed before this ran; one that did not reach the line is sent again. */
async function tellEarlyHold() {
  const reply = await window.heldEarly;
  if (!reply || reply.status >= 500) hold.click();
  else await tellAnswer(reply, t("command.hold"), "answer.under_way");
}

function drawFrame(now) {
  const wasOld = document.body.classList.contains("old");
  document.body.classList.toggle("old", now.old);
  if (wasOld && !now.old) lookAgain(); // a web process that has started anew knows nobody
  if (now.snapshot || now.old) drawMessage(now);
  if (!now.snapshot) return;
  const fresh = now.snapshot !== drawn;
  drawn = now.snapshot;
  if (fresh) for (const part of [drawState, drawHeader, drawCounts]) part(drawn);
  for (const { draw, everySecond } of followers) if (fresh || everySecond) draw(drawn, now);
}

function drawState(snapshot) {
  const kind = STATE_KINDS[snapshot.state] ?? "still";
  state.dataset.kind = kind;
  state.dataset.mode = snapshot.mode;
  reshape(state.querySelector("svg"), STATE_SHAPES[kind]);
  const named = t(`state.${snapshot.state}`, {}, snapshot.state);
  say(state.querySelector("b"), named);
  const manual = snapshot.mode === "Production" ? "" : t(`mode.${snapshot.mode}`, {}, snapshot.mode);
  say(state.querySelector("small"), [manual, named === snapshot.state ? "" : snapshot.state].filter(Boolean).join(" · "));
  hold.classList.toggle("not-now", !snapshot.commands.includes("hold"));
}

function drawHeader(snapshot) {
  say(document.getElementById("mode"), t(`mode.${snapshot.mode}`, {}, snapshot.mode));
  say(document.querySelector("#clock b"), timeOfDay(snapshot.at));
  const { events_pending: pending, events_parked: parked } = snapshot.counters;
  const online = snapshot.dispatch_online;
  const words = [t(online ? "page.online" : "page.offline"), t("page.unacknowledged", { count: pending })];
  if (parked) words.push(t("page.parked", { count: parked }));
  dispatch.dataset.level = online && !parked ? 0 : 2;
  reshape(dispatch.querySelector("svg"), online ? (parked ? "diamond" : "dot") : "cross");
  say(dispatch.querySelector("b"), words.join(" · "));
}

function drawCounts(snapshot) {
  const fresh = snapshot.alarms.filter((alarm) => !alarm.acknowledged && !alarm.shelved_until).length;
  const open = snapshot.state === "Execute" ? [] : snapshot.suspects.filter((suspect) => !suspect.answered);
  const suspects = open.length + snapshot.matters.length;
  drawCount("alarms", fresh, "nav.unacknowledged");
  drawCount("recovery", suspects, "nav.suspects");
}

/** A number on a page's link: so much waits there. */
function drawCount(page, count, key) {
  const badge = document.querySelector(`nav [data-page="${page}"] .count`);
  say(badge, count);
  badge.setAttribute("aria-label", t(key, { count }));
  badge.setAttribute("role", "img");
  show(badge, count > 0);
}

feed = new Feed(drawFrame);
if (window.heldEarly) tellEarlyHold();
