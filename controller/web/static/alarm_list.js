// Alarms as rows: priority by shape, number, word and colour; what happened and the button that says: seen.

import { ask } from "./asking.js";
import { keep, make, say, shape } from "./drawing.js";
import { own, t, timeOfDay } from "./words.js";

const SHAPES = { 1: "warning", 2: "diamond", 3: "info" };
const list = document.getElementById("alarms");
const summary = document.getElementById("alarms-summary");

/** Draw what stands; `more(alarm)` adds to a row what its page has beside. */
export function drawAlarms({ alarms }, more = () => []) {
  const fresh = alarms.filter((alarm) => !alarm.acknowledged && !alarm.shelved_until).length;
  say(summary, fresh ? t("alarms.unacknowledged", { count: fresh }) : "");
  if (alarms.length) keep(list, alarms, (alarm) => alarm.alarm, (alarm) => drawAlarm(alarm, more(alarm)));
  else keep(list, ["none"], (nothing) => nothing, () => make("li", "nothing", t("alarms.none")));
}

export function badge(priority) {
  const sign = make("span", "badge", shape(SHAPES[priority] ?? "info"), make("b", "", String(priority)));
  sign.append(make("small", "", t(`alarm.priority_${priority}`)));
  sign.dataset.priority = priority;
  return sign;
}

function drawAlarm(alarm, more) {
  const row = make("li", "alarm", badge(alarm.priority));
  const words = make("div", "", make("p", "says", own(alarm)), make("p", "facts", facts(alarm).join(" · ")));
  row.append(words);
  const quiet = alarm.acknowledged || alarm.shelved_until;
  if (!quiet) row.append(acknowledgeButton(alarm));
  for (const element of more) (element.tagName === "BUTTON" ? row : words).append(element);
  row.dataset.priority = alarm.priority;
  row.dataset.fresh = !quiet;
  row.dataset.cleared = alarm.cleared;
  row.dataset.shelved = Boolean(alarm.shelved_until);
  return row;
}

function facts(alarm) {
  const told = [timeOfDay(alarm.raised_at), /^[a-z]/.test(alarm.source) ? alarm.source : ""]; // a bag or an item stands in the text
  if (alarm.acknowledged) told.push(t("alarm.acknowledged"));
  if (alarm.cleared) told.push(t("alarm.cleared"));
  if (alarm.shelved_until) {
    const { shelved_by: by, shelved_why: why } = alarm;
    told.push(t("alarm.shelved", { until: timeOfDay(alarm.shelved_until), by, why }));
  }
  return told.filter(Boolean);
}

function acknowledgeButton(alarm) {
  const button = make("button", "", t("alarm.acknowledge"));
  button.type = "button";
  button.dataset.focus = "acknowledge";
  button.addEventListener("click", () => ask(`/api/alarms/${alarm.alarm}/acknowledge`, t("alarm.acknowledge")));
  return button;
}
