// The shift report: one shift at a time, the same figures as on paper.

import { curve, lyingBars, uprightBars } from "../charts.js";
import { make, say } from "../drawing.js";
import { read } from "../forms.js";
import "../frame.js";
import { language, t } from "../words.js";

const AGAIN_MS = 60000;
const part = (name) => document.getElementById(name);
const stamp = new Intl.DateTimeFormat(language === "zh" ? "zh-CN" : "en-GB", { dateStyle: "short", timeStyle: "short", hour12: false });
const hour = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", hour12: false });
const percent = (share) => (share === null ? "–" : `${(share * 100).toFixed(1)} %`);
const number = (value) => (value === null ? "–" : String(value));
let back = 0;

function duration(seconds) {
  const whole = Math.round(seconds);
  const two = (value) => String(value).padStart(2, "0");
  return `${Math.floor(whole / 3600)}:${two(Math.floor(whole / 60) % 60)}:${two(whole % 60)}`;
}

async function draw() {
  const report = await read(`/api/shift-report?back=${back}`);
  if (!report) return;
  const running = report.over ? "" : ` · ${t("report.running")}`;
  say(part("shift"), `${stamp.format(new Date(report.start))} – ${stamp.format(new Date(report.end))}${running}`);
  part("newer").disabled = back === 0;
  part("paper").href = `/api/shift-report.pdf?back=${back}&language=${language}`;
  part("table").href = `/api/shift-report.csv?back=${back}`;
  drawOee(report.oee);
  drawBars(report);
  drawTrends(report);
}

function drawOee(oee) {
  const names = ["oee", "availability", "effectiveness", "quality"];
  part("oee").replaceChildren(...names.map((name) =>
    make("div", "", make("dt", "", t(`report.${name}_name`)), make("dd", "", percent(oee[name]), make("small", "", t(`report.${name}_is`))))));
  say(part("counts"), t("report.counts", { pbt: duration(oee.pbt_s), apt: duration(oee.apt_s), pq: oee.pq, gq: oee.gq }));
}

function drawBars(report) {
  const whole = Object.values(report.states).reduce((sum, seconds) => sum + seconds, 0) || 1;
  const title = (state) => t(`state.${state.charAt(0)}${state.slice(1).toLowerCase()}`, {}, t(`report.${state}`, {}, state));
  fill("states", Object.entries(report.states).map(([state, value]) =>
    ({ name: title(state), value, told: `${duration(value)} · ${((value / whole) * 100).toFixed(1)} %` })));
  fill("stops", report.stops.map(({ reason, by, count, seconds }) => {
    const byLine = by === "line" || by === "";
    const name = byLine ? t(`alarm_kind.${reason}`, {}, t(`report.${reason}`, {}, reason)) : `${t(`command.${reason}`, {}, reason)} · ${by}`;
    return { name, value: seconds, told: `${duration(seconds)} · ${count}×` };
  }));
  fill("rejects", Object.entries(report.rejects).map(([name, value]) => ({ name: t(`reason.${name}`, {}, name), value, told: String(value) })));
  fill("alarms", Object.entries(report.alarms).slice(0, 12).map(([name, value]) => ({ name: t(`alarm_kind.${name}`, {}, name), value, told: String(value) })));
  part("hours").replaceChildren(uprightBars(report.hours.map(({ at, packed }) => ({ name: hour.format(new Date(at)), value: packed }))));
  const challenges = Object.entries(report.challenges).map(([name, count]) => told(name, count)).join(" · ");
  say(part("challenges"), challenges || t("report.no_challenges"));
  const { escape } = report;
  say(part("escape"), (language === "zh" ? escape.text_zh : escape.text) || t("report.no_statement"));
  say(part("escape-basis"), t("report.escape_basis", escape));
}

/** `name` is the test kit's kind and how it ended. */
function told(name, count) {
  const [kind, result] = name.split(" ");
  return `${t(`challenge.${kind}`, {}, kind)} ${t(`challenge_result.${result}`, { count }, `${result} ${count}`)}`;
}

function fill(name, values) {
  part(name).replaceChildren(values.length ? lyingBars(values) : make("p", "nothing", "–"));
}

function drawTrends(report) {
  const { tolerance, grade } = part("trends").dataset;
  const trends = [
    ["seal_deviation", report.seal_deviation, -Number(tolerance), Number(tolerance)],
    ["print_grade", report.print_grade, Number(grade), 4],
    ["print_contrast", report.print_contrast, 0, 100],
  ];
  part("curves").replaceChildren(...trends.map(([name, trend, least, most]) => {
    const begun = trend.breaks.length ? ` · ${t("report.begun_anew")}` : "";
    const label = t(`report.${name}`, { count: trend.count, low: number(trend.low), high: number(trend.high) }) + begun;
    return make("figure", "", make("figcaption", "", label), curve({ points: trend.points, ranges: trend.ranges, breaks: trend.breaks, least, most, label }));
  }));
}

part("older").addEventListener("click", () => { back += 1; draw(); });
part("newer").addEventListener("click", () => { back = Math.max(0, back - 1); draw(); });
setInterval(() => back === 0 && !document.hidden && draw(), AGAIN_MS);
draw();
