// Sending what a person has filled in, and showing why it was not taken beside the form.

import { tell } from "./asking.js";
import { language, t } from "./words.js";

const DEADLINE_MS = 30000;

/** Send `body` and return the result; null where it was refused, which is shown. `what` names it for the person. */
export async function send(path, body, what) {
  try {
    const reply = await fetch(path, {
      method: "POST",
      headers: { "X-Sealline": "1", "Content-Type": "application/json" },
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(DEADLINE_MS),
    });
    const answer = await reply.json();
    if (!reply.ok) return tell(t("answer.refused", { why: answer.error[language] }), false) || null;
    if (what) tell(t("answer.taken", { what }), true);
    return answer;
  } catch {
    tell(t("answer.lost"), false);
    return null;
  }
}

/** Ask for something to read; null where it was refused, which is shown. */
export async function read(path) {
  try {
    const reply = await fetch(path, { signal: AbortSignal.timeout(DEADLINE_MS), headers: { "X-Sealline": "1" } });
    const answer = await reply.json();
    return reply.ok ? answer : tell(t("answer.refused", { why: answer.error[language] }), false) || null;
  } catch {
    tell(t("answer.lost"), false);
    return null;
  }
}

/** Run `action(values)` when the form is sent; a second press waits for the first. */
export function onSend(form, action) {
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const button = form.querySelector("button:not([type=button])");
    if (button.disabled) return;
    button.disabled = true;
    await action(Object.fromEntries(new FormData(form)), form).finally(() => (button.disabled = false));
  });
}
