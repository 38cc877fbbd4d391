/** A card's form: lists to choose from and one button, as WeCom's 投票选择 and 多项选择 cards show them. */

import { api } from "./api.js";
import { el } from "./dom.js";
import { speakerIn, takeAnswer } from "./state.js";
import { complain } from "./toast.js";

/** chat: where the card stands. mayPress: whether the visitor is somebody who may answer there. */
export function formOf(message, chat, mayPress) {
  const { questions, submit } = message.form;
  const fields = questions.map((question) => (question.selected ? list(question, mayPress) : ticks(question, message.id, mayPress)));
  const send = async (event) => {
    event.preventDefault();
    const chosen = Object.fromEntries(questions.map((question, place) => [question.key, fields[place].chosen()]));
    box.classList.add("busy");
    try {
      takeAnswer(await api.submit(chat.id, speakerIn(chat), message.id, chosen));
    } catch (error) {
      complain(error);
    } finally {
      box.classList.remove("busy");
    }
  };
  const button = el("button.choice", { type: "submit", disabled: !mayPress }, submit);
  const box = el("form.card-form", { "aria-label": "要选的", onsubmit: send }, fields.map((field) => field.node), button);
  return box;
}

function list(question, mayPress) {
  const options = question.options.map(([label, id]) => el("option", { value: id, selected: id === question.selected }, label));
  const select = el("select", { disabled: !mayPress }, options);
  return { node: el("label.card-list", {}, el("span", {}, question.title), select), chosen: () => [select.value] };
}

function ticks(question, message, mayPress) {
  const inputs = question.options.map(([, id]) =>
    el("input", { type: question.several ? "checkbox" : "radio", name: `${message}-${question.key}`, value: id, disabled: !mayPress }),
  );
  const rows = question.options.map(([label], place) => el("label.card-tick", {}, inputs[place], el("span", {}, label)));
  const chosen = () => inputs.filter((input) => input.checked).map((input) => input.value);
  return { node: el("fieldset.card-ticks", {}, el("legend", {}, question.title || "请选择"), rows), chosen };
}
