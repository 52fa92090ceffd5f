// Standing alarms with their remedy, and the button that says: seen.

import { ask } from "./asking.js";
import { keep, make, say, shape } from "./drawing.js";
import { own, t, timeOfDay } from "./words.js";

const SHAPES = { 1: "warning", 2: "diamond", 3: "info" };
const list = document.getElementById("alarms");
const summary = document.getElementById("alarms-summary");

export function drawAlarms(snapshot) {
  const { alarms } = snapshot;
  const fresh = alarms.filter((alarm) => !alarm.acknowledged).length;
  say(summary, fresh ? t("alarms.unacknowledged", { count: fresh }) : "");
  if (alarms.length) keep(list, alarms, (alarm) => alarm.alarm, drawAlarm);
  else keep(list, ["none"], (nothing) => nothing, () => make("li", "nothing", t("alarms.none")));
}

function drawAlarm(alarm) {
  const badge = make("span", "badge", shape(SHAPES[alarm.priority] ?? "info"), make("b", "", String(alarm.priority)));
  badge.append(make("small", "", t(`alarm.priority_${alarm.priority}`)));
  const facts = [timeOfDay(alarm.raised_at), alarm.source];
  if (alarm.acknowledged) facts.push(t("alarm.acknowledged"));
  if (alarm.cleared) facts.push(t("alarm.cleared"));
  const row = make("li", "alarm", badge);
  row.append(make("div", "", make("p", "says", own(alarm)), make("p", "facts", facts.filter(Boolean).join(" · "))));
  if (!alarm.acknowledged) row.append(acknowledgeButton(alarm));
  row.dataset.priority = alarm.priority;
  row.dataset.fresh = !alarm.acknowledged;
  row.dataset.cleared = alarm.cleared;
  return row;
}

function acknowledgeButton(alarm) {
  const button = make("button", "", t("alarm.acknowledge"));
  button.type = "button";
  button.dataset.focus = "acknowledge";
  button.addEventListener("click", () => ask(`/api/alarms/${alarm.alarm}/acknowledge`, t("alarm.acknowledge")));
  return button;
}
