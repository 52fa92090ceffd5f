// The one message that matters now, and what to do about it.

import { reshape, say, show } from "./drawing.js";
import { duration, language, nameOf, own, t } from "./words.js";

const SHAPES = ["info", "warning", "diamond", "info"];
const PATIENCE_S = 10;
const SEPARATOR = language === "zh" ? "、" : ", ";
const box = document.getElementById("message");

export function drawMessage(feed) {
  const { level, says, todo, go } = choose(feed);
  const link = box.querySelector(".go");
  if (go && go !== location.pathname) {
    link.href = go;
    say(link, t(`go.${go.slice(1)}`));
  }
  show(link, Boolean(go) && go !== location.pathname);
  box.dataset.level = level;
  reshape(box.querySelector("svg"), SHAPES[level]);
  say(box.querySelector("b"), says);
  say(box.querySelector("span"), todo);
}

/** Level 0 is calm, 1 to 3 are an alarm's priorities. */
function choose(feed) {
  if (feed.old) return notHeard(feed);
  const snapshot = feed.snapshot;
  return held(snapshot) ?? refused(snapshot) ?? newAlarm(snapshot) ?? manual(snapshot) ?? suspects(snapshot) ?? deviceAway(snapshot) ?? notRunning(snapshot) ?? hands(snapshot) ?? nothingWaits(snapshot) ?? running();
}

function notHeard(feed) {
  if (feed.webAway && feed.snapshot) return { level: 1, says: t("message.page_away", { age: duration(feed.age) }), todo: t("message.web_away") };
  const says = feed.snapshot ? t("message.away", { age: duration(feed.age) }) : t("message.away_never");
  if (feed.webAway) return { level: 1, says, todo: t("message.web_away") };
  return { level: 1, says, todo: `${t("message.away_todo")} ${t("message.for_technician", { why: feed.away[language] })}` };
}

/** Why the line holds, for as long as that has not been put right. */
function held(snapshot) {
  const why = own(snapshot, "hold_text");
  const ended = snapshot.alarms.some(({ kind, cleared }) => kind === snapshot.hold_reason && cleared);
  const stands = snapshot.alarms.some(({ kind, cleared }) => kind === snapshot.hold_reason && !cleared);
  return why && (stands || !ended) ? { level: 1, says: why, ...toAnswer(snapshot, "") } : null;
}

/** What the last Reset or Start was refused for: it is what whoever pressed it wants to know. */
function refused(snapshot) {
  const alarm = snapshot.alarms.find(({ kind, cleared }) => kind === "not_ready" && !cleared);
  return alarm ? { level: alarm.priority, says: own(alarm), ...toAnswer(snapshot, "") } : null;
}

/** Where to go on: carriers to answer for come before everything that would move, then what else is open. */
function toAnswer(snapshot, todo, go) {
  const open = snapshot.suspects.filter((suspect) => !suspect.answered);
  if (open.length && snapshot.state !== "Execute") return { todo: t("message.suspects", { count: open.length }), go: "/recovery" };
  if (snapshot.matters.length) return { todo: t("message.matters", { count: snapshot.matters.length }), go: "/recovery" };
  return { todo, go };
}

function manual({ mode }) {
  return mode === "Manual" ? { level: 2, says: t("message.manual"), todo: t("message.manual_todo"), go: "/technician" } : null;
}

function suspects(snapshot) {
  const open = snapshot.suspects.some((suspect) => !suspect.answered) && snapshot.state !== "Execute";
  return open ? { level: 2, says: standing(snapshot), ...toAnswer(snapshot, "") } : null;
}

function newAlarm(snapshot) {
  const fresh = snapshot.alarms.filter((alarm) => !alarm.cleared && !alarm.acknowledged && !alarm.shelved_until);
  const [worst] = fresh.sort((one, other) => one.priority - other.priority);
  return worst ? { level: worst.priority, says: own(worst), ...toAnswer(snapshot, "", "/alarms") } : null;
}

/** "The line is held"; in English the state is no name here. */
function standing({ state }) {
  const named = t(`state.${state}`, {}, state);
  return t("message.state", { state: language === "en" ? named.toLowerCase() : named });
}

function notRunning(snapshot) {
  const { state } = snapshot;
  if (state === "Execute") return null;
  return { level: state === "Aborted" ? 1 : state === "Held" ? 2 : 0, says: standing(snapshot), todo: t(`todo.${state}`, {}, t("message.turning")) };
}

/** Reset and Start are refused while a device is away; a line that is held or aborted has a cause of its own. */
function deviceAway(snapshot) {
  if (!["Stopped", "Idle", "Complete", "Execute"].includes(snapshot.state)) return null;
  const away = snapshot.devices.filter((device) => device.state !== "online").map((device) => nameOf(device.name));
  if (!away.length) return null;
  return { level: 2, says: t("message.device", { devices: away.join(SEPARATOR) }), todo: t("message.device_todo") };
}

function hands(snapshot) {
  const waits = (station) => station.activity === "waiting_for_parts" && station.activity_s >= PATIENCE_S;
  const station = snapshot.stations.find(waits);
  if (!station) return null;
  const { acceptance, carrier, product } = station;
  return {
    level: 0,
    says: t("message.parts", { station: own(station, "title"), acceptance }),
    todo: t("message.parts_todo", { product: t(`product.${product}`, {}, product), carrier }),
  };
}

/** The line runs and has nothing to do. */
function nothingWaits({ counters }) {
  if (counters.waiting || counters.under_way) return null;
  const says = t("message.no_orders");
  if (!counters.in_rework) return { level: 0, says, todo: t("message.no_orders_todo") };
  return { level: 0, says, todo: t("message.rework_todo", { count: counters.in_rework }), go: "/rejects" };
}

const running = () => ({ level: 0, says: t("message.running"), todo: t("message.nothing") });
