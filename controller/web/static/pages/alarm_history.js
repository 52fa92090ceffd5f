// Past alarms: searched, filtered, a page at a time, and as a file.

import { badge } from "../alarm_list.js";
import { look } from "../asking.js";
import { make, show } from "../drawing.js";
import { moment, own, t } from "../words.js";

const form = document.getElementById("search");
const rows = document.getElementById("past");
const older = document.getElementById("older");
let before = 0;
let turns = 0;

/** The newest that fit the form. */
export function lookBack() {
  before = 0;
  return turn();
}

const wanted = () => new URLSearchParams(new FormData(form));

async function turn() {
  const asked = wanted();
  document.getElementById("export").href = `/api/alarms.csv?${asked}`;
  asked.set("before", before);
  turns += 1;
  const mine = turns;
  const found = await look(`/api/alarms?${asked}`);
  if (!found || mine !== turns) return; // a later question's answer may have come first
  const drawn = found.alarms.map(drawRow);
  if (before) rows.append(...drawn);
  else rows.replaceChildren(...(drawn.length ? drawn : [nothing()]));
  before = found.next;
  show(older, before > 0);
}

function nothing() {
  const cell = make("td", "nothing", t("alarms.no_match"));
  cell.colSpan = 5;
  return make("tr", "", cell);
}

function drawRow(alarm) {
  const shelf = { until: moment(alarm.shelved_until), by: alarm.shelved_by, why: alarm.shelved_why };
  const text = make("td", "", make("p", "", own(alarm)));
  if (alarm.shelved_by) text.append(make("p", "facts", t("alarm.shelved", shelf)));
  return make(
    "tr", "", make("td", "", badge(alarm.priority)), make("td", "when", moment(alarm.raised_at)), text,
    make("td", "when", alarm.cleared_at ? moment(alarm.cleared_at) : t("alarms.stands")),
    make("td", "when", alarm.acknowledged_at ? `${moment(alarm.acknowledged_at)} ${alarm.acknowledged_by}` : "–"),
  );
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  lookBack();
});
form.addEventListener("change", lookBack);
older.addEventListener("click", turn);
