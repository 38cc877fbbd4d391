/** The two questions the desk asks: who the stranger is, and whether the chats may begin anew. */

import { api } from "./api.js";
import { el } from "./dom.js";
import { loadAll } from "./load.js";
import { be } from "./state.js";
import { complain, toast } from "./toast.js";

/** fields: elements of the form; act(form) is awaited, and the dialog stays open when it fails. */
function ask({ title, words, fields = [], yes, act }) {
  const dialog = el("dialog.dialog", { "aria-label": title, onclose: () => dialog.remove() });
  const submit = el("button.button.primary", { type: "submit" }, yes);
  const form = el(
    "form",
    {
      onsubmit: async (event) => {
        event.preventDefault();
        submit.disabled = true;
        try {
          await act(new FormData(form));
          dialog.close();
        } catch (error) {
          complain(error);
        } finally {
          submit.disabled = false;
        }
      },
    },
    el("h2", {}, title),
    words ? el("p", {}, words) : null,
    fields,
    el("div.dialog-buttons", {}, el("button.button", { type: "button", onclick: () => dialog.close() }, "取消"), submit),
  );
  dialog.append(form);
  document.body.append(dialog);
  dialog.showModal();
}

export function askForStranger() {
  const field = (name, label, example, required) =>
    el("label.dialog-field", {}, label, el("input", { name, required, maxlength: "20", autocomplete: "off", placeholder: example }));
  ask({
    title: "来一位生人",
    words: "校铃还不认识的账号。换成这个人说一句话，看校铃怎么问。",
    fields: [field("name", "姓名", "周静", true), field("post", "职务（只给你自己看）", "新来的美术老师", false)],
    yes: "加进来",
    async act(form) {
      const fresh = await api.addStranger(form.get("name").trim(), form.get("post").trim());
      await loadAll(); // two 1:1s came with them
      be(fresh.id);
      toast(`现在你是${fresh.name}。`);
    },
  });
}

export function askForReset() {
  ask({
    title: "重新开始",
    words: "清掉所有会话里的消息，演示学校从头来过。这一步不能撤回，要留的对话先保存。",
    yes: "清掉，重新开始",
    async act() {
      await api.reset();
      await loadAll();
      toast("好了，从头开始。");
    },
  });
}
