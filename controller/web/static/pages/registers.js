// A PLC's status image by name and unit; what has changed since the last look is marked.

import { look } from "../asking.js";
import { keep, make, say } from "../drawing.js";
import { nameOf, t } from "../words.js";

const choices = [...document.querySelectorAll("[data-plc]")];
const rows = document.getElementById("rows");
let before = new Map();

/** What stands at each block of the chosen controller; nothing where it has but one. */
const blocks = () => (pressed().dataset.blocks ?? "").split("|").filter(Boolean);
const pressed = () => choices.find((button) => button.getAttribute("aria-pressed") === "true");
const chosen = () => pressed().dataset.plc;

export async function drawRegisters() {
  const device = chosen();
  const told = await look(`/api/devices/${device}/registers`);
  if (!told || device !== chosen()) return;
  const registers = told.registers.map((row) => ({ ...row, turned: before.size > 0 && before.get(row.address) !== row.value }));
  before = new Map(told.registers.map((row) => [row.address, row.value]));
  keep(rows, registers, (row) => row.address, drawRow);
  say(document.getElementById("register-age"), t("register.count", { device: nameOf(device), count: registers.length }));
}

function drawRow({ address, part, name, value, unit, turned }) {
  const words = [t("register.block", { part }), blocks()[Number(part)]];
  const where = part === "header" ? t("register.header") : words.filter(Boolean).join(" · ");
  const row = make("tr", turned ? "turned" : "", make("td", "number-cell", String(address)), make("td", "", where));
  row.append(make("td", "", t(`reg.${name}`, {}, name), " ", make("code", "", name)), make("td", "number-cell", make("b", "", value)), make("td", "", unit));
  return row;
}

for (const button of choices) {
  button.addEventListener("click", () => {
    for (const each of choices) each.setAttribute("aria-pressed", each === button);
    before = new Map();
    rows.replaceChildren();
    drawRegisters();
  });
}
