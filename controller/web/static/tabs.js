// Tabs of a page: a click or the arrow keys choose; the address keeps which, so that coming back finds it again.

import { show } from "./drawing.js";

const tabs = [...document.querySelectorAll('[role="tab"]')];

/** Not the panel's own name, to which the browser would scroll. */
const addressOf = (tab) => `#show-${tab.getAttribute("aria-controls")}`;

/** `chosen(panel id)` is called for the first and for each later choice. */
export function useTabs(chosen = () => {}) {
  const choose = (tab) => {
    for (const each of tabs) {
      each.setAttribute("aria-selected", each === tab);
      each.tabIndex = each === tab ? 0 : -1;
      show(document.getElementById(each.getAttribute("aria-controls")), each === tab);
    }
    history.replaceState(null, "", addressOf(tab));
    chosen(tab.getAttribute("aria-controls"));
  };
  tabs.forEach((tab, index) => {
    tab.addEventListener("click", () => choose(tab));
    tab.addEventListener("keydown", ({ key }) => {
      const step = { ArrowRight: 1, ArrowLeft: -1 }[key];
      if (!step) return;
      const next = tabs[(index + step + tabs.length) % tabs.length];
      next.focus();
      choose(next);
    });
  });
  const early = window.pressedEarly.findLast((each) => tabs.includes(each));
  choose(early ?? tabs.find((tab) => addressOf(tab) === location.hash) ?? tabs[0]);
}
