// One suspect carrier: go there, read its number, say what you see. Nothing goes back in downstream of verify.

import { ask, look, tell } from "../asking.js";
import { confirmThen } from "../confirming.js";
import { make, say } from "../drawing.js";
import { own, t } from "../words.js";

const guide = document.getElementById("guide");
const step = guide.querySelector(".step");
let drawnFor = "";
let takingOut = null;
let redraw = () => {};

export function drawGuide(snapshot, suspect, titles, next) {
  const open = snapshot.suspects.filter(({ answered }) => !answered);
  const key = JSON.stringify([suspect, open.map(({ carrier }) => carrier), snapshot.commands]);
  if (key === drawnFor) return; // what a person types or is about to touch stays
  drawnFor = key;
  redraw = () => drawGuide(snapshot, suspect, titles, next);
  if (takingOut !== suspect?.item) takingOut = null;
  if (suspect) drawSuspect(suspect, open, titles, next);
  else drawDone(snapshot);
}

function drawDone({ state, suspects }) {
  const key = !suspects.length ? "guide.nothing" : state === "Execute" ? "guide.by_itself" : "guide.go_on";
  say(guide.querySelector("h2"), t(key));
  say(guide.querySelector(".why"), t(`${key}_text`));
  step.replaceChildren();
}

function drawSuspect(suspect, open, titles, next) {
  const place = titles.get(suspect.zone) ?? suspect.zone;
  say(guide.querySelector("h2"), t("guide.title", { carrier: suspect.carrier, place }));
  const why = suspect.why ? t("station.suspect", { why: own(suspect, "why_text") }) : t("guide.after_stop");
  say(guide.querySelector(".why"), `${t("reject.order", suspect)} · ${t(`product.${suspect.product}`, {}, suspect.product)} · ${why}`);
  if (suspect.answered) step.replaceChildren(make("p", "", t("guide.answered")), takeOutButton(suspect, next));
  else if (takingOut === suspect.item) step.replaceChildren(...scanStep(suspect, next));
  else step.replaceChildren(...lookStep(suspect, open, place, next));
}

/** Which number does the person read? To pick the right one it has to be looked at. */
function lookStep(suspect, open, place, next) {
  const numbers = [...new Set([suspect, ...open].map(({ carrier }) => carrier))].sort((one, other) => one - other);
  const choices = make("div", "choices", ...numbers.map((number) => numberButton(suspect, number, next)));
  choices.append(button("guide.other_number", () => tell(t("guide.other_number_text"), false)));
  return [
    make("ol", "look", make("li", "", t("guide.go", { place })), make("li", "", t("guide.hands_off"))),
    make("p", "question", t("guide.question")), choices,
    make("p", "question", t("guide.or")),
    make("div", "choices", takeOutButton(suspect, next), goneButton(suspect, next)),
    make("p", "rule", t("guide.never")),
  ];
}

function numberButton(suspect, number, next) {
  return button(t("station.carrier", { carrier: number }), async () => {
    if (number !== suspect.carrier) return tell(t("guide.differs", { read: number, wanted: suspect.carrier }), false);
    if (await ask(`/api/suspects/${suspect.item}/answer`, t("guide.seen", suspect), { carrier: number })) next();
  });
}

function takeOutButton(suspect, next) {
  return button("guide.take_out", () => {
    if (suspect.led) return stopFirst();
    takingOut = suspect.item;
    step.replaceChildren(...scanStep(suspect, next));
    step.querySelector("input").focus();
  });
}

function goneButton(suspect, next) {
  return button("guide.gone", () => {
    if (suspect.led) return stopFirst();
    const words = { title: t("guide.gone_title", suspect), text: t("guide.gone_text"), yes: t("guide.gone_yes") };
    confirmThen(words, () => answer(suspect, "gone", t("guide.gone_why"), next));
  });
}

/** While the line leads the item it would take it away itself: it has to let go first. */
function stopFirst() {
  const words = { title: t("confirm.stop"), text: t("guide.stop_first"), yes: t("confirm.stop_yes") };
  confirmThen(words, () => ask("/api/commands/stop", t("command.stop")));
}

function scanStep(suspect, next) {
  const field = make("input");
  field.id = "taken";
  field.maxLength = 200;
  field.autocomplete = "off";
  field.required = true;
  const label = make("label", "", t("guide.scan"));
  label.htmlFor = "taken";
  const enter = make("button", "", t("guide.enter"));
  const form = make("form", "scan-step", label, field, enter);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    takeOut(suspect, field, next);
  });
  const steps = ["guide.take_1", "guide.take_2", "guide.take_3"].map((key) => make("li", "", t(key, suspect)));
  return [make("ol", "", ...steps), form, make("p", "rule", t("guide.never")), button("guide.back", undo)];
}

function undo() {
  takingOut = null;
  drawnFor = "";
  redraw();
}

/** Only what belongs to this order proves that the right parcel was taken out. */
async function takeOut(suspect, field, next) {
  const owner = await look(`/api/owner?code=${encodeURIComponent(field.value.trim())}`);
  if (!owner) return field.select();
  if (owner.acceptance !== suspect.acceptance) {
    tell(t("guide.wrong_scan", { acceptance: owner.acceptance, wanted: suspect.acceptance }), false);
    return field.select();
  }
  const why = t("guide.taken_why", { what: t(`guide.code_of_${owner.code_of}`) });
  if (await answer(suspect, "on_line", why, next)) offerRework(suspect);
}

async function answer(suspect, found, why, next) {
  const taken = await ask(`/api/items/${suspect.item}/answer`, t(`matter.found_${found}`), { found, why });
  if (taken) next();
  return taken;
}

function offerRework(suspect) {
  const again = button("guide.rework", async () => {
    if (await ask(`/api/orders/${suspect.acceptance}/rework`, t("reject.rework"))) done.remove();
  });
  const later = button("guide.later", () => done.remove());
  const done = make("div", "done", make("p", "", t("guide.taken", suspect)), make("div", "choices", again, later));
  guide.prepend(done); // asked before the next carrier is shown
}

function button(key, press) {
  const element = make("button", "", t(key));
  element.type = "button";
  element.addEventListener("click", press);
  return element;
}
