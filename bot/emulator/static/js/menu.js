/** A button that opens a panel under it. Esc, a click elsewhere or a chosen item closes it. */

import { el } from "./dom.js";

let count = 0;

/**
 * button: an element made elsewhere; children: the panel's content. Returns {node, close}.
 * keepOpen: pressing something in the panel leaves it open. around: gives the element outside which a press closes it.
 */
export function menu(button, label, children, { keepOpen = false, around = null } = {}) {
  count += 1;
  const panel = el("div.menu-panel", { id: `menu-${count}`, role: "group", "aria-label": label, hidden: true }, children);
  const node = el("div.menu", {}, button, panel);
  button.setAttribute("aria-expanded", "false");
  button.setAttribute("aria-controls", panel.id);

  function set(open) {
    panel.hidden = !open;
    button.setAttribute("aria-expanded", String(open));
    document[open ? "addEventListener" : "removeEventListener"]("pointerdown", outside);
    document[open ? "addEventListener" : "removeEventListener"]("keydown", escape);
  }
  function outside(event) {
    if (!(around?.() ?? node).contains(event.target)) set(false);
  }
  function escape(event) {
    if (event.key !== "Escape") return;
    set(false);
    button.focus();
  }
  button.addEventListener("click", () => set(panel.hidden));
  if (!keepOpen) panel.addEventListener("click", (event) => event.target.closest("button") && set(false));
  return { node, close: () => set(false) };
}
