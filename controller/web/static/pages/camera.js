// What a camera sees now, only while the line does not need it; and its last judged picture with the checks.

import { look } from "../asking.js";
import { make, say, shape, show } from "../drawing.js";
import { language, moment, t } from "../words.js";

const EACH_MS = 2500;
const choices = [...document.querySelectorAll("[data-camera]")];
const live = document.getElementById("live");
const judged = document.getElementById("judged");
const watch = document.getElementById("watch");

const chosen = () => choices.find((button) => button.getAttribute("aria-pressed") === "true").dataset.camera;
const watching = () => watch.getAttribute("aria-pressed") === "true";

export async function drawCamera() {
  const camera = chosen();
  const told = await look(`/api/devices/${camera}/judged`);
  if (camera !== chosen()) return;
  show(judged, Boolean(told));
  const checks = told ? told.checks.map(drawCheck) : [make("li", "nothing", t("camera.none"))];
  document.getElementById("judged-checks").replaceChildren(...checks);
  say(document.getElementById("judged-says"), told ? `${moment(told.taken_at)} · ${t("reject.item", told)}` : "");
  if (told) judged.src = `/api/evidence/${told.picture}`;
}

function drawCheck({ name, subject, outcome, score, threshold }) {
  const passed = outcome === "accept";
  const words = [t(`check.${name}`, {}, name), subject].filter(Boolean).join(" · ");
  const item = make("li", "check", shape(passed ? "check" : "cross"), make("span", "", words));
  if (score !== null && threshold !== null) item.append(make("small", "", t("reject.score", { score: score.toFixed(2), threshold })));
  item.dataset.outcome = outcome;
  return item;
}

async function lookThrough() {
  const says = document.getElementById("live-says");
  const reply = await fetch(`/api/devices/${chosen()}/picture.jpg`).catch(() => null);
  if (reply?.ok) {
    const fresh = URL.createObjectURL(await reply.blob());
    URL.revokeObjectURL(live.src);
    live.src = fresh;
    show(live, true);
    say(says, moment(new Date().toISOString()));
  } else {
    const told = reply ? (await reply.json()).error[language] : t("answer.not_read");
    say(says, told);
  }
}

for (const button of choices) {
  button.addEventListener("click", () => {
    for (const each of choices) each.setAttribute("aria-pressed", each === button);
    show(live, false);
    drawCamera();
  });
}
document.getElementById("look").addEventListener("click", lookThrough);
watch.addEventListener("click", () => watch.setAttribute("aria-pressed", !watching()));
setInterval(() => watching() && !document.getElementById("cameras").hidden && !document.hidden && lookThrough(), EACH_MS);
