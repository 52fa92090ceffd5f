// The floor seen from above: zones, belts, chutes, the carriers' way back, and the carriers on them.

const SVG = "http://www.w3.org/2000/svg";
const STEP = 132.87; // a column and the gap beside it: the same as the cards below have
const FIRST = 60.4;
const LANE = 62;
const RETURN = 132;
const CHUTE_X = 1106;
const COLUMNS = ["load", "infeed", "collate", "verify", "label", "seal", "inspect", "divert"];
const SIGNS = {
  infeed: ["scanner"], collate: ["scanner"], verify: ["camera", "camera"], label: ["printer", "camera"],
  inspect: ["camera", "scale"], divert: ["gate"],
};
const MOVE_MS = 700;

const x = (column) => FIRST + STEP * COLUMNS.indexOf(column);

/** Where a carrier stands in a zone. */
export const PLACES = Object.fromEntries([
  ...COLUMNS.filter((column) => column !== "seal").map((column) => [column, [x(column), LANE]]),
  ["seal_1", [x("seal"), 36]],
  ["seal_2", [x("seal"), 90]],
]);
const BACK = [[x("divert"), RETURN], [x("load"), RETURN]];

function draw(tag, attributes, parent) {
  const element = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  parent.append(element);
  return element;
}

const path = (points) => points.map(([left, top], index) => `${index ? "L" : "M"}${left} ${top}`).join("");

export class LineMap {
  constructor(svg) {
    this.svg = svg;
    this.zones = new Map();
    this.carriers = new Map();
    svg.setAttribute("viewBox", "0 0 1150 156");
    this.drawBelts();
    for (const [zone, place] of Object.entries(PLACES)) this.drawZone(zone, place);
    this.layer = draw("g", {}, svg);
  }

  drawBelts() {
    const at = PLACES;
    const belts = [
      [at.load, at.label], [at.label, at.seal_1, at.inspect], [at.label, at.seal_2, at.inspect], [at.inspect, at.divert],
      [at.divert, [CHUTE_X, 30]], [at.divert, [CHUTE_X, 94]],
    ];
    for (const points of belts) draw("path", { d: path(points), class: "belt" }, this.svg);
    draw("path", { d: path([at.divert, ...BACK, at.load]), class: "belt back" }, this.svg);
    for (const left of [900, 620, 340]) draw("path", { d: `M${left + 9} ${RETURN - 7}l-16 7l16 7z`, class: "arrow" }, this.svg);
    draw("rect", { x: CHUTE_X - 34, y: 14, width: 74, height: 32, rx: 3, class: "chute-end" }, this.svg);
    draw("rect", { x: CHUTE_X - 34, y: 78, width: 74, height: 32, rx: 3, class: "chute-end" }, this.svg);
    draw("use", { href: "#shape-clear", x: CHUTE_X - 9, y: 19, width: 22, height: 22, class: "sign" }, this.svg);
    draw("use", { href: "#shape-cross", x: CHUTE_X - 6, y: 86, width: 16, height: 16, class: "sign" }, this.svg);
  }

  drawZone(zone, [left, top]) {
    const group = draw("g", { class: "zone", "data-zone": zone }, this.svg);
    draw("rect", { x: left - 36, y: top - 20, width: 72, height: 40, rx: 5 }, group);
    const signs = SIGNS[zone] ?? [];
    signs.forEach((sign, index) => {
      const spot = left - 12 + 30 * (index - (signs.length - 1) / 2);
      draw("use", { href: `#shape-${sign}`, x: spot, y: 12, width: 24, height: 24, class: "sign" }, group);
    });
    if (zone.startsWith("seal")) this.drawJaws(group, left, top);
    this.zones.set(zone, group);
  }

  drawJaws(group, left, top) {
    for (const edge of [top - 21, top + 17]) draw("rect", { x: left - 27, y: edge, width: 54, height: 4, class: "jaw" }, group);
  }

  /** Show each station's carrier; one that has moved travels there. */
  show(stations) {
    const seen = new Set();
    for (const station of stations) {
      if (!station.carrier || !PLACES[station.zone] || seen.has(station.carrier)) continue;
      seen.add(station.carrier);
      this.place(station);
    }
    for (const [number, carrier] of this.carriers) {
      if (seen.has(number)) continue;
      carrier.group.remove();
      this.carriers.delete(number);
    }
  }

  place({ carrier: number, zone, item, suspect }) {
    const carrier = this.carriers.get(number) ?? this.drawCarrier(number, zone);
    carrier.group.dataset.state = suspect ? "suspect" : item === null ? "empty" : "item";
    if (carrier.zone === zone) return;
    this.travel(carrier, zone);
    carrier.zone = zone;
  }

  drawCarrier(number, zone) {
    const [left, top] = PLACES[zone];
    const group = draw("g", { class: "carrier", transform: `translate(${left} ${top})` }, this.layer);
    draw("rect", { x: -26, y: -14, width: 52, height: 28, rx: 4 }, group);
    const text = draw("text", { x: 0, y: 6, "text-anchor": "middle" }, group);
    text.textContent = String(number);
    draw("use", { href: "#shape-warning", x: 14, y: -24, width: 20, height: 20, class: "doubt" }, group);
    const carrier = { group, zone };
    this.carriers.set(number, carrier);
    return carrier;
  }

  travel({ group, zone: from }, to) {
    const [left, top] = PLACES[to];
    group.setAttribute("transform", `translate(${left} ${top})`);
    if (matchMedia("(prefers-reduced-motion: reduce)").matches) return;
    const way = [PLACES[from], ...(from === "divert" && to === "load" ? BACK : []), PLACES[to]];
    const frames = way.map(([across, down]) => ({ transform: `translate(${across}px, ${down}px)` }));
    group.animate(frames, { duration: way.length > 2 ? 3 * MOVE_MS : MOVE_MS, easing: "ease-in-out" });
  }

  /** Mark one zone: here a person has to look. None: nowhere. */
  mark(zone) {
    for (const [name, group] of this.zones) group.classList.toggle("here", name === zone);
  }
}
