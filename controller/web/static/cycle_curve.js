// One cycle of a jaw: temperature and force over time, each before the limits that held while it dwelt.

import { part } from "./svg.js";

const WIDTH = 560;
const LEFT = 52;
const RIGHT = 12;
const HEIGHT = 92;
const STEPS_MS = [50, 100, 200, 250, 500, 1000, 2000, 5000];

/** `plots`: `{name, unit, values, least, most}`, one under the other; `band`: [from, to] in ms; `step` in ms. */
export function drawCycle({ plots, step, band, label, time }) {
  const last = Math.max(1, step * (plots[0].values.length - 1));
  const x = (ms) => LEFT + (Math.min(ms, last) / last) * (WIDTH - LEFT - RIGHT);
  const svg = part("svg", { class: "cycle", viewBox: `0 0 ${WIDTH} ${plots.length * (HEIGHT + 20) + 20}`, role: "img", "aria-label": label });
  plots.forEach((plot, place) => svg.append(...onePlot(plot, place * (HEIGHT + 20) + 16, { x, step, band })));
  const foot = plots.length * (HEIGHT + 20);
  const every = STEPS_MS.find((each) => last / each <= 7) ?? last;
  for (let ms = 0; ms <= last; ms += every) {
    const middle = ms ? "middle" : "start";
    svg.append(
      part("line", { class: "frame", x1: x(ms), x2: x(ms), y1: foot - 4, y2: foot }),
      part("text", { x: x(ms), y: foot + 14, "text-anchor": middle }, ms ? String(ms) : `0 ${time}`),
    );
  }
  return svg;
}

function onePlot({ name, unit, values, least, most }, top, { x, step, band }) {
  const low = Math.min(least, ...values);
  const high = Math.max(most, ...values);
  const room = (high - low) * 0.08 || 1;
  const y = (value) => top + HEIGHT - ((value - low + room) / (high - low + 2 * room)) * HEIGHT;
  const [from, to] = band.map(x);
  const limit = (value) => part("text", { x: LEFT - 5, y: y(value) + 4, "text-anchor": "end" }, String(Math.round(value)));
  return [
    part("text", { x: LEFT, y: top - 4 }, `${name} (${unit})`),
    part("rect", { class: "band", x: from, y: y(most), width: Math.max(0, to - from), height: y(least) - y(most) }),
    part("rect", { class: "frame", x: LEFT, y: top, width: WIDTH - LEFT - RIGHT, height: HEIGHT }),
    part("line", { class: "limit", x1: from, x2: to, y1: y(most), y2: y(most) }),
    part("line", { class: "limit", x1: from, x2: to, y1: y(least), y2: y(least) }),
    limit(most),
    ...(Math.abs(y(most) - y(least)) > 12 ? [limit(least)] : []),
    part("polyline", { class: "curve", points: values.map((value, place) => `${x(place * step)},${y(value)}`).join(" ") }),
  ];
}
