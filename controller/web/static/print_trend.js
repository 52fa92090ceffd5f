// Labels, print head or camera lamp were changed: a technician lets the print trend begin anew.

import { ask } from "./asking.js";
import { confirmThen } from "./confirming.js";
import { make } from "./drawing.js";
import { t } from "./words.js";

/** The button for the labels that `camera` judges; it asks once. */
export function printTrendButton(camera) {
  const button = make("button", "", t("print_trend.begin"));
  button.type = "button";
  button.dataset.focus = "print_trend.begin";
  const question = { title: t("print_trend.title"), text: t("print_trend.text"), yes: t("print_trend.yes") };
  button.addEventListener("click", () => confirmThen(question, () => ask(`/api/devices/${camera}/print-trend`, t("print_trend.begin"))));
  return button;
}
