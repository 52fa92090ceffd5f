// The alarms page: what stands and what to do about it, how many came, and what was.

import { drawAlarms } from "../alarm_list.js";
import { ask } from "../asking.js";
import { askIn } from "../dialogs.js";
import { make, say } from "../drawing.js";
import { follow } from "../frame.js";
import { withMe } from "../me.js";
import { printTrendButton } from "../print_trend.js";
import { useTabs } from "../tabs.js";
import { own, t } from "../words.js";
import { lookBack } from "./alarm_history.js";
import { drawRates } from "./alarm_rates.js";

const HIGHEST = 1;
const RATES_MS = 30000;
const DRAWINGS = {
  guard_open: "guard", emergency_stop: "emergency_stop", station_fault: "jam", command_refused: "jam",
  label_left: "peel_edge", printer: "media", device_offline: "cable", rejects_in_a_row: "lens",
  camera_doubted: "lens", camera_drifts: "lens",
  challenge_missed: "lens", print_head_worn: "print_head", bag_frozen: "bag", stray_parcel: "bag", recall: "bag", carrier_missing: "carrier",
};
const dialog = document.getElementById("shelve");
let known = null;
let last = null;
let may = false;

function drawStanding(snapshot) {
  last = snapshot;
  const alarms = snapshot.alarms.map((alarm) => ({ ...alarm, may }));
  drawAlarms({ alarms }, (alarm) => [remedy(alarm), printTrend(alarm), shelfButton(alarm)].filter(Boolean));
  const numbers = snapshot.alarms.map((alarm) => alarm.alarm).join();
  if (numbers !== known) drawRates();
  known = numbers;
}

/** The steps; open by itself for what nobody has seen yet. */
function remedy(alarm) {
  const steps = t(`remedy.${alarm.kind}`, {}, "").split("\n").filter(Boolean);
  if (!steps.length) return null;
  const details = make("details", "remedy", make("summary", "", t("alarm.remedy", { count: steps.length })));
  const how = make("div", "how", make("ol", "", ...steps.map((step) => make("li", "", step))));
  if (DRAWINGS[alarm.kind]) how.append(drawing(DRAWINGS[alarm.kind]));
  details.append(how);
  details.open = !alarm.acknowledged && !alarm.shelved_until;
  return details;
}

function drawing(name) {
  const image = make("img", "drawing");
  image.alt = t(`drawing.${name}`);
  image.src = `/static/drawings/${name}.svg`;
  return image;
}

/** Below the steps, of which it is the last: beside them there is no room. */
function printTrend({ kind, source, cleared, may }) {
  return kind === "print_head_worn" && may && !cleared ? make("p", "", printTrendButton(source)) : null;
}

function shelfButton(alarm) {
  if (alarm.shelved_until) return button("alarm.unshelve", () => ask(`/api/alarms/${alarm.alarm}/unshelve`, t("alarm.unshelve")));
  if (alarm.priority === HIGHEST || alarm.cleared) return null;
  return button("alarm.shelve", () => askShelf(alarm));
}

function button(key, press) {
  const element = make("button", "", t(key));
  element.type = "button";
  element.dataset.focus = key;
  element.addEventListener("click", press);
  return element;
}

function askShelf(alarm) {
  const form = dialog.querySelector("form");
  form.reset();
  say(dialog.querySelector(".says"), own(alarm));
  askIn(dialog, (answer) => {
    if (answer !== "yes") return;
    const body = { minutes: Number(form.elements.minutes.value), reason: form.elements.reason.value };
    ask(`/api/alarms/${alarm.alarm}/shelve`, t("alarm.shelve"), body);
  });
}

dialog.querySelectorAll("[data-reason]").forEach((preset) =>
  preset.addEventListener("click", () => (dialog.querySelector("[name=reason]").value = preset.textContent)),
);
dialog.querySelector("form").addEventListener("submit", (event) => {
  const reason = dialog.querySelector("[name=reason]");
  if (event.submitter?.value !== "yes" || reason.value.trim()) return;
  event.preventDefault();
  reason.focus();
  reason.setAttribute("aria-invalid", "true");
});

follow(drawStanding);
withMe((me) => {
  may = me.may.includes("service");
  if (last) drawStanding(last);
});
setInterval(drawRates, RATES_MS);
useTabs((panel) => panel === "history" && lookBack());
