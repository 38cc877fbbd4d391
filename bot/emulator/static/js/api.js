/** The desk's calls to the emulator. Every failure becomes a DeskError whose message can be shown as it is. */

const TIMEOUT_MS = 30_000;
const CLOCK_TIMEOUT_MS = 300_000; // a turned clock walks through everything due on the way

/** Something the person at the desk is told, in one Chinese line. */
export class DeskError extends Error {}

async function call(path, options = {}, timeout = TIMEOUT_MS) {
  let response;
  try {
    response = await fetch(path, { ...options, signal: AbortSignal.timeout(timeout) });
  } catch (error) {
    throw new DeskError(error.name === "TimeoutError" ? "等了很久没有回音，请再试一次。" : "连不上演示台，请确认它还开着。");
  }
  if (response.ok) return response;
  let line = "";
  try {
    line = (await response.json()).error ?? "";
  } catch {
    line = "";
  }
  throw new DeskError(line || `演示台出了点问题（${response.status}），请再试一次。`);
}

async function getJson(path) {
  return (await call(path)).json();
}

async function postJson(path, body, timeout) {
  const headers = { "Content-Type": "application/json" };
  return call(path, { method: "POST", headers, body: JSON.stringify(body) }, timeout);
}

export const api = {
  state: () => getJson("/api/state"),

  /** Messages after a sequence number, oldest first, at most `limit`. chat "" asks for all chats. */
  async messages(after, chat = "", limit = 500) {
    const query = new URLSearchParams({ after, limit });
    if (chat) query.set("chat", chat);
    return (await getJson(`/api/messages?${query}`)).messages;
  },

  /** Say something as somebody. quote: a message id or "". images: File objects, 0 to 9. */
  async say(chat, { as, text, quote, images }) {
    const form = new FormData();
    form.set("as", as);
    form.set("text", text);
    if (quote) form.set("quote", quote);
    for (const image of images) form.append("image", image, image.name || "照片.png");
    return (await call(`/api/chats/${encodeURIComponent(chat)}/messages`, { method: "POST", body: form })).json();
  },

  async click(chat, as, message, says) {
    return (await postJson(`/api/chats/${encodeURIComponent(chat)}/click`, { as, message, says })).json();
  },

  /** A form's answer. chosen: by question key the ids that were chosen. */
  async submit(chat, as, message, chosen) {
    return (await postJson(`/api/chats/${encodeURIComponent(chat)}/submit`, { as, message, chosen })).json();
  },

  wire: (message) => getJson(`/api/messages/${encodeURIComponent(message)}/wire`),
  turnClock: async (to) => (await postJson("/api/clock", { to }, CLOCK_TIMEOUT_MS)).json(),
  setFault: async (id, on) => (await postJson(`/api/faults/${encodeURIComponent(id)}`, { on })).json(),
  office: async () => (await getJson("/api/office")).offices,
  inOffice: async (platform, act, values) => (await (await postJson("/api/office", { platform, act, values })).json()).line,
  addStranger: async (name, post) => (await postJson("/api/people", { name, post })).json(),
  transcript: async (since) => (await postJson("/api/transcript", { since })).text(),
  reset: () => postJson("/api/reset", {}),
};
