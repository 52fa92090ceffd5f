// A measured range before its limits: grey is allowed, the line is the set-point, the bar is what was measured.

import { part } from "./svg.js";

const WIDTH = 500;

const short = (value) => String(Math.round(value * 10) / 10);

export function drawGauge({ name, unit, low, high, target, least, most }) {
  const spread = Math.max(most - least, high - low, 1e-9);
  const first = Math.min(least, low) - 0.15 * spread;
  const last = Math.max(most, high) + 0.15 * spread;
  const place = (value) => 95 + ((value - first) / (last - first)) * 230;
  const found = low === high ? short(low) : `${short(low)}–${short(high)}`;
  const told = `${found} (${short(least)}–${short(most)}) ${unit}`;
  const svg = part("svg", { viewBox: `0 0 ${WIDTH} 24`, role: "img", "aria-label": `${name} ${told}` });
  const bar = Math.max(place(high) - place(low), 3);
  svg.append(
    part("text", { x: 0, y: 16 }, name),
    part("rect", { class: "band", x: place(least), y: 5, width: place(most) - place(least), height: 14 }),
    part("rect", { class: "frame", x: 95, y: 5, width: 230, height: 14 }),
    part("rect", { class: low < least || high > most ? "bar out" : "bar", x: place((low + high) / 2) - bar / 2, y: 8, width: bar, height: 8 }),
    part("line", { class: "set", x1: place(target), x2: place(target), y1: 2, y2: 22 }),
    part("text", { x: 333, y: 16 }, told),
  );
  return svg;
}
