// A question in front of the page. The page behind it waits; the rail with Hold stays in reach, as on every page.

const BEHIND = ["header", "#now", "main"].map((name) => document.querySelector(name));
let asked = null;

/** Show `dialog`; when it closes `done(its return value)` is called. Escape and closing are the way back. */
export function askIn(dialog, done, wayBack = "no") {
  dialog.returnValue = wayBack;
  dialog.onclose = () => {
    leave();
    done(dialog.returnValue);
  };
  asked = { dialog, wayBack, before: document.activeElement };
  dialog.setAttribute("aria-modal", "true");
  document.body.classList.add("asking");
  for (const part of BEHIND) part.inert = true;
  dialog.show();
}

function leave() {
  const { before } = asked;
  asked = null;
  document.body.classList.remove("asking");
  for (const part of BEHIND) part.inert = false;
  if (before?.isConnected) before.focus();
}

document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape" || !asked) return;
  event.preventDefault();
  asked.dialog.close(asked.wayBack);
});
