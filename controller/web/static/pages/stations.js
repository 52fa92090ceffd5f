// The line as it stands on the floor: carriers on their way, and each zone with its item, what it does and for how long.

import { reshape, say, show } from "../drawing.js";
import { LineMap } from "../line_map.js";
import { duration, nameOf, own, t } from "../words.js";

const cards = new Map([...document.querySelectorAll(".station")].map((card) => [card.dataset.zone, card]));
const map = new LineMap(document.getElementById("floor"));

/** `since` is how long ago the snapshot came, so that the seconds run on between two. */
export function drawStations(snapshot, since) {
  const devices = new Map(snapshot.devices.map((device) => [device.name, device]));
  map.show(snapshot.stations);
  const items = new Set(snapshot.stations.filter(({ item }) => item !== null).map(({ carrier }) => carrier));
  for (const each of snapshot.stations) {
    const station = { ...each, arrives: each.item === null && items.has(each.carrier) };
    const card = cards.get(station.zone);
    if (card) drawStation(card, station, devices, since);
  }
  say(document.querySelector("#chute-dispatch b"), snapshot.counters.packed);
  say(document.querySelector("#chute-reject b"), snapshot.counters.rejected);
}

function drawStation(card, station, devices, since) {
  const part = (name) => card.querySelector(name);
  card.dataset.state = stateOf(station);
  say(part(".number"), station.carrier > 0 ? t("station.carrier", { carrier: station.carrier }) : "");
  say(part(".what"), station.item === null ? "" : t(`product.${station.product}`, {}, station.product));
  say(part(".order"), station.acceptance);
  reshape(part(".activity svg"), shapeOf(station));
  say(part(".doing"), doing(station));
  say(part(".since"), station.activity ? duration(station.activity_s + since) : "");
  say(part(".cycle"), station.cycle_s ? t("station.cycle", { s: station.cycle_s.toFixed(1) }) : "");
  drawTrouble(part(".trouble"), troubleOf(card, station, devices));
}

function stateOf(station) {
  if (station.suspect) return "suspect";
  if (station.carrier === 0) return "empty";
  return station.item === null ? "carrier" : "item";
}

function shapeOf({ activity }) {
  if (!activity) return "free";
  return activity.startsWith("waiting_") ? "wait" : "work";
}

function doing({ activity, carrier, arrives }) {
  if (arrives) return t("station.arriving");
  if (activity) return t(`activity.${activity}`, {}, activity);
  return t(carrier === 0 ? "station.empty" : "station.empty_carrier");
}

function troubleOf(card, station, devices) {
  if (station.suspect) return { level: 1, text: t("station.suspect", { why: own(station, "suspect_text") }) };
  const names = card.dataset.devices.split(" ").filter(Boolean);
  const away = names.map((name) => devices.get(name)).find((device) => device && device.state !== "online");
  if (!away) return { level: 0, text: "" };
  const device = nameOf(away.name);
  const state = t(`device_state.${away.state}`, {}, away.state);
  return { level: away.state === "connecting" ? 2 : 1, text: t("station.device", { device, state }) };
}

function drawTrouble(element, { level, text }) {
  element.dataset.level = level;
  say(element.querySelector("span"), text);
  show(element, text !== "");
}
