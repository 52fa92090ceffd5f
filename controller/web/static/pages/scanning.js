// A part, a waybill or an order's sheet is scanned: whose is it, and what may be done with it now?

import { ask, look } from "../asking.js";
import { askIn } from "../dialogs.js";
import { make, say, show } from "../drawing.js";
import { withMe } from "../me.js";
import { isLive, labelDestroyed, voidNumber } from "../voiding.js";
import { t } from "../words.js";

const form = document.getElementById("scan");
const field = document.getElementById("code");
const result = document.getElementById("scanned");
const dialog = document.getElementById("spoil");
let me = { may: [] };
let scanned = null;
let inHand = ""; // the code that was scanned last, be its answer there or not
let turns = 0;
withMe((now) => {
  me = now;
  drawScanned();
});

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  const code = field.value.trim();
  if (!code) return;
  await lookUp(code);
  field.select();
});

async function lookUp(code) {
  inHand = code;
  scanned = null; // its buttons must not stand below another code
  drawScanned();
  turns += 1;
  const mine = turns;
  const owner = await look(`/api/owner?code=${encodeURIComponent(code)}`);
  if (mine !== turns) return; // the earlier code's answer may come last
  scanned = owner && { owner, code };
  drawScanned();
}

/** Anew, too, when who is signed in is known: some are offered more. */
function drawScanned() {
  result.replaceChildren(...(scanned ? tellOwner(scanned.owner, scanned.code) : []));
}

function tellOwner(owner, code) {
  const order = t("reject.order", owner);
  const product = t(`product.${owner.product}`, {}, owner.product);
  const title = make("p", "", make("b", "", `${order} · ${product}`));
  const state = make("p", "", t(`scan.order_${owner.order_state}`, owner));
  const actions = make("div", "choices");
  if (owner.order_state === "rejected") actions.append(button("reject.rework", () => rework(owner, code)));
  if (owner.code_of === "part" && owner.part_state !== "spoiled") actions.append(button("spoil.title", () => spoil(owner, code)));
  if (owner.part_state === "spoiled") state.append(` ${t("scan.part_spoiled")}`);
  if (owner.code_of === "waybill") tellLabel(owner, code, state, actions);
  return [title, state, actions];
}

function tellLabel(owner, number, state, actions) {
  const ends = ["voided", "ending"].includes(owner.number_state);
  const key = isLive(owner.number_state) ? "live" : ends && owner.destroyed ? "destroyed" : owner.number_state;
  state.append(` ${t(`label.is_${key}`)}`);
  if (key === "live" && me.may.includes("void")) actions.append(button("void.title", () => voidNumber(number, owner.acceptance, () => done(number))));
  if (ends && !owner.destroyed) actions.prepend(button("label.destroyed", async () => {
    if (!(await labelDestroyed(number))) return;
    if (inHand === number) await lookUp(number); // its order may still wait for rework
    document.body.dispatchEvent(new CustomEvent("sealline:changed"));
  }));
}

function button(key, press) {
  const element = make("button", "", t(key));
  element.type = "button";
  element.addEventListener("click", press);
  return element;
}

async function rework(owner, code) {
  if (await ask(`/api/orders/${owner.acceptance}/rework`, t("reject.rework"))) done(code);
}

function spoil(owner, code) {
  const inside = dialog.querySelector("form");
  inside.reset();
  showWitness();
  say(dialog.querySelector(".says"), `${t("reject.order", owner)} · ${owner.role} · ${code}`);
  askIn(dialog, async (answer) => {
    if (answer !== "yes") return;
    const { reason, witness, witness_secret: secret } = inside.elements;
    const seen = destroyed() ? { witness: witness.value, witness_secret: secret.value } : {};
    const body = { code, reason: reason.value, ...seen };
    secret.value = "";
    if (await ask("/api/parts/spoil", t("spoil.title"), body)) done(code);
  });
}

/** What was asked for `code` is taken; another that was scanned meanwhile stays. */
function done(code) {
  if (inHand === code) {
    inHand = "";
    scanned = null;
    drawScanned();
    field.value = "";
    field.focus();
  }
  document.body.dispatchEvent(new CustomEvent("sealline:changed"));
}

const destroyed = () => dialog.querySelector("[name=destroyed]:checked").value === "yes";
const showWitness = () => show(document.getElementById("witness"), destroyed());
dialog.addEventListener("change", showWitness);
dialog.querySelector("form").addEventListener("submit", (event) => {
  const witness = dialog.querySelector("[name=witness]");
  if (event.submitter?.value !== "yes" || !destroyed() || witness.value.trim()) return;
  event.preventDefault();
  witness.setAttribute("aria-invalid", "true");
  witness.focus();
});

if (window.pressedEarly.includes(form)) form.requestSubmit(); // a scanner may be quicker than these scripts
