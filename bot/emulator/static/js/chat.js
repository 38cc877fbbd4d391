/** One open chat: its head, its messages, and the composer or the note that says why nobody can type there. */

import { api } from "./api.js";
import { createComposer } from "./composer.js";
import { avatar, el, icon, iconButton, reconcile } from "./dom.js";
import { bubble } from "./message.js";
import { messagesOf, nameOf, person, speakerIn, state, takeMessages } from "./state.js";
import { dayKey, dayName, schoolParts } from "./time.js";
import { complain } from "./toast.js";

const CLOSE_TOGETHER_MS = 3 * 60 * 1000;
const NEAR_THE_END = 80; // pixels from the bottom within which new messages keep the view at the end
const PAGE = 500;

export const PLATFORM_NAMES = { wecom: "企微", dingtalk: "钉钉" };

export const platformBadge = (platform) => el(`span.badge.${platform}`, {}, PLATFORM_NAMES[platform] ?? platform);

/** actions: closeChat, togglePin, activate, backToList of columns.js. Returns {node, refresh, refreshMessages, focus, close}. */
export function createChat(id, actions) {
  const head = el("header.chat-head");
  const list = el("div.message-list", { role: "log", "aria-label": "消息", tabindex: "0" });
  const earlier = el("button.earlier", { type: "button", hidden: true, onclick: loadEarlier }, "看更早的消息");
  const scroller = el("div.scroller", {}, earlier, list);
  const fresh = el("button.fresh", { type: "button", hidden: true, onclick: () => toEnd(true) }, icon("down"), "新消息");
  const foot = el("footer.chat-foot");
  const node = el(
    "section.chat",
    { "aria-label": state.chats.get(id).title, onfocusin: () => actions.activate(id), onpointerdown: () => actions.activate(id) },
    head,
    el("div.chat-middle", {}, scroller, fresh),
    foot,
  );
  let composer = null;
  let shownBefore = false;

  // A picture that arrives late must not push the newest words out of sight: the view leaves the end only when
  // somebody scrolls up, not when what is below it grows.
  let nearEnd = true;
  let lastTop = 0;
  scroller.addEventListener(
    "scroll",
    () => {
      if (atEnd()) nearEnd = true;
      else if (scroller.scrollTop < lastTop) nearEnd = false;
      if (nearEnd) fresh.hidden = true;
      lastTop = scroller.scrollTop;
    },
    { passive: true },
  );
  const watcher = new ResizeObserver(() => nearEnd && toEnd());
  watcher.observe(scroller);
  watcher.observe(list);

  const atEnd = () => scroller.scrollHeight - scroller.scrollTop - scroller.clientHeight < NEAR_THE_END;

  function toEnd(smooth = false) {
    scroller.scrollTo({ top: scroller.scrollHeight, behavior: smooth ? "smooth" : "instant" });
    nearEnd = true;
    fresh.hidden = true;
  }

  function jump(messageId) {
    const target = [...list.children].find((one) => one.dataset.id === messageId);
    if (!target) return;
    target.scrollIntoView({ block: "center" });
    target.focus({ preventScroll: true });
    target.classList.add("found");
    setTimeout(() => target.classList.remove("found"), 1600);
  }

  async function loadEarlier() {
    earlier.disabled = true;
    try {
      const first = messagesOf(id)[0]?.seq ?? Infinity;
      let after = 0;
      for (;;) {
        const page = await api.messages(after, id, PAGE);
        const height = scroller.scrollHeight;
        takeMessages(page.filter((message) => message.seq < first));
        refreshMessages();
        scroller.scrollTop += scroller.scrollHeight - height;
        after = page.at(-1)?.seq ?? Infinity;
        if (page.length < PAGE || after >= first) break;
      }
      state.whole.add(id);
      earlier.hidden = true;
    } catch (error) {
      complain(error);
    } finally {
      earlier.disabled = false;
    }
  }

  function refreshMessages() {
    const chat = state.chats.get(id);
    if (!chat) return;
    const messages = messagesOf(id);
    const speaker = speakerIn(chat);
    const year = schoolParts(state.now).year;
    const stay = nearEnd || !shownBefore;
    const lastBefore = list.dataset.last;
    const entries = [];
    let previous = null;
    for (const message of messages) {
      if (!previous || dayKey(previous.at) !== dayKey(message.at)) {
        const words = dayName(message.at, year);
        entries.push({ key: `day-${dayKey(message.at)}-${message.id}`, sign: words, make: () => el("p.day", {}, el("span", {}, words)) });
        previous = null;
      }
      const follows = previous?.from === message.from && Date.parse(message.at) - Date.parse(previous.at) < CLOSE_TOGETHER_MS;
      entries.push({
        key: message.id,
        sign: JSON.stringify([message, follows, speaker, nameOf(message.from)]),
        make: () => bubble(message, chat, { follows, jump, quote: (one) => composer?.quote(one) }),
      });
      previous = message;
    }
    if (!entries.length) entries.push({ key: "empty", sign: "", make: () => emptyNote(chat) });
    reconcile(list, entries);
    const last = messages.at(-1);
    list.dataset.last = last?.id ?? "";
    earlier.hidden = !state.cut || state.whole.has(id);
    if (stay || (last && last.id !== lastBefore && last.from === speaker)) toEnd();
    else if (last && last.id !== lastBefore) fresh.hidden = false;
    shownBefore = true;
  }

  function refresh({ pinned, closable }) {
    const chat = state.chats.get(id);
    if (!chat) return;
    const sign = JSON.stringify([chat, pinned, closable, state.me, [...state.people.values()]]);
    if (head.dataset.sign !== sign) {
      head.dataset.sign = sign;
      head.replaceChildren(...headParts(chat, pinned, closable, actions));
    }
    refreshFoot(chat);
    refreshMessages();
  }

  function refreshFoot(chat) {
    const speaker = speakerIn(chat);
    const closed = closedNote(chat);
    const sign = `${speaker}|${closed}|${chat.members.length}`;
    if (foot.dataset.sign === sign) return;
    foot.dataset.sign = sign;
    if (closed) {
      composer = null;
      foot.replaceChildren(el("p.closed-note", {}, closed));
    } else {
      composer = createComposer(chat, speaker);
      foot.replaceChildren(composer.node);
    }
  }

  return {
    node,
    refresh,
    refreshMessages,
    focus: () => composer?.focus(),
    close() {
      watcher.disconnect();
      node.remove();
    },
  };
}

