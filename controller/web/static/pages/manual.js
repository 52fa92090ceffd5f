// Moving by hand: every motion at its station, and under each that may not be made now the reason.

import { ask, look } from "../asking.js";
import { confirmThen } from "../confirming.js";
import { keep, make, reshape, say, shape, show } from "../drawing.js";
import { follow } from "../frame.js";
import { withMe } from "../me.js";
import { language, t, timeOfDay } from "../words.js";
import { drawCommands } from "./commands.js";

/** What forbids everything is said once, above. */
const COMMON = ["not_manual", "entering", "aborted", "turning", "running"];
const head = document.getElementById("manual-head");
const turn = document.getElementById("manual-turn");
const benches = [...document.querySelectorAll(".bench[data-zone]")];
const results = document.querySelector("#manual-results ul");
let mode = "Production";
let may = false;
let names = new Map();

export async function drawManual() {
  const told = await look("/api/manual");
  if (!told) return;
  mode = told.mode;
  names = new Map(told.motions.map((motion) => [motion.name, worded(motion)]));
  drawHead(told);
  for (const bench of benches) drawBench(bench, told.motions.filter((motion) => motion.zone === bench.dataset.zone));
  const ended = told.results.length ? told.results : [null];
  keep(results, ended, (one) => (one ? `${one.at} ${one.motion}` : "none"), drawResult);
}

const title = (zone) => benches.find((bench) => bench.dataset.zone === zone)?.dataset.title ?? zone;
const worded = ({ kind, target }) => t(`manual.${kind}`, { target: title(target) });
const own = (says) => says[language];

function drawHead(told) {
  const manual = mode === "Manual";
  head.dataset.mode = mode;
  reshape(head.querySelector("svg"), manual ? "nav-technician" : "info");
  say(document.getElementById("manual-mode"), manual ? t("manual.in_manual", { by: told.by, since: timeOfDay(told.since) }) : t("manual.production"));
  const [any] = told.motions;
  const common = any.blocked.filter(({ code }) => COMMON.includes(code) && code !== "not_manual").map(own);
  if (told.running) common.unshift(t("manual.running", { motion: names.get(told.running) ?? told.running }));
  if (!may) common.push(t("manual.sign_in"));
  say(document.getElementById("manual-common"), common.length ? common.join(" · ") : t("manual.why"));
  say(turn, t(manual ? "manual.leave" : "manual.enter"));
  turn.disabled = !may;
}

function drawBench(bench, motions) {
  const carrier = motions[0]?.carrier;
  say(bench.querySelector("small"), carrier ? t("manual.carrier", { carrier }) : t("manual.empty"));
  const shown = motions.map((motion) => ({ ...motion, may }));
  keep(bench.querySelector("ul"), shown, (motion) => motion.name, drawMotion);
}

function drawMotion(motion) {
  const button = make("button", "", worded(motion));
  button.type = "button";
  button.dataset.motion = button.dataset.focus = motion.name;
  button.disabled = motion.blocked.length > 0 || !motion.may;
  const row = make("li", "", button);
  const own_ones = motion.blocked.filter(({ code }) => !COMMON.includes(code));
  const why = make("p", "why", ...own_ones.flatMap((each) => [shape("cross"), make("span", "", own(each))]));
  why.id = `why-${motion.name}`;
  show(why, own_ones.length > 0);
  if (own_ones.length) button.setAttribute("aria-describedby", why.id);
  row.append(why);
  return row;
}

function drawResult(one) {
  if (!one) return make("li", "nothing", t("manual.none"));
  const words = make("p", "", make("b", "", names.get(one.motion) ?? one.motion), ` ${own(one)}`);
  const facts = make("p", "facts", `${timeOfDay(one.at)} · ${one.by} · ${one.motion}`);
  const measured = one.measured.map(([name, value, unit]) => `${t(`reg.${name}`, {}, name)} ${value} ${unit}`.trim()).join(" · ");
  const row = make("li", "", shape(one.good ? "check" : "cross"), make("div", "", words, facts, make("p", "facts", measured)));
  row.dataset.good = one.good;
  return row;
}

async function turnTo(wanted) {
  await ask("/api/manual/mode", t(wanted === "manual" ? "manual.enter" : "manual.leave"), { mode: wanted });
  drawManual();
}

turn.addEventListener("click", () => {
  const [way, wanted] = mode === "Manual" ? ["leave", "production"] : ["enter", "manual"];
  confirmThen({ title: t(`manual.${way}_title`), text: t(`manual.${way}_text`), yes: t(`manual.${way}`) }, () => turnTo(wanted));
});

for (const bench of benches) {
  bench.addEventListener("click", async ({ target }) => {
    const { motion } = target.closest("button")?.dataset ?? {};
    if (!motion) return;
    target.closest("button").disabled = true;
    const asked = ask(`/api/manual/motions/${motion}`, names.get(motion) ?? motion);
    drawManual();
    await asked;
    drawManual();
  });
}

for (const button of document.querySelectorAll("[data-look]")) {
  button.addEventListener("click", () => {
    document.getElementById("tab-cameras").click();
    document.querySelector(`[data-camera="${button.dataset.look}"]`).click();
    document.getElementById("look").click();
  });
}

withMe((me) => {
  may = me.may.includes("service");
  if (!document.getElementById("manual").hidden) drawManual();
});
follow((snapshot) => mode === "Manual" && drawCommands(snapshot));
