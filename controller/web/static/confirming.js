// Asking a person twice before what can't be undone. The way back has the focus.

import { askIn } from "./dialogs.js";
import { say } from "./drawing.js";

const dialog = document.getElementById("confirm");

/** Show `title` and `text`; run `action` only when the button named `yes` is pressed. */
export function confirmThen({ title, text, yes }, action) {
  say(dialog.querySelector("h2"), title);
  say(dialog.querySelector("p"), text);
  say(dialog.querySelector(".grave"), yes);
  askIn(dialog, (answer) => answer === "yes" && action());
}
