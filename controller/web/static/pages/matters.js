// What the line can't know: a parcel in an unknown chute, a frozen bag, an event that dispatch refused.

import { ask } from "../asking.js";
import { askIn } from "../dialogs.js";
import { keep, make, say, shape, show } from "../drawing.js";
import { language, moment, t } from "../words.js";

const list = document.getElementById("matters");
const dialog = document.getElementById("matter");

export function drawMatters(matters) {
  if (matters.length) keep(list, matters, (matter) => matter.kind + matter.number, drawMatter);
  else keep(list, ["none"], (nothing) => nothing, () => make("li", "nothing", t("recovery.no_matters")));
}

const noted = (matter) => t(`matter.noted_${matter.kind}`, matter);
const titleOf = (matter) => t(`matter.${matter.kind}_${matter.state}`, matter);

function drawMatter(matter) {
  const facts = [moment(matter.since), matter.acceptance, matter.bag && t("matter.in_bag", matter), t(`${matter.kind === "bag" ? "bag_reason" : "reason"}.${matter.cause}`, {}, matter.cause)];
  const words = make("span", "", make("b", "", titleOf(matter)), make("small", "", facts.filter(Boolean).join(" · ")));
  const button = make("button", "suspect", shape("warning"), words);
  button.type = "button";
  button.dataset.focus = "matter";
  button.addEventListener("click", () => open(matter));
  return make("li", "", button);
}

function open(matter) {
  const form = dialog.querySelector("form");
  form.reset();
  say(dialog.querySelector("h2"), titleOf(matter));
  say(dialog.querySelector(".says"), t(`matter.${matter.kind}_${matter.cause}_todo`, matter, t(`matter.${matter.kind}_todo`, matter)));
  drawBagList(matter);
  show(document.getElementById("found"), matter.kind === "item");
  show(document.getElementById("parcels"), matter.kind === "bag");
  form.elements.parcels.required = matter.kind === "bag";
  form.elements.found.forEach((choice) => (choice.required = matter.kind === "item"));
  for (const marked of dialog.querySelectorAll("[aria-invalid]")) marked.removeAttribute("aria-invalid");
  askIn(dialog, (said) => said === "yes" && answer(matter, form.elements));
}

/** Whoever counts a bag must not know how many belong there; who looks for a stray in it needs to know which do. */
function drawBagList({ kind, cause, number }) {
  const link = document.getElementById("bag-list");
  link.href = `/api/bags/${number}/manifest.pdf?language=${language}`;
  show(link.parentElement, kind === "bag" && cause === "stray");
}

function answer(matter, { found, parcels, why }) {
  const said = { why: why.value.trim() };
  if (matter.kind === "item") return ask(`/api/items/${matter.number}/answer`, noted(matter), { ...said, found: found.value });
  if (matter.kind === "bag") return ask(`/api/bags/${matter.number}/answer`, noted(matter), { ...said, parcels: Number(parcels.value) });
  return ask(`/api/events/${matter.number}/send-again`, noted(matter), said);
}

dialog.querySelector("form").addEventListener("submit", (event) => {
  const why = dialog.querySelector("[name=why]");
  if (event.submitter?.value !== "yes" || why.value.trim()) return;
  event.preventDefault();
  why.setAttribute("aria-invalid", "true");
  why.focus();
});
