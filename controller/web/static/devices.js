// Devices, those that are not online first; dispatch; the counters.

import { keep, make, reshape, say, shape } from "./drawing.js";
import { t, timeOfDay } from "./words.js";

const SHAPES = { online: "dot", connecting: "wait" };
const list = document.getElementById("devices");
const dispatch = document.getElementById("dispatch");

export function drawDevices({ devices }) {
  const online = (device) => device.state === "online";
  const sorted = [...devices].sort((one, other) => online(one) - online(other));
  const count = devices.filter(online).length;
  say(document.getElementById("devices-summary"), t("page.devices_online", { online: count, all: devices.length }));
  keep(list, sorted, (device) => device.name, drawDevice);
}

function drawDevice(device) {
  const title = make("span", "", t(`device_type.${device.type}`, {}, device.type));
  const state = make("b", "", t(`device_state.${device.state}`, {}, device.state));
  const row = make("li", "device", shape(SHAPES[device.state] ?? "cross"), title, state, make("small", "", device.name));
  if (device.detail && device.state !== "online") row.append(make("span", "detail", device.detail));
  row.dataset.state = device.state;
  return row;
}

export function drawHeader(snapshot) {
  const { counters } = snapshot;
  say(document.getElementById("mode"), t(`mode.${snapshot.mode}`, {}, snapshot.mode));
  say(document.querySelector("#clock b"), timeOfDay(snapshot.at));
  for (const figure of document.querySelectorAll("[data-counter]")) say(figure, counters[figure.dataset.counter]);
  drawDispatch(snapshot, counters);
}

function drawDispatch({ dispatch_online: online }, { events_pending: pending, events_parked: parked }) {
  const words = [t(online ? "page.online" : "page.offline"), t("page.unacknowledged", { count: pending })];
  if (parked) words.push(t("page.parked", { count: parked }));
  dispatch.dataset.level = online ? (parked ? 2 : 0) : 2;
  reshape(dispatch.querySelector("svg"), online ? (parked ? "diamond" : "dot") : "cross");
  say(dispatch.querySelector("b"), words.join(" · "));
}
