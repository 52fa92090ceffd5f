// The last rejects: reason, what was expected and found, and the picture that shows it; a tap enlarges it.

import { ask } from "./asking.js";
import { askIn } from "./dialogs.js";
import { keep, make, say, show } from "./drawing.js";
import { own, t, timeOfDay } from "./words.js";

const list = document.getElementById("rejects");
const dialog = document.getElementById("reject");

export function drawRejects({ rejects }) {
  if (rejects.length) keep(list, rejects, (reject) => reject.item, drawReject);
  else keep(list, ["none"], (nothing) => nothing, () => make("li", "nothing", t("rejects.none")));
}

const reasonOf = (reject) => t(`reason.${reject.reason}`, {}, reject.reason);
const addressOf = (picture) => `/api/evidence/${picture.replace(/\.jpg$/, "")}.jpg`;

function drawReject(reject) {
  const button = make("button", "reject");
  button.type = "button";
  button.dataset.focus = "reject";
  button.append(thumbnail(reject), make("span", "words", ...words(reject)));
  button.addEventListener("click", () => open(reject));
  return make("li", "", button);
}

function words(reject) {
  const order = t("reject.order", { acceptance: reject.acceptance });
  const told = [timeOfDay(reject.ended_at), order, t("reject.attempt", { attempt: reject.attempt })];
  if (!reject.waits) told.push(t(`reject.now_${reject.state}`, {}, t("reject.settled")));
  const facts = told.join(" · ");
  return [make("b", "", reasonOf(reject)), make("span", "says", own(reject)), make("span", "facts", facts)];
}

function thumbnail(reject) {
  if (!reject.pictures.length) return make("span", "no-picture", t("reject.no_picture"));
  return picture(reject, reject.pictures[0]);
}

function picture(reject, name) {
  const image = make("img");
  image.alt = t("reject.picture", { reason: reasonOf(reject) });
  image.src = addressOf(name);
  image.addEventListener("error", () => image.replaceWith(make("span", "no-picture", t("reject.no_picture"))));
  return image;
}

function open(reject) {
  say(dialog.querySelector("h2"), `${reasonOf(reject)} · ${t("reject.item", { item: reject.item })}`);
  say(dialog.querySelector(".says"), `${own(reject)} · ${t("reject.order", { acceptance: reject.acceptance })}`);
  const choices = reject.pictures.map((name, index) => pictureButton(reject, name, index));
  dialog.querySelector(".pictures").replaceChildren(...(choices.length > 1 ? choices : []));
  enlarge(reject, 0);
  show(dialog.querySelector('[value="rework"]'), reject.waits);
  const done = (answer) => answer === "rework" && ask(`/api/orders/${reject.acceptance}/rework`, t("reject.rework"));
  askIn(dialog, done, "close");
}

function pictureButton(reject, name, index) {
  const button = make("button", "", String(index + 1));
  button.type = "button";
  button.addEventListener("click", () => enlarge(reject, index));
  return button;
}

function enlarge(reject, index) {
  const count = reject.pictures.length;
  const figure = dialog.querySelector("figure");
  show(figure, count > 0);
  if (!count) return drawChecks(reject, "");
  const image = figure.querySelector("img");
  image.src = addressOf(reject.pictures[index]);
  image.alt = t("reject.picture", { reason: reasonOf(reject) });
  const camera = reject.cameras?.[index] ?? "";
  const told = [t(`name.${camera}`, {}, camera), count > 1 ? t("reject.picture_of", { number: index + 1, count }) : ""];
  say(figure.querySelector("figcaption"), told.filter(Boolean).join(" · "));
  drawChecks(reject, reject.pictures[index]);
  dialog.querySelectorAll(".pictures button").forEach((button, each) => button.setAttribute("aria-pressed", each === index));
}

// What failed in the picture that is shown, numbered as on it. Of numbers the page gets only what differs.
function drawChecks(reject, picture) {
  const failed = (reject.checks ?? []).filter((check) => check.picture === picture);
  const section = dialog.querySelector(".failed");
  show(section, failed.length > 0);
  section.querySelector("ul").replaceChildren(...failed.map(drawCheck));
}

function drawCheck(check) {
  const name = t(`check.${check.name}`, {}, check.name);
  const title = check.subject ? `${name} · ${own(check, "subject_text") || check.subject}` : name;
  const lines = [make("b", "", title)];
  if (check.outcome === "unsure") lines.push(make("span", "unsure", t("reject.unsure")));
  const expected = own(check, "expected") || check.expected, found = own(check, "found") || check.found;
  if (expected) lines.push(make("span", "", t("reject.expected", { expected })));
  lines.push(make("span", "", found ? t("reject.found", { found }) : t("reject.nothing_found")));
  if (check.score !== null && check.threshold !== null) {
    const values = { score: check.score.toFixed(2), threshold: String(check.threshold) };
    lines.push(make("span", "score", t("reject.score", values)));
  }
  const item = make("li", "", make("span", "number", check.number ? String(check.number) : "!"), make("span", "words", ...lines));
  item.dataset.outcome = check.outcome;
  return item;
}
