// Draws Slack's Block Kit: blocks of messages, modals and the Home tab, and reads what was entered.

import { dialog, h, icon } from "./dom.js";
import { t } from "./words.js";

// `html` is made and escaped by the stand-in; without it the text is shown as it is.
function words(text, tag = "span", className = "") {
  if (!text) return null;
  if (typeof text === "string") return h(tag, { className }, text);
  return text.html !== undefined ? h(tag, { className, html: text.html }) : h(tag, { className }, text.text ?? "");
}

const plain = (text) => text?.text ?? "";

/* `context`: message (a ts or view id), press(button, body), people, values and errors of a modal. */
export function renderBlocks(blocks, context) {
  return h("div", { className: "blocks" }, blocks.map((block) => DRAW[block.type]?.(block, context) ?? unknown(block)));
}

const unknown = (block) => h("div", { className: "block unknown" }, `[${block.type}]`);

const DRAW = {
  header: (block) => words(block.text, "h3", "block header-block"),
  divider: () => h("hr", { className: "block" }),
  markdown: (block) => h("div", { className: "block text" }, block.text),
  image: (block) =>
    h("figure", { className: "block image-block" }, block.title ? words(block.title, "figcaption") : null, h("img", { src: block.image_url, alt: block.alt_text })),
  context: (block) =>
    h(
      "div",
      { className: "block context-block" },
      block.elements.map((element) => (element.type === "image" ? h("img", { src: element.image_url, alt: element.alt_text }) : words(element))),
    ),
  section: (block, context) =>
    h(
      "div",
      { className: "block section-block" },
      h(
        "div",
        { className: "section-words" },
        words(block.text, "div"),
        block.fields ? h("div", { className: "fields" }, block.fields.map((field) => words(field, "div"))) : null,
      ),
      block.accessory ? h("div", { className: "accessory" }, acting(block.accessory, block, context)) : null,
    ),
  actions: (block, context) =>
    h("div", { className: "block actions-block" }, block.elements.map((element) => acting(element, block, context))),
  input: (block, context) => {
    const error = context.errors?.[block.block_id];
    const id = `input-${block.block_id}`;
    return h(
      "div",
      { className: `block input-block${error ? " wrong" : ""}`, data: { block: block.block_id } },
      h("label", { for: id }, plain(block.label), block.optional ? h("small", {}, ` ${t("optional")}`) : null),
      field(block.element, block, context, id),
      block.hint ? h("p", { className: "input-hint" }, plain(block.hint)) : null,
      h("p", { className: "input-error", role: "alert" }, error || ""),
    );
  },
  rich_text: (block) => h("div", { className: "block text" }, block.elements.map(richPart)),
};

function richPart(part) {
  const inner = (part.elements || []).map((element) => {
    if (element.elements) return richPart(element);
    const text = element.text ?? element.url ?? element.name ?? "";
    const style = element.style || {};
    if (style.code) return h("code", {}, text);
    const tag = style.bold ? "b" : style.italic ? "i" : style.strike ? "s" : "span";
    return element.type === "link" ? h("a", { href: element.url, target: "_blank", rel: "noopener noreferrer" }, text) : h(tag, {}, text);
  });
  if (part.type === "rich_text_list") return h(part.style === "ordered" ? "ol" : "ul", {}, inner.map((item) => h("li", {}, item)));
  const tags = { rich_text_quote: "blockquote", rich_text_preformatted: "pre" };
  return h(tags[part.type] || "div", {}, inner);
}

// Elements that act at once when used: in sections and action blocks.
function acting(element, block, context) {
  if (element.type === "image") return h("img", { className: "thumbnail", src: element.image_url, alt: element.alt_text });
  if (element.type === "button") return button(element, block, context);
  if (element.type === "overflow") return overflow(element, block, context);
  const control = field(element, block, context, "");
  control.addEventListener("change", () => send(control, element, block, context, valueOf(control, element)));
  return control;
}

async function send(control, element, block, context, value) {
  if (element.confirm && !(await confirmed(element.confirm))) return;
  context.press(control, { message: context.message, action_id: element.action_id, block_id: block.block_id, value });
}

function button(element, block, context) {
  const look = { className: `block-button ${element.style || ""}`, "aria-label": element.accessibility_label };
  const press = (event) => send(event.currentTarget, element, block, context, element.value);
  if (element.url) return h("a", { ...look, href: element.url, target: "_blank", rel: "noopener noreferrer", onclick: press }, plain(element.text));
  return h("button", { ...look, type: "button", onclick: press }, h("span", {}, plain(element.text)));
}

function overflow(element, block, context) {
  const menu = h("div", { className: "overflow-menu" });
  const box = h("details", { className: "overflow" }, h("summary", { "aria-label": t("choose") }, icon("more")), menu);
  menu.append(
    ...element.options.map((option) =>
      h("button", { type: "button", onclick: () => ((box.open = false), send(box, element, block, context, option.value)) }, plain(option.text)),
    ),
  );
  return box;
}

