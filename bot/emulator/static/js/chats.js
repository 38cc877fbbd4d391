/** The chats: my 1:1s, my groups, and the groups I only look at. */

import { platformBadge } from "./chat.js";
import { isShown, onColumns, openChat } from "./columns.js";
import { avatar, eachFrame, el, iconButton, reconcile } from "./dom.js";
import { flat } from "./markdown.js";
import { personButton } from "./people.js";
import { chatsOf, messagesOf, nameOf, on, state, unread } from "./state.js";
import { shortWhen } from "./time.js";
import { createTour } from "./tour.js";

export function createChats(pane) {
  const list = el("div.chat-rows");
  pane.append(personButton(), list, createTour());

  function show() {
    const { direct, groups, others } = chatsOf(state.me);
    const entries = [];
    const section = (title, chats) => {
      if (!chats.length) return;
      entries.push({ key: `title ${title}`, sign: title, make: () => el("h2.section", {}, title) });
      for (const chat of chats) entries.push(entry(chat));
    };
    section("我和校铃", direct);
    section("我的群", groups);
    section("我不在的群", others);
    reconcile(list, entries);
  }

  const later = eachFrame(show);
  on("chats people me messages read clock", later);
  onColumns(later);
  show();
}

function entry(chat) {
  const last = messagesOf(chat.id).at(-1);
  const current = isShown(chat.id);
  const mine = chat.person === state.me || chat.members.includes(state.me);
  const waiting = current || !mine ? 0 : unread(chat.id);
  const when = last ? shortWhen(last.at, state.now) : "";
  const calls = waiting > 0 && last?.mentions?.includes(state.me);
  const sign = JSON.stringify([chat, last, current, waiting, when, state.me]);
  return { key: chat.id, sign, make: () => row(chat, { last, current, waiting, when, calls }) };
}

function row(chat, { last, current, waiting, when, calls }) {
  const direct = chat.kind === "direct";
  return el(
    "div.chat-line",
    { class: current ? "current" : "" },
    el(
      "button.row.chat-row",
      { type: "button", class: current ? "current" : "", "aria-current": current ? "true" : false, dataset: { chat: chat.id }, onclick: () => openChat(chat.id) },
      direct ? avatar(null) : el("span.avatar.group", { "aria-hidden": "true" }, [...chat.title][0]),
      el(
        "span.row-words",
        {},
        el("span.row-top", {}, el("b.cut", {}, direct ? "校铃" : chat.title), platformBadge(chat.platform), el("time", {}, when)),
        el(
          "span.row-top",
          {},
          el("small.cut", {}, calls ? el("em", {}, "［有人@我］") : null, last ? lastLine(last, direct) : chat.hears ? "还没有消息" : "机器人只发通知"),
          waiting ? el("span.dot", { role: "img", "aria-label": `${waiting} 条没看` }) : null,
        ),
      ),
    ),
    iconButton("beside", "在旁边打开", () => openChat(chat.id, { beside: true }), { class: "beside only-desktop" }),
  );
}

function lastLine(message, direct) {
  const words = flat(message.text) || (message.images?.length ? "［图片］" : message.file ? `［文件］${message.file.name}` : message.title);
  if (message.from === state.me) return `我：${words}`;
  return direct ? words : `${nameOf(message.from)}：${words}`;
}
