// What a person presses before the page's modules run would be lost without a word. Hold needs neither them nor words: it
// goes out at once. A tab and a search, which do no harm a moment later, are kept here and done as the page starts.
// Other buttons do nothing until then.

const HOLD_DEADLINE_MS = 12000;
window.heldEarly = null; // the answer to the last such Hold, null when none came; frame.js tells it
window.pressedEarly = [];

function sendHold() {
  const asked = { method: "POST", headers: { "X-Sealline": "1" }, signal: AbortSignal.timeout(HOLD_DEADLINE_MS) };
  return fetch("/api/commands/hold", asked).catch(() => null);
}

function keep(pressed) {
  window.pressedEarly = [...window.pressedEarly.filter((each) => each !== pressed), pressed];
}

document.addEventListener("click", (event) => {
  const pressed = event.target.closest("#hold, [role=tab]");
  if (pressed?.id === "hold") {
    if (!event.defaultPrevented) window.heldEarly = sendHold(); // else frame.js runs and has sent it
  } else if (pressed) keep(pressed);
});

// Else the browser would ask for the page anew, with what was typed in its address.
document.addEventListener("submit", (event) => {
  if (event.defaultPrevented || event.target.getAttribute("method") === "dialog") return;
  event.preventDefault();
  keep(event.target);
});
