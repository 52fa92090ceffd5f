// Devices, those that are not online first.

import { keep, make, say, shape } from "./drawing.js";
import { nameOf, own, t } from "./words.js";

const SHAPES = { online: "dot", connecting: "wait" };
const list = document.getElementById("devices");

export function drawDevices({ devices }) {
  const online = (device) => device.state === "online";
  const sorted = [...devices].sort((one, other) => online(one) - online(other));
  const count = devices.filter(online).length;
  say(document.getElementById("devices-summary"), t("devices.online", { online: count, all: devices.length }));
  keep(list, sorted, (device) => device.name, drawDevice);
}

function drawDevice(device) {
  const title = make("span", "", nameOf(device.name));
  const state = make("b", "", t(`device_state.${device.state}`, {}, device.state));
  const row = make("li", "device", shape(SHAPES[device.state] ?? "cross"), title, state, make("small", "", device.name));
  if (device.detail && device.state !== "online") row.append(make("span", "detail", own(device, "detail")));
  row.dataset.state = device.state;
  return row;
}
