// The commands that the line takes now; stop and abort are asked twice. Hold stands in the frame.

import { ask } from "../asking.js";
import { confirmThen } from "../confirming.js";
import { keep, make, shape } from "../drawing.js";
import { withMe } from "../me.js";
import { t } from "../words.js";

const SHAPES = {
  start: "start", unhold: "start", unsuspend: "start", reset: "reset", clear: "clear", suspend: "suspend", stop: "stop",
  abort: "abort",
};
const ORDER = Object.keys(SHAPES);
const GRAVE = ["stop", "abort"];
const GO_ON = ["start", "unhold"];
const bar = document.getElementById("commands");
let signedOut = false;
withMe(({ role }) => (signedOut = !role)); // is refused at once: nobody is asked twice for it

export function drawCommands(snapshot) {
  const open = snapshot.suspects.filter((suspect) => !suspect.answered).length;
  const allowed = ORDER.filter((name) => snapshot.commands.includes(name));
  keep(bar, allowed.map((name) => ({ name, open: GO_ON.includes(name) ? open : 0 })), ({ name }) => name, drawButton);
}

function drawButton({ name, open }) {
  if (open) return drawDetour(open);
  const button = make("button", "", shape(SHAPES[name]), t(`command.${name}`));
  button.type = "button";
  button.dataset.command = name;
  return button;
}

/** Instead of Start or Unhold: first every suspect is answered for. */
function drawDetour(open) {
  if (location.pathname === "/recovery") return make("span", "blocked", shape("nav-recovery"), t("command.answer_first", { count: open }));
  const link = make("a", "button", shape("nav-recovery"), t("command.answer_first", { count: open }));
  link.href = "/recovery";
  return link;
}

bar.addEventListener("click", (event) => {
  const name = event.target.closest("button")?.dataset.command;
  if (!name) return;
  const words = { title: t(`confirm.${name}`), text: t(`confirm.${name}_text`), yes: t(`confirm.${name}_yes`) };
  if (GRAVE.includes(name) && !signedOut) confirmThen(words, () => command(name));
  else command(name);
});

const command = (name) => ask(`/api/commands/${name}`, t(`command.${name}`), undefined, "answer.under_way");
