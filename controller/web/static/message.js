// The one message that matters now, and what to do about it.

import { reshape, say, show } from "./drawing.js";
import { duration, language, own, t } from "./words.js";

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
  return held(snapshot) ?? newAlarm(snapshot) ?? manual(snapshot) ?? suspects(snapshot) ?? notRunning(snapshot) ?? deviceAway(snapshot) ?? hands(snapshot) ?? nothingWaits(snapshot) ?? running();
}

function notHeard(feed) {
  if (feed.webAway && feed.snapshot) return { level: 1, says: t("message.page_away", { age: duration(feed.age) }), todo: t("message.web_away") };
  const says = feed.snapshot ? t("message.away", { age: duration(feed.age) }) : t("message.away_never");
  if (feed.webAway) return { level: 1, says, todo: t("message.web_away") };
  return { level: 1, says, todo: `${t("message.away_todo")} ${t("message.for_technician", { why: feed.away[language] })}` };
}

function held(snapshot) {
  const why = own(snapshot, "hold_text");
  return why ? { level: 1, says: why, ...toAnswer(snapshot, "") } : null;
}

/** Where to go on: carriers to answer for come before everything that would move. */
function toAnswer(snapshot, todo) {
  const open = snapshot.suspects.filter((suspect) => !suspect.answered);
  if (!open.length || snapshot.state === "Execute") return { todo };
  return { todo: t("message.suspects", { count: open.length }), go: "/recovery" };
}

function manual({ mode }) {
  return mode === "Manual" ? { level: 2, says: t("message.manual"), todo: t("message.manual_todo"), go: "/technician" } : null;
}

function suspects(snapshot) {
  const { todo, go } = toAnswer(snapshot, "");
  return go ? { level: 2, says: t("message.state", { state: t(`state.${snapshot.state}`, {}, snapshot.state) }), todo, go } : null;
}

function newAlarm(snapshot) {
  const fresh = snapshot.alarms.filter((alarm) => !alarm.cleared && !alarm.acknowledged && !alarm.shelved_until);
  const [worst] = fresh.sort((one, other) => one.priority - other.priority);
  return worst ? { level: worst.priority, says: own(worst), go: "/alarms", ...toAnswer(snapshot, "") } : null;
}

function notRunning({ state }) {
  if (state === "Execute") return null;
  const says = t("message.state", { state: t(`state.${state}`, {}, state) });
  return { level: state === "Aborted" ? 1 : state === "Held" ? 2 : 0, says, todo: t(`todo.${state}`, {}, t("message.turning")) };
}

function deviceAway(snapshot) {
  const away = snapshot.devices.filter((device) => device.state !== "online").map((device) => device.name);
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
