// Guided recovery: the walk from suspect to suspect, and what else waits for an answer.

import { keep, make, say, shape } from "../drawing.js";
import { follow } from "../frame.js";
import { LineMap } from "../line_map.js";
import { t } from "../words.js";
import { drawCommands } from "./commands.js";
import { drawGuide } from "./guide.js";
import { drawMatters } from "./matters.js";

const list = document.getElementById("suspects");
const map = new LineMap(document.getElementById("floor"));
const titles = new Map(document.getElementById("walk").dataset.zones.split(";").filter(Boolean).map((each) => each.split("=")));
let chosen = null;
let byHand = false; // whether a person has chosen it: what is answered for is left only then
let last = null;

function draw(snapshot) {
  last = snapshot;
  map.show(withSuspects(snapshot));
  drawCommands(snapshot);
  drawMatters(snapshot.matters);
  const executes = snapshot.state === "Execute"; // then it clears its suspects itself, and nobody is sent to it
  drawProgress(snapshot.suspects, executes);
  const kept = snapshot.suspects.find(({ item, answered }) => item === chosen && (byHand || !answered));
  const current = executes ? null : (kept ?? snapshot.suspects.find(({ answered }) => !answered) ?? null);
  chosen = current?.item ?? null;
  const shown = snapshot.suspects.map((suspect) => ({ ...suspect, executes, current: suspect.item === chosen }));
  if (shown.length) keep(list, shown, ({ item }) => item, drawSuspect);
  else keep(list, ["none"], (nothing) => nothing, () => make("li", "nothing", t("recovery.none")));
  map.mark(current && !current.answered ? current.zone : null);
  drawGuide(snapshot, current, titles, next);
}

/** After a stop the line forgets what stands where; the journal knows, and the map shows both. */
function withSuspects({ stations, suspects }) {
  return stations.map((station) => {
    const suspect = suspects.find(({ carrier, zone }) => carrier === station.carrier || (zone === station.zone && !station.carrier));
    if (!suspect) return { ...station, suspect: "" }; // nobody has to answer for what has ended meanwhile
    return { ...station, carrier: suspect.carrier, item: suspect.item, suspect: suspect.answered ? "" : suspect.why || "restart" };
  });
}

function drawProgress(suspects, executes) {
  const answered = suspects.filter((suspect) => suspect.answered).length;
  const key = !suspects.length ? "recovery.none" : executes ? "recovery.by_itself" : answered === suspects.length ? "recovery.all_answered" : "recovery.progress";
  list.parentElement.dataset.done = executes || answered === suspects.length; // then what else is open comes first
  say(document.getElementById("progress"), t(key, { answered, count: suspects.length }));
}

function drawSuspect(suspect) {
  const place = titles.get(suspect.zone) ?? suspect.zone;
  const sign = shape(suspect.answered ? "check" : "warning");
  const title = make("b", "", `${t("station.carrier", suspect)} · ${place}`);
  const state = t(suspect.executes ? "recovery.leaving" : suspect.answered ? "recovery.answered" : "recovery.open");
  const button = make("button", "suspect", sign, make("span", "", title, make("small", "", `${suspect.acceptance} · ${state}`)));
  button.type = "button";
  button.dataset.focus = "suspect";
  button.dataset.answered = suspect.answered;
  button.setAttribute("aria-pressed", suspect.current);
  button.addEventListener("click", () => choose(suspect.item));
  return make("li", "", button);
}

function choose(item) {
  chosen = item;
  byHand = true;
  draw(last);
}

/** The one that is answered for is done: go on with whoever is still open. */
function next() {
  chosen = null;
  byHand = false;
}

follow(draw);
