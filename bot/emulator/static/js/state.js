/**
 * What the desk knows, and who wants to hear when it changes.
 *
 * Facts come from the server (people, chats, messages, clock, faults, bot); choices are the visitor's (who I am, which
 * chats are open, what was read) and are remembered in the browser.
 */

import { remember, remembered } from "./memory.js";

const listeners = new Map();

/** Call `work` whenever one of the topics changes: people chats messages clock faults bot me columns read online. */
export function on(topics, work) {
  for (const topic of topics.split(" ")) {
    if (!listeners.has(topic)) listeners.set(topic, []);
    listeners.get(topic).push(work);
  }
}

function changed(...topics) {
  for (const work of new Set(topics.flatMap((topic) => listeners.get(topic) ?? []))) work();
}

export const state = {
  school: "",
  now: new Date().toISOString(),
  next: null,
  bot: { up: false, url: "" },
  people: new Map(),
  chats: new Map(),
  faults: new Map(),
  messages: new Map(), // chat id → Map of message id → message
  lastSeq: 0,
  cut: false, // the server has earlier messages than these
  whole: new Set(), // chats whose earlier messages were loaded
  online: true,
  walking: "", // what the clock is on its way to, "" when it stands
  me: remembered("me", ""),
  read: remembered("read", {}), // chat id → last sequence number seen
};

export const person = (id) => state.people.get(id);
export const nameOf = (id) => (id === "bot" ? "校铃" : id === "tool" ? "企业微信" : (person(id)?.name ?? "某人"));

/** All that GET /api/state says. */
export function takeState(fresh) {
  const byId = (list) => new Map(list.map((one) => [one.id, one]));
  Object.assign(state, { school: fresh.school, now: fresh.now, next: fresh.next, bot: fresh.bot });
  Object.assign(state, { people: byId(fresh.people), chats: byId(fresh.chats), faults: byId(fresh.faults) });
  if (!state.people.has(state.me)) state.me = fresh.people[0]?.id ?? "";
  changed("people", "chats", "clock", "faults", "bot", "me", "messages");
}

/** Replace every message: at the start, and after the chats began anew. cut: there are earlier ones on the server. */
export function takeAllMessages(list, cut) {
  state.messages = new Map();
  state.lastSeq = 0;
  state.cut = cut;
  state.whole.clear();
  for (const message of list) store(message);
  for (const [chat, seq] of Object.entries(state.read)) if (seq > state.lastSeq) delete state.read[chat];
  changed("messages", "read");
}

/** New or changed messages; the same id replaces. */
export function takeMessages(list) {
  for (const message of list) store(message);
  changed("messages");
}

/** The answer to saying something. It may come after the event that tells how it fared, so it never replaces. */
export function takeAnswer(message) {
  if (!state.messages.get(message.chat)?.has(message.id)) takeMessages([message]);
}

function store(message) {
  if (!state.messages.has(message.chat)) state.messages.set(message.chat, new Map());
  state.messages.get(message.chat).set(message.id, message);
  state.lastSeq = Math.max(state.lastSeq, message.seq);
}

/** The messages of a chat in order. */
export function messagesOf(chat) {
  return [...(state.messages.get(chat)?.values() ?? [])].sort((a, b) => a.seq - b.seq);
}

export function takeClock({ now, next }) {
  state.now = now;
  if (next !== undefined) state.next = next;
  changed("clock");
}

export function setWalking(words) {
  state.walking = words;
  changed("clock");
}

export function takeFault(fault) {
  state.faults.set(fault.id, { ...state.faults.get(fault.id), ...fault });
  changed("faults");
}

export function takeBot(bot) {
  state.bot = { ...state.bot, ...bot };
  changed("bot");
}

export function setOnline(online) {
  if (state.online === online) return;
  state.online = online;
  changed("online");
}

export function be(id) {
  if (state.me === id || !state.people.has(id)) return;
  state.me = id;
  remember("me", id);
  changed("me");
}

export function markRead(chat) {
  const last = messagesOf(chat).at(-1)?.seq ?? 0;
  if ((state.read[chat] ?? 0) >= last) return;
  state.read[chat] = last;
  remember("read", state.read);
  changed("read");
}

/** How many of the bot's or other people's messages in a chat were not on screen yet. */
export function unread(chat) {
  const seen = state.read[chat] ?? 0;
  let count = 0;
  for (const message of state.messages.get(chat)?.values() ?? []) {
    if (message.seq > seen && message.from !== state.me) count += 1;
  }
  return count;
}

/** The chats that `id` takes part in, 1:1 first, then groups; and the groups they are not in. */
export function chatsOf(id) {
  const all = [...state.chats.values()];
  return {
    direct: all.filter((chat) => chat.kind === "direct" && chat.person === id),
    groups: all.filter((chat) => chat.kind === "group" && chat.members.includes(id)),
    others: all.filter((chat) => chat.kind === "group" && !chat.members.includes(id)),
  };
}

/** Who speaks when something is typed in a chat: in a 1:1 always the person it belongs to. */
export const speakerIn = (chat) => (chat.kind === "direct" ? chat.person : state.me);
