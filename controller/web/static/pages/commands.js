// The commands that the line takes now; stop and abort are asked twice. Hold stands in the frame.

import { ask } from "../asking.js";
import { confirmThen } from "../confirming.js";
import { keep, make, shape } from "../drawing.js";
import { t } from "../words.js";

const SHAPES = {
  start: "start", unhold: "start", unsuspend: "start", reset: "reset", clear: "clear", suspend: "suspend", stop: "stop",
  abort: "abort",
};
const ORDER = Object.keys(SHAPES);
const GRAVE = ["stop", "abort"];
const bar = document.getElementById("commands");

export function drawCommands(snapshot) {
  keep(bar, ORDER.filter((name) => snapshot.commands.includes(name)), (name) => name, drawButton);
}

function drawButton(name) {
  const button = make("button", "", shape(SHAPES[name]), t(`command.${name}`));
  button.type = "button";
  button.dataset.command = name;
  return button;
}

bar.addEventListener("click", (event) => {
  const name = event.target.closest("button")?.dataset.command;
  if (!name) return;
  const words = { title: t(`confirm.${name}`), text: t(`confirm.${name}_text`), yes: t(`confirm.${name}_yes`) };
  if (GRAVE.includes(name)) confirmThen(words, () => command(name));
  else command(name);
});

const command = (name) => ask(`/api/commands/${name}`, t(`command.${name}`));
