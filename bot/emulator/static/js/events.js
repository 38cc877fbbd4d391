/**
 * What the emulator pushes, for as long as the page is open.
 *
 * EventSource reconnects by itself after a lost connection and tells the server the last id it saw; when the server
 * answers with an error it gives up for good, so then we open a new one after a growing wait.
 */

const FIRST_WAIT_MS = 1_000;
const LONGEST_WAIT_MS = 15_000;
const KINDS = ["message", "clock", "fault", "bot", "chats"];

/** handlers: one function per kind, and opened(), lost(), which are called each time that happens. */
export function listen(handlers) {
  let wait = FIRST_WAIT_MS;

  function open() {
    const source = new EventSource("/api/events");
    source.addEventListener("open", () => {
      wait = FIRST_WAIT_MS;
      handlers.opened();
    });
    source.addEventListener("error", () => {
      handlers.lost();
      if (source.readyState !== EventSource.CLOSED) return;
      setTimeout(open, wait);
      wait = Math.min(wait * 2, LONGEST_WAIT_MS);
    });
    for (const kind of KINDS) {
      source.addEventListener(kind, (event) => handlers[kind](JSON.parse(event.data)));
    }
    addEventListener("pagehide", () => source.close(), { once: true });
  }

  open();
}
