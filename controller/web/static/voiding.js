// A mail number ends by a supervisor's hand; its label is destroyed and scanned.

import { ask } from "./asking.js";
import { askIn } from "./dialogs.js";
import { say, show } from "./drawing.js";
import { t } from "./words.js";

const dialog = document.getElementById("void");
const form = dialog.querySelector("form");
const wrong = dialog.querySelector(".wrong");
let number = "";

/** Whether a number in this state may still be ended by hand. */
export const isLive = (state) => ["reserved", "printed", "applied"].includes(state);

export const labelDestroyed = (label) => ask("/api/labels/destroyed", t("label.destroyed"), { number: label });

/** Ask for the reason and the label; `done` is called once the line has taken it. */
export function voidNumber(chosen, order, done) {
  number = chosen;
  form.reset();
  for (const field of [form.elements.why, form.elements.label]) field.setAttribute("aria-invalid", false);
  show(wrong, false);
  say(dialog.querySelector(".says"), `${t("void.number", { number })} · ${t("reject.order", { acceptance: order })}`);
  askIn(dialog, async (answer) => {
    if (answer !== "yes") return;
    const label = form.elements.label.value.trim();
    const taken = await ask(`/api/mail-numbers/${number}/void`, t("void.title"), { why: form.elements.why.value.trim() });
    if (taken && (!label || (await labelDestroyed(label)))) done();
  });
}

form.addEventListener("submit", (event) => {
  if (event.submitter?.value !== "yes") return;
  const { why, label } = form.elements;
  const scanned = label.value.trim();
  const missing = why.value.trim().length < 3 ? why : scanned && scanned !== number ? label : null;
  for (const field of [why, label]) field.setAttribute("aria-invalid", missing === field);
  show(wrong, missing !== null);
  if (!missing) return;
  event.preventDefault();
  say(wrong, t(missing === why ? "void.why_missing" : "void.other_label"));
  missing.focus();
});
