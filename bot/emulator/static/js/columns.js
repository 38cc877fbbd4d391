/**
 * Which chats are open side by side.
 *
 * A chat opened from the list takes the place of an open one of the same kind (a group that of a group, a 1:1 that of a
 * 1:1) unless that one is pinned. Being somebody else turns the open 1:1s into theirs. Where there is room for one
 * column only, the active one is shown, and on a phone the list and the chat take turns, with the browser's back button.
 */

import { createChat } from "./chat.js";
import { eachFrame } from "./dom.js";
import { remember, remembered } from "./memory.js";
import { chatsOf, markRead, messagesOf, on, state } from "./state.js";
import { toast } from "./toast.js";

const NARROWEST_COLUMN = 330; // pixels
const MOST_COLUMNS = 3;
const phone = matchMedia("(max-width: 760px)");

let open = remembered("columns", []); // chat ids, left to right
let pinned = new Set(remembered("pinned", []));
let active = remembered("active", "");
const panes = new Map(); // chat id → what createChat returned

const desk = document.getElementById("desk");
const holder = document.getElementById("columns");

const capacity = () => {
  if (phone.matches) return 1;
  return Math.max(1, Math.min(MOST_COLUMNS, Math.floor(holder.clientWidth / NARROWEST_COLUMN)));
};

export const isPinned = (id) => pinned.has(id);
export const isShown = (id) => shown().includes(id) && (!phone.matches || desk.dataset.view === "chat");

function shown() {
  const room = capacity();
  if (open.length <= room) return open;
  const wanted = [...open].sort((a, b) => rank(a) - rank(b)).slice(0, room);
  return open.filter((id) => wanted.includes(id));
}

const rank = (id) => (id === active ? 0 : pinned.has(id) ? 1 : 2);

/** Show a chat; beside: in a column of its own where there is room. */
export function openChat(id, { beside = false } = {}) {
  const chat = state.chats.get(id);
  if (!chat) return;
  if (!open.includes(id)) {
    const room = capacity();
    const free = open.filter((one) => !pinned.has(one));
    const sameKind = free.filter((one) => state.chats.get(one)?.kind === chat.kind);
    if (open.length < room && (beside || !sameKind.length)) {
      open.push(id);
    } else if (free.length) {
      const place = sameKind.includes(active) ? active : (sameKind.at(-1) ?? free.at(-1));
      open[open.indexOf(place)] = id;
    } else if (room === 1) {
      open.push(id);
    } else {
      toast("打开的会话都固定住了，先放开一个。");
      return;
    }
  }
  active = id;
  if (phone.matches && desk.dataset.view !== "chat") {
    desk.dataset.view = "chat";
    history.pushState({ chat: id }, "");
  }
  keep();
  show();
  panes.get(id)?.focus();
}

export function closeChat(id) {
  open = open.filter((one) => one !== id);
  pinned.delete(id);
  if (active === id) active = open.at(-1) ?? "";
  keep();
  show();
}

export function togglePin(id) {
  if (!pinned.delete(id)) pinned.add(id);
  keep();
  show();
}

export function activate(id) {
  if (active === id) return;
  active = id;
  keep();
  for (const [one, pane] of panes) pane.node.classList.toggle("active", one === active);
}

/** On a phone: from the chat to the list. */
export function backToList() {
  if (history.state?.chat) history.back();
  else showList();
}

function showList() {
  desk.dataset.view = "list";
  document.querySelector("#chats .chat-row.current, #chats .chat-row")?.focus();
}

/** My 1:1 to show: on this platform, unless it is empty and another is not. */
function ownOf(mine, platform) {
  const same = mine.direct.find((chat) => chat.platform === platform) ?? mine.direct[0];
  const talked = (chat) => messagesOf(chat.id).length > 0;
  return same && talked(same) ? same : (mine.direct.find(talked) ?? same);
}

/** Where nothing is open: a group that hears, and my 1:1 on the same platform beside it. */
function fill() {
  if (!open.length) {
    const mine = chatsOf(state.me);
    const group = mine.groups.find((chat) => chat.hears) ?? mine.groups[0];
    const direct = ownOf(mine, group?.platform);
    open = [group, direct].filter(Boolean).map((chat) => chat.id);
    active = direct?.id ?? "";
  }
  if (!open.includes(active)) active = open.at(-1) ?? "";
}

/** Turn the open 1:1s that are not pinned into mine, and leave groups that I am not in. */
function follow() {
  const mine = chatsOf(state.me);
  open = open.filter((id) => state.chats.has(id));
  const next = [];
  for (const id of open) {
    const chat = state.chats.get(id);
    let wanted = id;
    if (!pinned.has(id) && chat.kind === "direct" && chat.person !== state.me) {
      wanted = ownOf(mine, chat.platform)?.id;
    } else if (!pinned.has(id) && chat.kind === "group" && !chat.members.includes(state.me)) {
      const others = mine.groups.filter((one) => !open.includes(one.id) && !next.includes(one.id));
      wanted = (others.find((one) => one.platform === chat.platform) ?? others[0])?.id;
    }
    if (wanted && !next.includes(wanted)) next.push(wanted);
    if (id === active && wanted) active = wanted;
  }
  open = next;
  pinned = new Set([...pinned].filter((id) => open.includes(id)));
  fill();
  keep();
}

function keep() {
  remember("columns", open);
  remember("pinned", [...pinned]);
  remember("active", active);
}

const changedListeners = [];
/** Call `work` when other chats are on screen than before. */
export const onColumns = (work) => changedListeners.push(work);

function show() {
  const ids = shown();
  for (const [id, pane] of panes) {
    if (ids.includes(id)) continue;
    pane.close();
    panes.delete(id);
  }
  ids.forEach((id, position) => {
    if (!panes.has(id)) panes.set(id, createChat(id, actions));
    const { node, refresh } = panes.get(id);
    if (holder.children[position] !== node) holder.insertBefore(node, holder.children[position] ?? null);
    node.classList.toggle("active", id === active);
    refresh({ pinned: pinned.has(id), closable: ids.length > 1 });
  });
  holder.dataset.count = ids.length;
  for (const work of changedListeners) work();
  readShown();
}

function readShown() {
  if (document.hidden) return;
  for (const id of panes.keys()) if (isShown(id)) markRead(id);
}

const actions = { closeChat, togglePin, activate, backToList, openChat };

/** Start once the first state is there. */
export function startColumns() {
  follow();
  show();
  const later = eachFrame(show);
  on("me people chats", () => {
    follow();
    later();
  });
  on("messages", eachFrame(() => {
    for (const pane of panes.values()) pane.refreshMessages();
    readShown();
  }));
  document.addEventListener("visibilitychange", readShown);
  new ResizeObserver(later).observe(holder);
  phone.addEventListener("change", later);
  addEventListener("popstate", () => {
    if (phone.matches) showList();
    for (const work of changedListeners) work();
  });
}
