// Small tools to draw with. Elements that stay are kept, so that focus and a finger already on a button are not lost.

const SVG = "http://www.w3.org/2000/svg";

export function make(tag, name = "", ...children) {
  const element = document.createElement(tag);
  if (name) element.className = name;
  element.append(...children);
  return element;
}

export function shape(name) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("aria-hidden", "true");
  svg.append(document.createElementNS(SVG, "use"));
  reshape(svg, name);
  return svg;
}

export function reshape(svg, name) {
  const href = `#shape-${name}`;
  const use = svg.firstElementChild;
  if (use.getAttribute("href") !== href) use.setAttribute("href", href);
}

/** Set a text only when it differs, so that a live region does not speak again. */
export function say(element, text) {
  const said = String(text ?? "");
  if (element.textContent !== said) element.textContent = said;
}

/** Show or hide; the attribute, because drawings have no such property. */
export function show(element, visible) {
  element.toggleAttribute("hidden", !visible);
}

/** Make `list` hold one element for each of `things`, in their order; `draw(thing)` runs only for a changed one. */
export function keep(list, things, keyOf, draw) {
  const kept = new Map([...list.children].map((child) => [child.dataset.key, child]));
  let place = list.firstElementChild;
  for (const thing of things) {
    const key = String(keyOf(thing));
    const content = JSON.stringify(thing);
    const old = kept.get(key);
    const element = old?.drawnFrom === content ? old : draw(thing);
    element.dataset.key = key;
    element.drawnFrom = content;
    kept.delete(key);
    if (old && element !== old) {
      if (place === old) place = element;
      replace(old, element);
    }
    if (element === place) place = place.nextElementSibling;
    else list.insertBefore(element, place);
  }
  for (const gone of kept.values()) gone.remove();
}

function replace(old, fresh) {
  const focused = old.contains(document.activeElement) ? document.activeElement.dataset.focus : undefined;
  old.replaceWith(fresh);
  if (focused) fresh.querySelector(`[data-focus="${focused}"]`)?.focus();
}
