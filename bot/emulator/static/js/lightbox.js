/** A picture as large as the window. A click anywhere or Esc closes it. */

import { el, iconButton } from "./dom.js";

export function enlarge(url) {
  const dialog = el(
    "dialog.lightbox",
    { "aria-label": "图片", onclick: () => dialog.close(), onclose: () => dialog.remove() },
    el("img", { src: url, alt: "放大的图片" }),
    iconButton("close", "关闭", () => dialog.close()),
  );
  document.body.append(dialog);
  dialog.showModal();
}
