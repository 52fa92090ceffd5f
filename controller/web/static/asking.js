// Asking the line to do something, and showing its answer; asking what the journal knows.

import { say, show } from "./drawing.js";
import { language, t } from "./words.js";

const DEADLINE_MS = 12000;
const SHOWN_MS = 8000;
const answer = document.getElementById("answer");
let hiding = 0;

/** Ask; `what` names it for the person, `body` goes along as JSON. Returns whether the line took it.
 *  `taken` tells that: a command is under way, it has not been carried out yet. */
export async function ask(path, what, body, taken = "answer.taken") {
  const headers = { "X-Sealline": "1" };
  if (body !== undefined) headers["Content-Type"] = "application/json";
  try {
    const reply = await fetch(path, {
      method: "POST",
      headers,
      body: body === undefined ? undefined : JSON.stringify(body),
      signal: AbortSignal.timeout(DEADLINE_MS),
    });
    return await tellAnswer(reply, what, taken);
  } catch {
    return tell(t("answer.lost"), false);
  }
}

/** Tell what the line replied to `what`. Returns whether it took it. */
export async function tellAnswer(reply, what, taken) {
  if (reply.ok) return tell(t(taken, { what }), true);
  const { error } = await reply.json();
  return tell(refusal(error), false);
}

/** What a question of the API answers; null when it does not, after the person was told why. */
export async function look(path) {
  try {
    const reply = await fetch(path, { signal: AbortSignal.timeout(DEADLINE_MS) });
    const said = await reply.json();
    if (reply.ok) return said;
    tell(refusal(said.error), false);
  } catch {
    tell(t("answer.not_read"), false);
  }
  return null;
}

function refusal(error) {
  const why = t("answer.refused", { why: error[language] });
  const names = error.allowed.map((name) => t(`command.${name}`, {}, name)).join(language === "zh" ? "、" : ", ");
  return names ? `${why} · ${t("answer.allowed", { allowed: names })}` : why;
}

/** Show an answer for a while. */
export function tell(text, taken) {
  say(answer, text);
  answer.dataset.taken = taken;
  show(answer, true);
  clearTimeout(hiding);
  hiding = setTimeout(() => show(answer, false), SHOWN_MS);
  return taken;
}
