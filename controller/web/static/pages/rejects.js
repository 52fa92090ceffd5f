// Rejects: each with its picture; what they were for; rework by scanning; spoiled parts and their remakes.

import { look } from "../asking.js";
import { keep, make, say } from "../drawing.js";
import { follow } from "../frame.js";
import { drawRejects } from "../reject_list.js";
import { withMe } from "../me.js";
import { moment, t } from "../words.js";
import { drawPareto } from "./pareto.js";
import "./scanning.js";

const SHOWN = 100;
let counted = "";
let rejects = [];
let me = { may: [] };
let reason = "";

async function load() {
  const found = await look(`/api/rejects?limit=${SHOWN}`);
  if (found) rejects = found;
  draw();
  drawPareto(reason, choose);
  drawRemakes();
  drawLabels();
}

function draw() {
  drawRejects({ rejects: rejects.filter((reject) => !reason || reject.reason === reason) });
}

/** Show only rejects of one reason; the same again: all. */
function choose(chosen) {
  reason = chosen === reason ? "" : chosen;
  say(document.getElementById("filter"), reason ? t("rejects.only", { reason: t(`reason.${reason}`, {}, reason) }) : "");
  draw();
  drawPareto(reason, choose);
}

async function drawRemakes() {
  const asked = await look("/api/remakes");
  if (!asked) return;
  const list = document.getElementById("remakes");
  if (asked.length) keep(list, asked, (remake) => remake.code, drawRemake);
  else keep(list, ["none"], (nothing) => nothing, () => make("li", "nothing", t("remakes.none")));
}

async function drawLabels() {
  const list = document.getElementById("labels");
  if (!me.may.includes("trace")) return keep(list, ["who"], (nobody) => nobody, () => make("li", "nothing", t("labels.sign_in")));
  const open = await look("/api/labels/to-destroy");
  if (!open) return;
  say(document.getElementById("labels-count"), open.length ? String(open.length) : "");
  if (open.length) keep(list, open, (label) => label.number, drawLabel);
  else keep(list, ["none"], (nothing) => nothing, () => make("li", "nothing", t("labels.none")));
}

function drawLabel(label) {
  const words = [t("labels.carrier", label), t("reject.order", label), t(`reason.${label.reason}`, {}, label.reason)].join(" · ");
  const note = label.was === "reserved" ? make("small", "", t("labels.maybe")) : "";
  return make("li", "", make("b", "", label.number), make("span", "", words, note));
}

function drawRemake(remake) {
  const why = t(`spoil.reason_${remake.reason}`, {}, remake.reason);
  const words = [moment(remake.requested_at), t("reject.order", remake), remake.code, why].join(" · ");
  return make("li", "", make("span", "", words), make("b", "", t(remake.waiting ? "remakes.waiting" : "remakes.come")));
}

document.getElementById("hours").addEventListener("change", () => drawPareto(reason, choose));
document.body.addEventListener("sealline:changed", load);
withMe((now) => {
  me = now;
  drawLabels();
});
follow(({ counters, rejects: last }) => {
  const now = JSON.stringify([counters.rejected, counters.in_rework, last.map((reject) => reject.item)]);
  if (now !== counted) load();
  counted = now;
});
