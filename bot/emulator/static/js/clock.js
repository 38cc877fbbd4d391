/** The school's clock: what time it is there, what is due next, and the buttons that turn it. */

import { api } from "./api.js";
import { el, icon } from "./dom.js";
import { menu } from "./menu.js";
import { on, setWalking, state, takeClock } from "./state.js";
import { clockTime, dayName, dueWhen, fromField, nextDay, nextMonday, schoolParts, toField } from "./time.js";
import { complain, toast } from "./toast.js";

const MOST_TOLD = 3; // things that happened on the way and are named in the toast

/** Returns the element for the top bar. */
export function createClock() {
  const face = el("strong.clock-face");
  const day = el("span.clock-day");
  const next = el("span.clock-next");
  const coming = el("p.menu-coming");
  const progress = el("span.clock-progress", { role: "progressbar", "aria-label": "时钟在走", hidden: true });
  const toNext = el("button.button.primary", { type: "button", onclick: () => turn("next", state.next?.at) }, "到下一件");
  const toMonday = el("button.button", { type: "button", onclick: () => turn("monday", nextMonday(state.now)) }, "周一 07:30");
  const toDay = el("button.button", { type: "button", onclick: () => turn("day", nextDay(state.now)) }, "过一天");
  const field = el("input", { type: "datetime-local", "aria-label": "走到这个时刻", required: true });
  const toMoment = el("button.button", { type: "submit" }, "走到");
  const moment = el(
    "form.clock-moment",
    {
      onsubmit: (event) => {
        event.preventDefault();
        const wanted = fromField(field.value);
        if (Date.parse(wanted) <= Date.parse(state.now)) toast("时钟只往前走，请选后面的时刻。");
        else turn(wanted, wanted);
      },
    },
    field,
    toMoment,
  );
  const opener = el("button.clock-opener", { type: "button", title: "拨钟" }, el("span.clock-time", {}, day, face), next, icon("down"));
  const panel = menu(opener, "拨钟", [
    el("p.menu-title", {}, "把学校的时钟往前拨"),
    el("p.menu-help", {}, "路上到点的事，校铃会一件件照做。"),
    coming,
    moment,
  ], { keepOpen: true, around: () => node });
  const quick = el("div.clock-buttons", {}, toNext, toMonday, toDay);
  const buttons = [toNext, toMonday, toDay, toMoment];
  const node = el("div.clock", { role: "group", "aria-label": "学校时钟" }, panel.node, quick, progress);

  async function turn(to, target) {
    panel.close();
    setWalking(target ? dueWhen(target, state.now) : "下一件");
    try {
      const { now, happened } = await api.turnClock(to);
      takeClock({ now });
      toast(summary(happened));
    } catch (error) {
      complain(error);
    } finally {
      setWalking("");
    }
  }

  function show() {
    const { now } = state;
    face.textContent = clockTime(now);
    day.textContent = dayName(now);
    const walking = Boolean(state.walking);
    next.textContent = walking ? `正在走到 ${state.walking}…` : nextWords();
    next.title = next.textContent;
    coming.textContent = nextWords();
    toNext.title = state.next ? nextWords() : "没有排着的事";
    progress.hidden = !walking;
    node.classList.toggle("walking", walking);
    for (const button of buttons) button.disabled = walking;
    if (!state.next) toNext.disabled = true;
    if (document.activeElement !== field) field.value = toField(now);
    field.min = toField(now);
    document.title = `${clockTime(now)} 周${schoolParts(now).weekday} · 校铃 演示台`;
  }

  on("clock", show);
  show();
  return node;
}

function nextWords() {
  // The name before the time: where there is little room, the time is what is cut.
  return state.next ? `下一件：${state.next.what} · ${dueWhen(state.next.at, state.now)}` : "后面没有排着的事";
}

function summary(happened = []) {
  if (!happened.length) return "到了，路上没有到点的事。";
  const told = happened.slice(0, MOST_TOLD).map(({ at, what }) => `${clockTime(at)} ${what}`);
  const rest = happened.length > MOST_TOLD ? `，等 ${happened.length} 件` : "";
  return `到了。路上：${told.join("，")}${rest}。`;
}
