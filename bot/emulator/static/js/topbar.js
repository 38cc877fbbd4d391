/** The bar on top: whose desk it is, the clock, the faults, whether the bot is up, and the rest. */

import { api } from "./api.js";
import { createClock } from "./clock.js";
import { askForReset, askForStranger } from "./dialogs.js";
import { el, icon, reconcile } from "./dom.js";
import { menu } from "./menu.js";
import { officeMenu } from "./office.js";
import { on, state, takeFault } from "./state.js";
import { complain } from "./toast.js";
import { saveTranscript } from "./transcript.js";

export function createTopbar(bar) {
  const school = el("span.school.cut");
  const brand = el("div.brand", {}, el("span.brand-mark", {}, icon("bell")), el("div", {}, el("h1", {}, "校铃", el("span", {}, " 演示台")), school));
  const bot = el("span.bot-state", { role: "status" });
  bar.append(brand, createClock(), el("div.topbar-end", {}, bot, officeMenu(), faultsMenu(), moreMenu()));
  const show = () => {
    school.textContent = state.school;
    const words = !state.online ? "正在重连…" : state.bot.up ? "校铃在线" : "校铃没开";
    bot.className = `bot-state ${!state.online ? "lost" : state.bot.up ? "up" : "down"}`;
    bot.title = !state.online ? "和演示台的连接断了，正在重连" : state.bot.up ? `校铃在 ${state.bot.url} 上听着` : "校铃没有运行，说的话会等它回来";
    bot.replaceChildren(el("i", { "aria-hidden": "true" }), el("span", {}, words));
  };
  on("bot online people", show);
  show();
}

function faultsMenu() {
  const count = el("span.count", { hidden: true });
  const button = el("button.button.plain", { type: "button" }, icon("fault"), el("span.wide-only", {}, "故障"), count);
  const list = el("div.fault-list");
  const show = () => {
    const faults = [...state.faults.values()];
    const active = faults.filter((fault) => fault.on).length;
    count.textContent = active;
    count.hidden = !active;
    button.setAttribute("aria-label", active ? `故障开关，开着 ${active} 个` : "故障开关");
    reconcile(list, faults.map((fault) => ({ key: fault.id, sign: JSON.stringify(fault), make: () => faultSwitch(fault) })));
  };
  on("faults", show);
  show();
  const panel = [el("p.menu-title", {}, "给平台添点麻烦"), el("p.menu-help", {}, "看校铃在平台出错时会不会丢话、说重。"), list];
  return menu(button, "故障开关", panel, { keepOpen: true }).node;
}

function faultSwitch(fault) {
  return el(
    "button.fault",
    {
      type: "button",
      role: "switch",
      "aria-checked": String(fault.on),
      onclick: async () => {
        try {
          takeFault(await api.setFault(fault.id, !fault.on));
        } catch (error) {
          complain(error);
        }
      },
    },
    el("span.fault-words", {}, el("b", {}, fault.label), el("small", {}, fault.help)),
    el("span.switch", { "aria-hidden": "true" }),
  );
}

function moreMenu() {
  const item = (symbol, words, onclick) => el("button.menu-item", { type: "button", onclick }, icon(symbol), words);
  const button = el("button.button.plain", { type: "button", "aria-label": "更多" }, icon("more"));
  return menu(button, "更多", [
    item("save", "把对话保存成测试", () => saveTranscript(0)),
    item("person", "来一位生人", askForStranger),
    item("close", "重新开始", askForReset),
  ]).node;
}
