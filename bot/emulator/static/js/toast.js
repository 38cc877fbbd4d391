/** One small line that goes away by itself. */

import { DeskError } from "./api.js";
import { el } from "./dom.js";

const STAYS_MS = 5_000;
const MOST_SHOWN = 3;
const holder = document.getElementById("toasts");

export function toast(words, kind = "") {
  const node = el(`p.toast${kind ? `.${kind}` : ""}`, {}, words);
  holder.append(node);
  while (holder.children.length > MOST_SHOWN) holder.firstChild.remove();
  // Shown afresh each time: that puts the line above a dialog opened since the last one.
  if (holder.matches(":popover-open")) holder.hidePopover();
  holder.showPopover();
  setTimeout(() => node.remove(), STAYS_MS);
}

/** Show an error: a DeskError carries its own line; anything else is a fault of the page and goes to the console too. */
export function complain(error) {
  const expected = error instanceof DeskError;
  if (!expected) console.error(error);
  toast(expected ? error.message : "页面出了点问题，请刷新再试。", "bad");
}
