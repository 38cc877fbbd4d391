/** What the people behind the platforms do: hand in a leave and decide it, leave the school, punch in, fill in a form. */

import { api } from "./api.js";
import { el, icon } from "./dom.js";
import { menu } from "./menu.js";
import { PLATFORM_NAMES } from "./chat.js";
import { on, state } from "./state.js";
import { complain, toast } from "./toast.js";

export function officeMenu() {
  const button = el("button.button.plain", { type: "button", "aria-label": "办公室" }, icon("office"), el("span.wide-only", {}, "办公室"));
  const body = el("div.office");
  let chosen = "";
  let open = ""; // the act whose form is open, so that a fresh list does not close it
  const panel = [el("p.menu-title", {}, "办公室"), el("p.menu-help", {}, "大家在平台后台里做的事。校铃怎么说，看会话。"), body];
  const { node } = menu(button, "办公室", panel, { keepOpen: true });

  async function load() {
    try {
      show(await api.office());
    } catch (error) {
      complain(error);
    }
  }

  function show(offices) {
    if (!offices.some((one) => one.platform === chosen)) chosen = offices[0]?.platform ?? "";
    const office = offices.find((one) => one.platform === chosen);
    if (!office) return;
    const focused = document.activeElement?.dataset?.office;
    body.replaceChildren(
      ...[offices.length > 1 ? tabs(offices) : null, office.note ? el("p.office-note", {}, office.note) : null].filter(Boolean),
      ...requests(office),
      ...office.acts.map((act) => form(office, act)),
    );
    if (focused) body.querySelector(`[data-office="${CSS.escape(focused)}"]`)?.focus();
  }

  const tabs = (offices) =>
    el(
      "div.office-tabs",
      { role: "group", "aria-label": "哪个平台" },
      offices.map((one) =>
        el(
          "button.button",
          {
            type: "button",
            "aria-pressed": String(one.platform === chosen),
            dataset: { office: `tab ${one.platform}` },
            onclick: () => {
              chosen = one.platform;
              open = "";
              show(offices);
            },
          },
          PLATFORM_NAMES[one.platform] ?? one.platform,
        ),
      ),
    );

  function requests(office) {
    if (!office.requests.length) return [];
    return [
      el("h3.office-head", {}, "审批"),
      ...office.requests.map((one) =>
        el(
          "div.office-request",
          {},
          el("span", {}, one.words),
          el(
            "span.office-buttons",
            {},
            one.how.map((how) =>
              el(
                "button.button",
                { type: "button", "aria-label": `${how}：${one.words}`, dataset: { office: `${one.id} ${how}` }, onclick: (event) => act(event.currentTarget, `request:${one.id}`, { how }) },
                how,
              ),
            ),
          ),
        ),
      ),
    ];
  }

  function form(office, one) {
    const submit = el("button.button.primary", { type: "submit", dataset: { office: `do ${one.id}` } }, "就这样");
    const fields = el(
      "form.office-form",
      {
        onsubmit: (event) => {
          event.preventDefault();
          act(submit, one.id, Object.fromEntries(new FormData(event.currentTarget)));
        },
      },
      one.fields.map((field) => el("label.dialog-field", {}, field.label, input(field))),
      submit,
    );
    return el(
      "details.office-act",
      { name: "office", open: open === one.id, ontoggle: (event) => event.currentTarget.open && (open = one.id) },
      el("summary", { dataset: { office: `open ${one.id}` } }, one.label, icon("down")),
      fields,
    );
  }

  async function act(button, id, values) {
    button.disabled = true;
    try {
      toast(await api.inOffice(chosen, id, values));
      await load();
    } catch (error) {
      complain(error);
    } finally {
      button.disabled = false;
    }
  }

  button.addEventListener("click", () => button.getAttribute("aria-expanded") === "true" && load());
  on("clock", () => button.getAttribute("aria-expanded") === "true" && !body.contains(document.activeElement) && load());
  return node;
}

function input(field) {
  const attributes = { name: field.name, required: true };
  if (field.kind === "person" || field.kind === "choice") {
    const options = field.kind === "person" ? [...state.people.values()].map((one) => [one.id, one.name]) : field.options;
    const first = field.kind === "person" ? state.me : field.value;
    return el("select", attributes, options.map(([value, words]) => el("option", { value, selected: value === first }, words)));
  }
  return el("input", { ...attributes, type: field.kind === "day" ? "date" : "text", value: field.value, maxlength: "200", autocomplete: "off" });
}