function confirmed(texts) {
  return new Promise((resolve) => {
    const box = dialog(
      "slack-modal confirm",
      plain(texts.title),
      h("header", {}, h("h2", {}, plain(texts.title))),
      h("div", { className: "modal-body" }, words(texts.text, "p")),
      h(
        "footer",
        {},
        h("button", { type: "button", className: "block-button", onclick: () => box.close() }, plain(texts.deny)),
        h("button", { type: "button", className: `block-button ${texts.style || "primary"}`, onclick: () => (resolve(true), box.close()) }, plain(texts.confirm)),
      ),
    );
    box.addEventListener("close", () => resolve(false));
  });
}

const optionsOf = (element) => element.options || (element.option_groups || []).flatMap((group) => group.options);

// One control. Its value is kept by block and action id, so that a view that changes under the hand keeps it.
function field(element, block, context, id) {
  const kept = context.values?.[block.block_id]?.[element.action_id];
  const marks = { id, data: { block: block.block_id, action: element.action_id, kind: element.type } };
  const placeholder = plain(element.placeholder);
  const line = (type, initial, more = {}) =>
    h("input", { ...marks, type, value: kept ?? initial ?? "", placeholder, className: "control", ...more });
  switch (element.type) {
    case "plain_text_input":
      if (!element.multiline) return line("text", element.initial_value, { maxLength: element.max_length ?? 3000 });
      return h("textarea", { ...marks, className: "control", rows: 4, placeholder, value: kept ?? element.initial_value ?? "", maxLength: element.max_length ?? 3000 });
    case "email_text_input":
      return line("email", element.initial_value);
    case "url_text_input":
      return line("url", element.initial_value);
    case "number_input":
      return line("number", element.initial_value, { step: element.is_decimal_allowed ? "any" : "1", min: element.min_value ?? "", max: element.max_value ?? "" });
    case "datepicker":
      return line("date", element.initial_date);
    case "timepicker":
      return line("time", element.initial_time);
    case "datetimepicker":
      return line("datetime-local", element.initial_date_time ? localTime(element.initial_date_time) : "");
    case "checkboxes":
    case "radio_buttons":
      return choices(element, block, kept, marks);
    case "file_input":
    case "external_select":
      return h("p", { className: "input-hint" }, t("notHere"));
    default:
      return menu(element, kept, marks, placeholder, context.people || []);
  }
}

function choices(element, block, kept, marks) {
  const several = element.type === "checkboxes";
  const initial = several ? (element.initial_options || []).map((option) => option.value) : [element.initial_option?.value];
  const chosen = kept === undefined ? initial : [kept].flat();
  const name = `${block.block_id}-${element.action_id}`;
  return h(
    "div",
    { ...marks, className: "choices", role: several ? "group" : "radiogroup" },
    element.options.map((option) =>
      h(
        "label",
        {},
        h("input", { type: several ? "checkbox" : "radio", name, value: option.value, checked: chosen.includes(option.value) }),
        h("span", {}, words(option.text), option.description ? words(option.description, "small") : null),
      ),
    ),
  );
}

function menu(element, kept, marks, placeholder, people) {
  const several = element.type.startsWith("multi_");
  const of = element.type.includes("users_select")
    ? people.filter((person) => person.channel === "slack").map((person) => [String(person.user_id), person.name])
    : optionsOf(element).map((option) => [option.value, plain(option.text)]);
  const initial = several ? (element.initial_options || []).map((option) => option.value) : [element.initial_option?.value ?? element.initial_user];
  const chosen = kept === undefined ? initial : [kept].flat();
  return h(
    "select",
    { ...marks, className: "control", multiple: several, size: several ? Math.min(of.length, 6) : 0 },
    several ? null : h("option", { value: "" }, placeholder || t("choose")),
    of.map(([value, text]) => h("option", { value, selected: chosen.includes(value) }, text)),
  );
}

function localTime(seconds) {
  const date = new Date(seconds * 1000);
  return new Date(date - date.getTimezoneOffset() * 60000).toISOString().slice(0, 16);
}

function valueOf(control, element) {
  switch (element.type ?? element) {
    case "checkboxes":
      return [...control.querySelectorAll("input:checked")].map((input) => input.value);
    case "radio_buttons":
      return control.querySelector("input:checked")?.value ?? null;
    case "datetimepicker":
      return control.value ? Math.round(new Date(control.value) / 1000) : null;
    default:
      return control.multiple ? [...control.selectedOptions].map((option) => option.value) : control.value || null;
  }
}

// What is entered now in every control: block id -> action id -> value.
export function enteredIn(root) {
  const values = {};
  for (const control of root.querySelectorAll("[data-action][data-kind]")) {
    const { block, action, kind } = control.dataset;
    (values[block] ||= {})[action] = valueOf(control, kind);
  }
  return values;
}
