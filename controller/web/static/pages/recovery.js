// Recovery: which carriers nobody can vouch for any more, and where they stand.

import { keep, make } from "../drawing.js";
import { follow } from "../frame.js";
import { own, t } from "../words.js";

const list = document.getElementById("suspects");

function drawSuspects({ stations }) {
  const suspects = stations.filter((station) => station.suspect);
  if (suspects.length) keep(list, suspects, (station) => station.item, drawSuspect);
  else keep(list, ["none"], (nothing) => nothing, () => make("li", "nothing", t("recovery.none")));
}

function drawSuspect(station) {
  const why = t(`suspect.${station.suspect}`, {}, station.suspect);
  const where = [own(station, "title"), t("station.carrier", { carrier: station.carrier }), station.acceptance];
  return make("li", "", make("b", "", where.join(" · ")), " ", make("span", "", t("station.suspect", { why })));
}

follow(drawSuspects);
