/** Who I am: a dozen people of the demonstration school, one press each. On a narrow window the list comes as a sheet. */

import { askForStranger } from "./dialogs.js";
import { avatar, eachFrame, el, icon, iconButton, reconcile } from "./dom.js";
import { be, chatsOf, on, person, state, unread } from "./state.js";

const desk = document.getElementById("desk");
const scrim = document.getElementById("scrim");

export function createPeople(rail) {
  const list = el("ul.rows");
  const none = el("p.none", { hidden: true }, "没有这个人");
  const search = el("input", { type: "search", placeholder: "找人", "aria-label": "按姓名或职务找人", oninput: show });
  rail.append(
    el("div.pane-head", {}, el("h2", {}, "我是"), iconButton("close", "收起", closePeople, { class: "only-sheet" })),
    el("label.search", {}, icon("search"), search),
    list,
    none,
    el("button.row.add-person", { type: "button", onclick: () => (closePeople(), askForStranger()) }, el("span.avatar.hollow", { "aria-hidden": "true" }, "＋"), "来一位生人"),
  );

  function show() {
    const wanted = search.value.trim();
    const found = [...state.people.values()].filter((one) => `${one.name}${one.post}`.includes(wanted));
    none.hidden = found.length > 0;
    reconcile(list, found.map((one) => {
      const waiting = one.id === state.me ? 0 : chatsOf(one.id).direct.reduce((sum, chat) => sum + unread(chat.id), 0);
      return { key: one.id, sign: JSON.stringify([one, one.id === state.me, waiting]), make: () => row(one, waiting) };
    }));
  }

  on("people me messages read chats", eachFrame(show));
  scrim.addEventListener("click", closePeople);
  rail.addEventListener("keydown", (event) => event.key === "Escape" && closePeople());
  show();
}

function row(one, waiting) {
  const choose = () => {
    be(one.id);
    closePeople();
  };
  return el(
    "li",
    {},
    el(
      "button.row.person-row",
      { type: "button", class: one.id === state.me ? "current" : "", "aria-current": one.id === state.me ? "true" : false, onclick: choose, dataset: { person: one.id } },
      avatar(one),
      el("span.row-words", {}, el("b.cut", {}, one.name), el("small.cut", {}, one.known ? one.post : `${one.post || "生人"} · 校铃不认识`)),
      waiting ? el("span.dot", { role: "img", "aria-label": `单聊里有 ${waiting} 条没看` }) : null,
    ),
  );
}

/** The button above the chats that opens the sheet where the rail has no room. */
export function personButton() {
  const button = el("button.row.me-button", { type: "button", "aria-haspopup": "true", onclick: openPeople });
  const show = () => {
    const me = person(state.me);
    if (!me) return;
    button.replaceChildren(avatar(me), el("span.row-words", {}, el("b.cut", {}, `我是${me.name}`), el("small.cut", {}, me.post || "生人")), el("span.switch-word", {}, "换人"));
  };
  on("me people", show);
  show();
  return button;
}

function openPeople() {
  desk.dataset.people = "open";
  scrim.hidden = false;
  document.querySelector(".person-row.current")?.focus();
}

function closePeople() {
  delete desk.dataset.people;
  scrim.hidden = true;
}
