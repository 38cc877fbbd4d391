/** Elements made from plain calls. Text always goes in as text: nothing here, or anywhere in the desk, parses HTML. */

const SVG = "http://www.w3.org/2000/svg";

/**
 * Make an element: el("button.icon.quiet", {type: "button", onclick: f, "aria-label": "关闭"}, "text", otherElement).
 * `class` adds to the classes in the tag; `dataset` takes an object; false, null and undefined leave an attribute out.
 */
export function el(spec, props = {}, ...children) {
  const [tag, ...classes] = spec.split(".");
  const node = document.createElement(tag || "div");
  if (classes.length) node.className = classes.join(" ");
  for (const [name, value] of Object.entries(props)) {
    if (value === false || value === null || value === undefined) continue;
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (name === "class") node.className += ` ${value}`;
    else if (name === "dataset") Object.assign(node.dataset, value);
    else if (name === "value") node.value = value;
    else node.setAttribute(name, value === true ? "" : value);
  }
  append(node, children);
  return node;
}

function append(node, children) {
  for (const child of children) {
    if (Array.isArray(child)) append(node, child);
    else if (child !== null && child !== undefined && child !== false) node.append(child);
  }
}

/** One of the symbols in desk.html, hidden from screen readers: the button around it carries the words. */
export function icon(name) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("class", "icon");
  svg.setAttribute("aria-hidden", "true");
  const use = document.createElementNS(SVG, "use");
  use.setAttribute("href", `#i-${name}`);
  svg.append(use);
  return svg;
}

/** A button that shows only a symbol; `label` is its name and its tooltip. */
export function iconButton(name, label, onclick, props = {}) {
  return el("button.icon-button", { type: "button", "aria-label": label, title: label, onclick, ...props }, icon(name));
}

/**
 * Bring `parent` to show `entries`, reusing what has not changed so that focus, selection and scroll survive.
 * entries: [{key, sign, make}]; a node is made again only when its `sign` differs from the last one of the same key.
 */
export function reconcile(parent, entries) {
  const before = parent.shownNodes ?? new Map();
  const after = new Map();
  const focused = document.activeElement;
  let refocus = null;
  for (const { key, sign, make } of entries) {
    const old = before.get(key);
    if (old && old.sign === sign) {
      after.set(key, old);
      continue;
    }
    const node = make();
    if (old?.node.contains(focused)) refocus = [node, focused];
    after.set(key, { sign, node });
  }
  let cursor = parent.firstChild;
  for (const { node } of after.values()) {
    if (cursor === node) cursor = cursor.nextSibling;
    else parent.insertBefore(node, cursor);
  }
  while (cursor) {
    const gone = cursor;
    cursor = cursor.nextSibling;
    gone.remove();
  }
  parent.shownNodes = after;
  if (refocus) {
    const [node, was] = refocus;
    const same = [...node.querySelectorAll(was.tagName)].find((one) => one.className === was.className);
    (same ?? node.querySelector("button, a, textarea") ?? node).focus?.({ preventScroll: true });
  }
}

/** Run `work` once in the next frame, however often it is asked for meanwhile. */
export function eachFrame(work) {
  let waiting = false;
  return () => {
    if (waiting) return;
    waiting = true;
    // A hidden tab gets no frames; its lists must still be right when a test or a screen reader looks.
    const run = () => {
      waiting = false;
      work();
    };
    if (document.hidden) setTimeout(run, 50);
    else requestAnimationFrame(run);
  };
}

/** A round picture of somebody: the last character of the name on one of eight tones, or the bell. */
export function avatar(person, size = "") {
  if (!person) return el(`span.avatar.bell${size}`, { "aria-hidden": "true" }, icon("bell"));
  let sum = 0;
  for (const letter of person.name) sum = (sum * 7 + letter.codePointAt(0)) % 9973;
  const tone = person.known === false ? "tone-stranger" : `tone-${sum % 8}`;
  return el(`span.avatar.${tone}${size}`, { "aria-hidden": "true" }, [...person.name].at(-1) ?? "？");
}
