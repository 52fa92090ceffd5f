// What the rejects were for, the most frequent first, with the share of this and all before it.

import { look } from "../asking.js";
import { keep, make, say } from "../drawing.js";
import { t } from "../words.js";

const SVG = "http://www.w3.org/2000/svg";
const list = document.getElementById("pareto");

export async function drawPareto(chosen, choose) {
  const hours = () => document.querySelector("#hours input:checked").value;
  const asked = hours();
  const found = await look(`/api/rejects/pareto?hours=${asked}`);
  if (!found || asked !== hours()) return;
  const { packed, rejected } = found;
  const share = packed + rejected ? ((100 * rejected) / (packed + rejected)).toFixed(1) : "0";
  say(document.getElementById("pareto-sum"), t("pareto.sum", { rejected, packed, share }));
  const most = Math.max(1, ...found.reasons.map(([, count]) => count));
  const bars = found.reasons.map(([reason, count, sum]) => ({ reason, count, sum, width: (100 * count) / most, chosen: reason === chosen }));
  if (bars.length) keep(list, bars, (bar) => bar.reason, (bar) => drawBar(bar, choose));
  else keep(list, ["none"], (nothing) => nothing, () => make("li", "nothing", t("rejects.none")));
}

function drawBar({ reason, count, sum, width, chosen }, choose) {
  const button = make("button", "", stripe(width), make("span", "", t(`reason.${reason}`, {}, reason)));
  button.append(make("b", "", String(count)), make("small", "", `Σ ${sum} %`));
  button.type = "button";
  button.setAttribute("aria-pressed", chosen);
  button.dataset.focus = reason;
  button.addEventListener("click", () => choose(reason));
  return make("li", "", button);
}

function stripe(width) {
  const svg = document.createElementNS(SVG, "svg");
  const rect = document.createElementNS(SVG, "rect");
  svg.setAttribute("aria-hidden", "true");
  for (const [name, value] of [["width", `${width}%`], ["height", "100%"]]) rect.setAttribute(name, value);
  svg.append(rect);
  return svg;
}
