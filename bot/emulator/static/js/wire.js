/** The drawer that shows what the wire carried under a bubble: each exchange with its headers, bodies and time. */

import { api } from "./api.js";
import { el, icon, iconButton } from "./dom.js";
import { flat } from "./markdown.js";
import { nameOf } from "./state.js";
import { clockTime } from "./time.js";
import { complain, toast } from "./toast.js";

const drawer = document.getElementById("wire");
let opener = null;
let asked = "";

export async function openWire(message, from) {
  opener = from;
  asked = message.id;
  const body = el("div.wire-body", { "aria-busy": "true" }, el("p.none", {}, "正在取…"));
  drawer.replaceChildren(
    el(
      "header.pane-head",
      {},
      el("div", {}, el("h2", {}, "线路"), el("p.cut", {}, `${nameOf(message.from)}：${flat(message.text) || "［图片］"}`)),
      iconButton("close", "关上线路", closeWire),
    ),
    body,
  );
  drawer.hidden = false;
  drawer.querySelector("button").focus();
  try {
    const { exchanges } = await api.wire(message.id);
    if (asked !== message.id) return;
    body.replaceChildren(...(exchanges.length ? exchanges.map(exchangeCard) : [el("p.none", {}, "这条消息没有走线路。")]));
  } catch (error) {
    complain(error);
    closeWire();
  } finally {
    body.removeAttribute("aria-busy");
  }
}

export function closeWire() {
  if (drawer.hidden) return;
  drawer.hidden = true;
  asked = "";
  if (opener?.isConnected) opener.focus();
}

drawer.addEventListener("keydown", (event) => event.key === "Escape" && closeWire());

function exchangeCard(exchange) {
  const toBot = exchange.direction === "to_bot";
  const good = exchange.status >= 200 && exchange.status < 300;
  const headers = Object.entries(exchange.request_headers ?? {}).map(([name, value]) => `${name}: ${value}`).join("\n");
  const parts = [
    ["解密后", exchange.plain, true],
    ["请求头", headers, false],
    ["线上原文", exchange.request_body, !exchange.plain],
    ["回应", exchange.response_body, true],
  ];
  return el(
    "article.exchange",
    { class: toBot ? "to-bot" : "from-bot" },
    el(
      "header",
      {},
      el("span.direction", {}, toBot ? "平台 → 校铃" : "校铃 → 平台"),
      el("span.status", { class: good ? "good" : "bad" }, exchange.status || "没有回应"),
      el("span.ms", {}, `${exchange.ms} 毫秒`),
      el("time", {}, clockTime(exchange.at)),
    ),
    el("h3", {}, exchange.title),
    el("p.address", {}, el("b", {}, exchange.method), " ", exchange.url),
    parts.filter(([, text]) => text).map(([name, text, open]) => part(name, text, open)),
  );
}

function part(name, text, open) {
  const copy = async (event) => {
    event.preventDefault(); // the button sits in the summary, which would fold
    try {
      await navigator.clipboard.writeText(text);
      toast("已复制。");
    } catch {
      toast("浏览器不让复制，请自己选中再复制。");
    }
  };
  return el(
    "details",
    { open },
    el("summary", {}, icon("down"), name, el("span.size", {}, `${new TextEncoder().encode(text).length} 字节`), iconButton("copy", `复制${name}`, copy)),
    el("pre", { tabindex: "0" }, pretty(text)),
  );
}

/** JSON on one line is opened up; anything else is shown as it came. */
function pretty(text) {
  if (!/^\s*[[{]/.test(text) || text.includes("\n")) return text;
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}
