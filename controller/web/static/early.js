// What a person presses before the page's modules run would be lost without a word. It is kept here, and done as the
// page starts: Hold, a tab, a search, none of which does harm a moment later. Other buttons do nothing until then.

window.pressedEarly = [];

function keep(pressed) {
  window.pressedEarly = [...window.pressedEarly.filter((each) => each !== pressed), pressed];
}

document.addEventListener("click", ({ target }) => {
  const pressed = target.closest("#hold, [role=tab]");
  if (pressed) keep(pressed);
});

// Else the browser would ask for the page anew, with what was typed in its address.
document.addEventListener("submit", (event) => {
  if (event.defaultPrevented || event.target.getAttribute("method") === "dialog") return;
  event.preventDefault();
  keep(event.target);
});
