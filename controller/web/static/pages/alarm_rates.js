// How many alarms came in each ten minutes: a person can answer for about one; ten are a flood.

import { make, reshape, say } from "../drawing.js";
import { t } from "../words.js";

const SVG = "http://www.w3.org/2000/svg";
const FLOOD_AT = 10;
const HEIGHT = 120;
const chart = document.getElementById("rate-chart");
const flood = document.getElementById("flood");

export async function drawRates() {
  const reply = await fetch("/api/alarms/rates").catch(() => null);
  if (!reply?.ok) return;
  const rates = await reply.json();
  flood.dataset.flood = rates.flood;
  reshape(flood.querySelector("svg"), rates.flood ? "warning" : "check");
  say(flood.querySelector("b"), t(rates.flood ? "alarms.is_flood" : "alarms.no_flood"));
  say(document.getElementById("rate-last"), rates.last_ten_minutes);
  say(document.getElementById("rate-worst"), rates.worst);
  say(document.getElementById("rate-flooded"), `${rates.flooded_percent} %`);
  const top = rates.top.map(([kind, count]) => make("li", "", t(`alarm_kind.${kind}`, {}, kind), make("b", "", String(count))));
  document.getElementById("rate-top").replaceChildren(...top);
  drawChart(rates.buckets);
}

function drawChart(buckets) {
  const most = Math.max(FLOOD_AT + 2, ...buckets);
  const bars = buckets.map((count, index) => {
    const height = (HEIGHT * count) / most;
    return bar({ x: index * 10 + 1, y: HEIGHT - height, width: 8, height, class: count >= FLOOD_AT ? "flood" : "" });
  });
  const limit = HEIGHT - (HEIGHT * FLOOD_AT) / most;
  const ground = bar({ x: 0, y: HEIGHT, width: 480, height: 1.5 });
  chart.replaceChildren(...bars, bar({ x: 0, y: limit, width: 480, height: 1.5, class: "limit" }), ground);
}

function bar(attributes) {
  const rect = document.createElementNS(SVG, "rect");
  for (const [name, value] of Object.entries(attributes)) rect.setAttribute(name, value);
  return rect;
}
