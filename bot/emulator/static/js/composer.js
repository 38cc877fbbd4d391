/**
 * Where words are typed: text, up to nine pictures, a quoted message.
 *
 * Enter sends, Shift+Enter starts a line, and an Enter that only confirms a Chinese input method's candidate does neither.
 * What is typed but not sent stays with its chat and its person.
 */

import { api } from "./api.js";
import { el, icon, iconButton } from "./dom.js";
import { flat } from "./markdown.js";
import { remember, remembered } from "./memory.js";
import { nameOf, person, takeAnswer } from "./state.js";
import { complain, toast } from "./toast.js";

const MOST_PICTURES = 9;
const LARGEST_PICTURE = 20 * 1024 * 1024; // bytes
const TALLEST = 168; // pixels of the text field before it scrolls
const CONFIRMS_CANDIDATE = 229; // keyCode of a key that an input method handled; Safari says it after compositionend

const texts = new Map(Object.entries(remembered("drafts", {})));
const kept = new Map(); // draft key → {pictures: File[], quote: message | null}

const FOR_STAFF = ["隐患 三楼东侧消防栓漏水", "完成", "值班", "帮助"];
const FOR_STRANGERS = ["你好", "帮助"];

export function createComposer(chat, speaker) {
  const key = `${chat.id}|${speaker}`;
  const draft = kept.get(key) ?? { pictures: [], quote: null };
  kept.set(key, draft);
  const group = chat.kind === "group";
  let sending = false;

  const field = el("textarea.field", {
    rows: "1",
    placeholder: group ? "发给机器人（会自动 @它）" : "和校铃说点什么",
    "aria-label": `${nameOf(speaker)}在${group ? chat.title : "和校铃的单聊"}里说`,
    enterkeyhint: "send",
    value: texts.get(key) ?? "",
    oninput: typed,
    onkeydown: keyed,
    onpaste: (event) => attachFrom(event, event.clipboardData),
  });
  const picker = el("input", {
    type: "file",
    accept: "image/*",
    multiple: true,
    hidden: true,
    tabindex: "-1",
    "aria-hidden": "true",
    onchange: () => {
      attach([...picker.files]);
      picker.value = "";
    },
  });
  const sendButton = iconButton("send", "发送", send, { class: "send" });
  const quoteBox = el("div.draft-quote");
  const pictureBox = el("div.draft-pictures");
  const chips = el(
    "div.suggestions",
    { role: "group", "aria-label": "可以试着说" },
    (person(speaker)?.known === false ? FOR_STRANGERS : FOR_STAFF).map((words) =>
      el("button.suggestion", { type: "button", onclick: () => write(words) }, words),
    ),
    iconButton("close", "不再提示", () => {
      remember("suggestions", false);
      document.querySelectorAll(".suggestions").forEach((one) => (one.hidden = true));
    }),
  );
  const node = el(
    "form.composer",
    {
      onsubmit: (event) => event.preventDefault(),
      ondragover: (event) => {
        if (![...event.dataTransfer.types].includes("Files")) return;
        event.preventDefault();
        node.classList.add("dropping");
      },
      ondragleave: () => node.classList.remove("dropping"),
      ondrop: (event) => {
        node.classList.remove("dropping");
        attachFrom(event, event.dataTransfer);
      },
    },
    chips,
    quoteBox,
    pictureBox,
    el("div.composer-row", {}, iconButton("image", "加图片", () => picker.click(), { class: "attach" }), field, sendButton),
    picker,
  );

  function typed() {
    texts.set(key, field.value);
    if (!field.value) texts.delete(key);
    remember("drafts", Object.fromEntries(texts));
    shape();
  }

  function keyed(event) {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing || event.keyCode === CONFIRMS_CANDIDATE) return;
    event.preventDefault();
    send();
  }

  function write(words) {
    field.value = words;
    typed();
    field.focus();
  }

  function attachFrom(event, transfer) {
    const images = [...(transfer?.files ?? [])].filter((file) => file.type.startsWith("image/"));
    if (!images.length) return;
    event.preventDefault();
    attach(images);
  }

  function attach(files) {
    for (const file of files) {
      if (draft.pictures.length >= MOST_PICTURES) {
        toast(`一次最多 ${MOST_PICTURES} 张图片。`);
        break;
      }
      if (file.size > LARGEST_PICTURE) toast(`“${file.name}”太大了，请换一张 20 MB 以内的。`);
      else draft.pictures.push(file);
    }
    showDraft();
    field.focus();
  }

  function showDraft() {
    for (const image of pictureBox.querySelectorAll("img")) URL.revokeObjectURL(image.src);
    pictureBox.replaceChildren(
      ...draft.pictures.map((file, position) =>
        el(
          "figure",
          {},
          el("img", { src: URL.createObjectURL(file), alt: file.name }),
          iconButton("close", `去掉第 ${position + 1} 张`, () => {
            draft.pictures.splice(position, 1);
            showDraft();
          }),
        ),
      ),
    );
    const quoted = draft.quote;
    quoteBox.replaceChildren();
    if (quoted) {
      const words = flat(quoted.text) || "［图片］";
      const picture = quoted.images?.[0]?.url;
      quoteBox.append(
        picture ? el("img", { src: picture, alt: "" }) : icon("quote"),
        el("span.cut", {}, el("b", {}, `${nameOf(quoted.from)}：`), words),
        iconButton("close", "不引用了", () => {
          draft.quote = null;
          showDraft();
        }),
      );
    }
    shape();
  }

  function shape() {
    const empty = !field.value.trim() && !draft.pictures.length;
    sendButton.disabled = empty || sending;
    chips.hidden = !empty || Boolean(field.value) || remembered("suggestions", true) === false;
    field.style.height = "auto";
    field.style.height = `${Math.min(field.scrollHeight, TALLEST)}px`;
  }

  async function send() {
    const text = field.value.trim();
    if (sending || (!text && !draft.pictures.length)) return;
    sending = true;
    node.classList.add("sending");
    shape();
    try {
      const said = await api.say(chat.id, { as: speaker, text, quote: draft.quote?.id ?? "", images: draft.pictures });
      // Only what was sent is cleared: somebody quick has already typed on.
      if (field.value.trim() === text) field.value = "";
      draft.pictures = [];
      draft.quote = null;
      typed();
      takeAnswer(said);
    } catch (error) {
      complain(error);
    } finally {
      sending = false;
      node.classList.remove("sending");
      showDraft();
    }
  }

  // The field has no height until it is on the page.
  requestAnimationFrame(shape);
  showDraft();
  return {
    node,
    focus: () => matchMedia("(pointer: fine)").matches && field.focus({ preventScroll: true }),
    quote(message) {
      draft.quote = message;
      showDraft();
      field.focus();
    },
  };
}
