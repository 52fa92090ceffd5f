// How many alarms came in each ten minutes: a person can answer for about one; ten are a flood.

import { make, reshape, say } from "../drawing.js";
import { part } from "../svg.js";
import { t } from "../words.js";

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
  say(document.getElementById("rate-average"), rates.average);
  say(document.getElementById("rate-standing"), rates.standing);
  say(document.getElementById("rate-stale"), rates.stale.length);
  const top = rates.top.map(([kind, count, percent]) => make("li", "", name(kind), make("b", "", `${count} · ${percent} %`)));
  document.getElementById("rate-top").replaceChildren(...(top.length ? top : [make("li", "nothing", t("alarms.none"))]));
  const odd = [
    ...rates.chattering.map(([kind, source, count]) => t("alarms.chatters", { name: name(kind, source), count })),
    ...rates.stale.map(([kind, source, hours]) => t("alarms.is_stale", { name: name(kind, source), hours })),
  ];
  document.getElementById("rate-odd").replaceChildren(...odd.map((words) => make("li", "", words)));
  drawChart(rates.buckets);
}

const name = (kind, source = "") => [t(`alarm_kind.${kind}`, {}, kind), source].filter(Boolean).join(" ");

function drawChart(buckets) {
  const most = Math.max(FLOOD_AT + 2, ...buckets);
  const bars = buckets.map((count, index) => {
    const height = (HEIGHT * count) / most;
    return bar({ x: index * 10 + 1, y: HEIGHT - height, width: 8, height, class: count >= FLOOD_AT ? "flood" : "" });
  });
  const limit = HEIGHT - (HEIGHT * FLOOD_AT) / most;
  const ground = bar({ x: 0, y: HEIGHT, width: 480, height: 1.5 });
  const told = part("text", { x: 4, y: limit - 4 }, t("alarms.flood_at", { count: FLOOD_AT }));
  chart.replaceChildren(...bars, bar({ x: 0, y: limit, width: 480, height: 1.5, class: "limit" }), told, ground);
}

const bar = (attributes) => part("rect", attributes);
