// Who is signed in: shown in the head of every page, and asked for by those that offer more to some.

import { say } from "./drawing.js";
import { t } from "./words.js";

const AGAIN_MS = 20000;
const chip = document.getElementById("me");
const waiting = [];
let known = null;

/** Call `draw(me)` now, and whenever someone else is signed in. */
export function withMe(draw) {
  waiting.push(draw);
  if (known) draw(known);
}

export async function lookAgain() {
  const answer = await fetch("/api/me").catch(() => null);
  if (!answer?.ok) return;
  const me = await answer.json();
  const changed = !known || known.name !== me.name || known.own_secret !== me.own_secret || known.first !== me.first;
  known = me;
  say(chip.querySelector("span"), me.role ? `${me.shown} · ${t(`role.${me.role}`)}` : t(me.first ? "me.first" : "me.nobody"));
  if (changed) for (const draw of waiting) draw(me);
}

setInterval(lookAgain, AGAIN_MS);
lookAgain();
