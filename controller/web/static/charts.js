// Charts in black, white and grey, each with its values in words.

import { part } from "./svg.js";

const chart = (width, height, label) => part("svg", { class: "chart", viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": label });

/** Lying bars, in their order: `{name, value, told}`. */
export function lyingBars(values) {
  const svg = chart(600, Math.max(1, values.length) * 24, values.map(({ name, told }) => `${name} ${told}`).join("; "));
  const most = Math.max(...values.map(({ value }) => value), 1e-9);
  values.forEach(({ name, value, told }, place) => {
    const y = place * 24;
    const width = Math.max(1, (value / most) * 230);
    svg.append(
      part("text", { x: 0, y: y + 16 }, name),
      part("rect", { class: "bar", x: 210, y: y + 4, width, height: 16 }),
      part("text", { x: 216 + width, y: y + 16 }, told),
    );
  });
  return svg;
}

/** Upright bars: `{name, value}`. */
export function uprightBars(values) {
  const svg = chart(1100, 170, values.map(({ name, value }) => `${name}: ${value}`).join("; "));
  const most = Math.max(...values.map(({ value }) => value), 1);
  const step = 1100 / Math.max(values.length, 1);
  values.forEach(({ name, value }, place) => {
    const height = (value / most) * 125;
    const x = place * step;
    svg.append(
      part("rect", { class: "bar", x: x + step * 0.15, y: 145 - height, width: step * 0.7, height }),
      part("text", { x: x + step / 2, y: 140 - height, "text-anchor": "middle" }, value || ""),
      part("text", { x: x + step / 2, y: 162, "text-anchor": "middle" }, name),
    );
  });
  svg.append(part("line", { class: "frame", x1: 0, y1: 145, x2: 1100, y2: 145 }));
  return svg;
}

/** A trend over the shift with the allowed band in grey; `points`: [place 0..1, value]; `ranges`: [low, high] of each;
 *  `breaks`: places at which it begins anew, dashed. */
export function curve({ points, ranges, breaks, least, most, label }) {
  const svg = chart(1100, 130, label);
  const values = [...points.map(([, value]) => value), ...ranges.flat()];
  const room = (Math.max(most, ...values) - Math.min(least, ...values)) * 0.1 || 1;
  const low = Math.min(least, ...values) - room;
  const high = Math.max(most, ...values) + room;
  const y = (value) => 125 - ((value - low) / (high - low)) * 120;
  svg.append(
    part("rect", { class: "band", x: 0, y: y(most), width: 1100, height: y(least) - y(most) }),
    part("rect", { class: "frame", x: 0.5, y: 5, width: 1099, height: 120 }),
    part("polyline", { class: "curve", points: points.map(([share, value]) => `${share * 1100},${y(value)}`).join(" ") }),
    ...ranges.map(([lowest, highest], place) => part("line", { class: "range", x1: points[place][0] * 1100, x2: points[place][0] * 1100, y1: y(lowest), y2: y(highest) })),
    ...points.map(([share, value]) => part("circle", { class: "dot", cx: share * 1100, cy: y(value), r: 2.5 })),
    ...breaks.map((share) => part("line", { class: "break", x1: share * 1100, x2: share * 1100, y1: 5, y2: 125 })),
    part("text", { x: 4, y: y(most) + 12 }, most), part("text", { x: 4, y: y(least) - 3 }, least),
  );
  return svg;
}
