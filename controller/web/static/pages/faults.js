// What can be made to go wrong at a simulated plant, each at its station; what stands, what is planned, what has struck.

import { ask, look } from "../asking.js";
import { keep, make, say, shape } from "../drawing.js";
import { withMe } from "../me.js";
import { nameOf, t } from "../words.js";

const panel = document.getElementById("faults");
const benches = panel ? [...panel.querySelectorAll("[data-places]")] : [];
let may = false;

/** Where an offer strikes: a device, a zone, or the whole line. */
const placed = (place) => (place === "line" ? t("fault.line") : nameOf(place));

export async function drawFaults() {
  if (!may) return;
  const told = await look("/api/simulation");
  if (!told) return;
  for (const bench of benches) {
    const places = bench.dataset.places.split(" ");
    const here = told.offers.filter((offer) => places.includes(offer.place));
    keep(bench.querySelector("ul"), here, (offer) => `${offer.place} ${offer.name}`, drawOffer);
    const small = bench.querySelector("h2 small");
    if (small) say(small, told.kits[places[0]] ?? "");
  }
  keep(panel.querySelector("select"), told.kinds, (kind) => kind, (kind) => new Option(t(`fault.${kind}`, {}, kind), kind));
  keep(panel.querySelector("datalist"), [...new Set(Object.values(told.kits))], (kit) => kit, (kit) => new Option(kit, kit));
  const planned = told.planned.length ? [...told.planned].reverse() : [null];
  keep(panel.querySelector("#planned > ul"), planned, (one) => (one ? `${one.kind} ${one.kit} ${one.attempt}` : "none"), drawPlanned);
}

function drawOffer(offer) {
  const button = make("button", "", shape(offer.on ? "warning" : "free"), make("span", "", t(`fault.${offer.name}`, {}, offer.name), make("small", "", placed(offer.place))));
  button.type = "button";
  button.dataset.offer = button.dataset.focus = `${offer.name} ${offer.place}`;
  if (offer.on !== null) button.setAttribute("aria-pressed", offer.on);
  else button.querySelector("svg").remove();
  button.addEventListener("click", () => take(offer));
  return make("li", "", button);
}

async function take({ name, place, on }) {
  const what = t("fault.taken", { what: t(`fault.${name}`, {}, name), place: placed(place) });
  await ask("/api/simulation/offers", what, { name, place, on: !on });
  drawFaults();
}

function drawPlanned(one) {
  if (!one) return make("li", "nothing", t("fault.none"));
  const words = make("p", "", make("b", "", t(`fault.${one.kind}`, {}, one.kind)), ` ${t(one.struck ? "fault.struck" : "fault.pending")}`);
  const facts = make("p", "facts", [`${one.kit} / ${one.attempt}`, one.other].filter(Boolean).join(" · "));
  const row = make("li", "", shape(one.struck ? "check" : "wait"), make("div", "", words, facts));
  row.dataset.struck = one.struck;
  return row;
}

if (panel) {
  panel.querySelector("form").addEventListener("submit", async (event) => {
    event.preventDefault();
    const { kind, kit, other, attempt } = Object.fromEntries(new FormData(event.target));
    const body = { kind, kit: kit.trim(), other: other.trim(), attempt: Number(attempt) };
    if (await ask("/api/simulation/faults", t(`fault.${kind}`, {}, kind), body)) event.target.elements.kit.value = "";
    drawFaults();
  });
  withMe((me) => {
    may = me.may.includes("service");
    say(document.getElementById("faults-say"), t(may ? "fault.intro" : "fault.sign_in"));
    panel.querySelector("form button").disabled = !may;
    if (!panel.hidden) drawFaults();
  });
}
