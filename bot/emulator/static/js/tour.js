/** Three steps for somebody who sees the desk for the first time. */

import { el, iconButton } from "./dom.js";
import { remember, remembered } from "./memory.js";
import { on, person, state } from "./state.js";

const STEPS = [
  (me) => ["先认识一下", `你是${me.name}，${me.post}。想看看别人那边，在“我是”里换一个人。`],
  () => ["说一句试试", "打开和校铃的单聊，试着发：隐患 三楼东侧消防栓漏水。配一张照片更好。"],
  () => ["再拨一下钟", "点上面的“到下一件”，看校铃到点会问谁、问什么。每条消息下面都能看线路。"],
];

export function createTour() {
  const card = el("section.tour", { "aria-label": "三步上手" });
  let step = 0;

  function end() {
    remember("toured", true);
    card.hidden = true;
  }

  function show() {
    const me = person(state.me);
    card.hidden = remembered("toured", false) || !me;
    if (card.hidden) return;
    const [title, words] = STEPS[step](me);
    const last = step === STEPS.length - 1;
    const forward = () => {
      if (last) return end();
      step += 1;
      show();
      card.querySelector(".button").focus();
      return undefined;
    };
    card.replaceChildren(
      el("div.tour-head", {}, el("b", {}, title), iconButton("close", "不看了", end)),
      el("p", {}, words),
      el("div.tour-foot", {}, el("span", {}, `${step + 1} / ${STEPS.length}`), el("button.button", { type: "button", onclick: forward }, last ? "知道了" : "下一步")),
    );
  }

  on("me people", show);
  show();
  return card;
}
