// The technician: devices and their links, moving by hand, registers, cameras. Each asks only while it is shown.

import { look } from "../asking.js";
import { keep, make, shape } from "../drawing.js";
import { withMe } from "../me.js";
import { printTrendButton } from "../print_trend.js";
import { useTabs } from "../tabs.js";
import { duration, language, moment, nameOf, own, t } from "../words.js";
import { drawCamera } from "./camera.js";
import { drawFaults } from "./faults.js";
import { drawManual } from "./manual.js";
import { drawRegisters } from "./registers.js";

const EACH_MS = 2000;
const SHAPES = { good: "check", maintenance_required: "nav-technician", out_of_specification: "diamond", function_check: "wait", failure: "cross" };
const DRAW = { devices: drawDevices, manual: drawManual, registers: drawRegisters, cameras: drawCamera, faults: drawFaults };
const links = document.getElementById("links");
let shown = "devices";
let may = false;

async function drawDevices() {
  const told = await look("/api/devices");
  if (!told) return;
  const worst = Object.keys(SHAPES).reverse();
  const sorted = [...told.devices].sort((one, other) => worst.indexOf(one.health) - worst.indexOf(other.health));
  keep(links, sorted.map((device) => ({ ...device, may })), (device) => device.name, drawDevice);
}

function drawDevice(device) {
  const health = make("span", "health", shape(SHAPES[device.health]), make("b", "", t(`health.${device.health}`)));
  health.dataset.health = device.health;
  const zones = device.zones.map(nameOf).join(language === "zh" ? "、" : ", ");
  const state = t(`device_state.${device.state}`, {}, device.state);
  const name = make("td", "", make("b", "", nameOf(device.name)), make("p", "facts", [device.name, zones, state].filter(Boolean).join(" · ")));
  if (device.print_trend) name.append(...printTrend(device));
  const link = make("td", "", make("code", "", device.link));
  if (device.last_error) link.append(make("p", "facts", t("device.last_error", { error: own(device, "last_error") ?? device.last_error })));
  const last = device.last_exchange_s === null ? "–" : device.last_exchange_s < 10 ? t("time.seconds", { s: device.last_exchange_s }) : duration(device.last_exchange_s);
  const figures = [last, device.exchanges, device.timeouts, device.bad_replies, device.reconnects];
  return make("tr", "", make("td", "", health), name, link, ...figures.map((figure) => make("td", "number-cell", String(figure))));
}

/** At the printer and at its camera: who last let the trend begin anew, and the button that does. */
function printTrend({ print_trend: { camera, at, by }, may }) {
  const button = printTrendButton(camera);
  button.disabled = !may;
  const says = [at ? t("print_trend.begun", { at: moment(at), by }) : "", may ? "" : t("manual.sign_in")].filter(Boolean);
  return says.length ? [make("p", "facts", says.join(" · ")), button] : [button];
}

useTabs((panel) => {
  shown = panel;
  DRAW[shown]();
});
withMe((me) => {
  may = me.may.includes("service");
  if (shown === "devices") drawDevices();
});
setInterval(() => shown !== "cameras" && !document.hidden && DRAW[shown](), EACH_MS);