function headParts(chat, pinned, closable, actions) {
  const owner = chat.kind === "direct" ? person(chat.person) : null;
  const mine = chat.person === state.me;
  const title = owner ? "校铃" : chat.title;
  const about = owner
    ? `${mine ? "我" : owner.name}的单聊${mine ? "" : `，以${owner.name}的身份说话`}`
    : `${chat.members.length} 人 · ${chat.members.slice(0, 4).map(nameOf).join("、")}${chat.members.length > 4 ? "等" : ""}`;
  return [
    iconButton("back", "回到会话列表", actions.backToList, { class: "only-phone" }),
    owner ? avatar(null) : el("span.avatar.group", { "aria-hidden": "true" }, [...chat.title][0]),
    el(
      "div.chat-names",
      {},
      el("h2", {}, el("span.cut", {}, title), platformBadge(chat.platform)),
      el("p.cut", { title: owner ? false : chat.members.map(nameOf).join("、") }, chat.channel ? `走${chat.channel} · ${about}` : about),
    ),
    iconButton("pin", pinned ? "放开这一栏" : "固定这一栏", () => actions.togglePin(chat.id), {
      class: "only-desktop pin",
      "aria-pressed": pinned ? "true" : "false",
    }),
    closable ? iconButton("close", "关上这一栏", () => actions.closeChat(chat.id), { class: "only-desktop" }) : null,
  ].filter(Boolean);
}

function closedNote(chat) {
  if (!chat.hears) return chat.note || "机器人在这里只能发，不能听。";
  if (chat.kind === "group" && !chat.members.includes(state.me)) {
    return `${nameOf(state.me)}不在这个群里，换成群里的人就能说话。`;
  }
  return "";
}

function emptyNote(chat) {
  const words = chat.hears ? "还没有消息。说一句“帮助”，校铃会告诉你它能做什么。" : "还没有消息。到点了，校铃会在这里发通知。";
  return el("p.empty", {}, icon("bell"), words);
}
