/** One message as a bubble: who, when, what is quoted, words, pictures, file, buttons, how it fared on the wire. */

import { api } from "./api.js";
import { avatar, el, icon, iconButton } from "./dom.js";
import { formOf } from "./form.js";
import { flat, markdown, plainText } from "./markdown.js";
import { enlarge } from "./lightbox.js";
import { saveTranscript } from "./transcript.js";
import { nameOf, person, speakerIn, state, takeAnswer } from "./state.js";
import { clockTime } from "./time.js";
import { complain } from "./toast.js";
import { openWire } from "./wire.js";

const EVERYBODY = ["所有人", "机器人", "校铃", "全体成员"];

/**
 * chat: where it was said. follows: the one before is of the same person a moment ago, so the name is not said again.
 * quote: called with the message when it is to be quoted; jump: called with the id of a quoted message.
 */
export function bubble(message, chat, { follows, quote, jump }) {
  const speaker = speakerIn(chat);
  const own = message.from === speaker;
  const fromBot = message.from === "bot";
  const me = person(speaker);
  const mentioned = message.mentions?.includes(speaker);
  const side = own ? "own" : fromBot ? "bot" : "other";
  return el(
    `article.message.${side}`,
    {
      class: `${follows ? "follows" : ""} ${mentioned ? "mentioned" : ""} state-${message.state}`,
      dataset: { id: message.id },
      tabindex: "-1",
      "aria-label": `${nameOf(message.from)}，${clockTime(message.at)}`,
    },
    own ? null : follows ? el("span.avatar.hole", { "aria-hidden": "true" }) : avatar(fromBot ? null : (person(message.from) ?? { id: "?", name: message.from === "tool" ? "企业微信" : "？" })),
    el(
      "div.message-body",
      {},
      own || follows ? null : el("p.message-from", {}, nameOf(message.from), fromBot ? el("span.tag", {}, "机器人") : null),
      bubbleBox(message, chat, me, jump),
      message.buttons?.length ? buttons(message, chat) : null,
      message.form ? formOf(message, chat, mayPress(chat)) : null,
      fate(message),
      meta(message, quote),
    ),
  );
}

function bubbleBox(message, chat, me, jump) {
  // The longest first, so that 王小燕 is not taken for a 王小 with something after it.
  const names = [...chat.members.map(nameOf), ...EVERYBODY].sort((a, b) => b.length - a.length);
  const parts = [];
  if (message.quote) parts.push(quoted(message.quote, jump));
  if (message.title && !message.text.replaceAll("**", "").includes(message.title)) parts.push(el("p.message-title", {}, message.title));
  if (message.text) {
    const render = message.markdown ? markdown : plainText;
    parts.push(el("div.words", {}, render(message.text, names, me?.name ?? "")));
  }
  if (message.images?.length) {
    parts.push(
      el(
        "div.pictures",
        { dataset: { count: Math.min(message.images.length, 3) } },
        message.images.map((image, position) =>
          el(
            "button.picture",
            { type: "button", "aria-label": `放大第 ${position + 1} 张图片`, onclick: () => enlarge(image.url) },
            el("img", { src: image.url, alt: "", loading: "lazy", decoding: "async" }),
          ),
        ),
      ),
    );
  }
  if (message.file) {
    parts.push(el("a.file", { href: message.file.url, download: message.file.name }, icon("file"), el("span", {}, message.file.name)));
  }
  const onlyPictures = message.images?.length && parts.length === 1;
  return el("div.bubble", { class: onlyPictures ? "bare" : "" }, parts);
}

function quoted(quote, jump) {
  const image = typeof quote.image === "string" ? quote.image : quote.image?.url;
  const words = flat(quote.text ?? "") || (image || quote.image ? "［图片］" : "［消息］");
  return el(
    "button.quoted",
    { type: "button", "aria-label": `引用自${nameOf(quote.from)}：${words}，跳到原消息`, onclick: () => jump(quote.id) },
    image ? el("img", { src: image, alt: "" }) : null,
    el("span.quoted-words", {}, el("b", {}, `${nameOf(quote.from)}：`), words),
  );
}

const mayPress = (chat) => chat.kind === "direct" || chat.members.includes(state.me);

function buttons(message, chat) {
  const row = el("div.choices", { role: "group", "aria-label": "可以点的选项" });
  for (const { label, says } of message.buttons) {
    const press = async () => {
      row.classList.add("busy");
      try {
        takeAnswer(await api.click(chat.id, speakerIn(chat), message.id, says));
      } catch (error) {
        complain(error);
      } finally {
        row.classList.remove("busy");
      }
    };
    row.append(
      el("button.choice", { type: "button", disabled: !mayPress(chat), title: says === label ? false : `替你说：${says}`, onclick: press }, label),
    );
  }
  return row;
}

function fate(message) {
  if (message.state === "waiting") return el("p.fate", {}, "正在送达…");
  if (message.state === "refused") {
    return el("p.fate.refused", {}, message.from === "bot" ? "平台拒收：" : "没有送到：", message.note || "原因不明");
  }
  return message.note ? el("p.fate", {}, message.note) : null;
}

function meta(message, quote) {
  return el(
    "div.meta",
    {},
    el("time", { datetime: message.at }, clockTime(message.at)),
    el(
      "span.meta-actions",
      {},
      iconButton("quote", "引用这条", () => quote(message)),
      message.wire ? iconButton("wire", "看这条的线路", (event) => openWire(message, event.currentTarget)) : null,
      iconButton("save", "从这条起保存成对话测试", () => saveTranscript(message.seq), { class: "only-mouse" }),
    ),
  );
}
