/** The visitor's own choices, kept in the browser. A private window that refuses storage only forgets them. */

const PREFIX = "xiaoling.desk.";

export function remembered(name, otherwise) {
  try {
    const kept = localStorage.getItem(PREFIX + name);
    return kept === null ? otherwise : JSON.parse(kept);
  } catch {
    return otherwise;
  }
}

export function remember(name, value) {
  try {
    localStorage.setItem(PREFIX + name, JSON.stringify(value));
  } catch {
    // Storage is full or refused: the choice lasts as long as the page.
  }
}
