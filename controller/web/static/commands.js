// The line's state and the commands that it takes now. Hold is always there; stop and abort are asked twice.

import { ask } from "./asking.js";
import { keep, make, reshape, say, shape } from "./drawing.js";
import { t } from "./words.js";

const SHAPES = {
  hold: "hold", start: "start", unhold: "start", unsuspend: "start", reset: "reset", clear: "clear",
  suspend: "suspend", stop: "stop", abort: "abort",
};
const ORDER = Object.keys(SHAPES);
const GRAVE = ["stop", "abort"];
const STATE_KINDS = { Execute: "run", Held: "held", Holding: "held", Suspended: "held", Aborted: "aborted", Aborting: "aborted" };
const STATE_SHAPES = { run: "work", held: "hold", aborted: "abort", still: "stop" };
const bar = document.getElementById("commands");
const state = document.getElementById("state");
const confirmation = document.getElementById("confirm");

export function drawState(snapshot) {
  const kind = STATE_KINDS[snapshot.state] ?? "still";
  state.dataset.kind = kind;
  reshape(state.querySelector("svg"), STATE_SHAPES[kind]);
  const named = t(`state.${snapshot.state}`, {}, snapshot.state);
  say(state.querySelector("b"), named);
  say(state.querySelector("small"), named === snapshot.state ? "" : snapshot.state);
}

export function drawCommands(snapshot) {
  const allowed = ORDER.filter((name) => name === "hold" || snapshot.commands.includes(name));
  const buttons = allowed.map((name) => ({ name, now: snapshot.commands.includes(name) }));
  keep(bar, buttons, (button) => button.name, drawButton);
}

function drawButton({ name, now }) {
  const button = make("button", now ? "" : "not-now", shape(SHAPES[name]), t(`command.${name}`));
  button.type = "button";
  button.dataset.command = name;
  return button;
}

bar.addEventListener("click", (event) => {
  const name = event.target.closest("button")?.dataset.command;
  if (!name) return;
  if (GRAVE.includes(name)) confirmThen(name);
  else command(name);
});

const command = (name) => ask(`/api/commands/${name}`, t(`command.${name}`));

function confirmThen(name) {
  say(confirmation.querySelector("h2"), t(`confirm.${name}`));
  say(confirmation.querySelector("p"), t(`confirm.${name}_text`));
  say(confirmation.querySelector(".grave"), t(`confirm.${name}_yes`));
  confirmation.returnValue = "no";
  confirmation.onclose = () => confirmation.returnValue === "yes" && command(name);
  confirmation.showModal();
}
