// Where one writes: text, pictures, files, label photos, a place; with hints for newcomers.

import { api } from "./api.js";
import { dialog, fill, h, icon, iconButton, toast } from "./dom.js";
import { localised, t } from "./words.js";

const LONGEST_SIDE = 1280; // pixels; Telegram's apps shrink photos to this, so the stand-in's page does too

export class Composer {
  constructor(actions) {
    this.actions = actions;
    this.drafts = new Map();
    this.replyTo = null;
    this.element = h("footer", { className: "composer" });
  }

  open(person, chat) {
    this.person = person;
    this.chat = chat;
    this.replyTo = null;
    this.draw();
    if (matchMedia("(hover: hover)").matches) this.box.focus();
  }

  draw() {
    const name = localised(this.person, "name");
    const key = `${this.person.key}/${this.chat}`;
    this.box = h("textarea", {
      rows: 1,
      id: "text",
      value: this.drafts.get(key) ?? "",
      placeholder: t("compose"),
      "aria-label": t("composeAs", { name }),
      oninput: () => (this.drafts.set(key, this.box.value), this.fit()),
      onkeydown: (event) => this.key(event),
      onpaste: (event) => this.pasted(event),
    });
    this.picker = h("input", { type: "file", hidden: true, onchange: () => this.picked(this.picker.files[0]) });
    this.hints = h("div", { className: "hints" });
    this.quote = h("div", { className: "reply-bar", hidden: true });
    fill(
      this.element,
      this.hints,
      this.quote,
      h(
        "form",
        { className: "compose-row", onsubmit: (event) => (event.preventDefault(), this.send()) },
        this.picker,
        this.attachMenu(),
        this.person.labels.length ? iconButton("label", t("labelPhotos"), () => this.drawer(), "label-button") : null,
        this.box,
        h("button", { type: "submit", className: "send-button", "aria-label": t("send"), title: t("send") }, icon("send")),
      ),
    );
    this.fit();
    this.drawReply();
  }

  fit() {
    this.box.style.height = "auto";
    this.box.style.height = `${Math.min(this.box.scrollHeight, 160)}px`;
    this.element.classList.toggle("has-text", Boolean(this.box.value.trim()));
  }

  attachMenu() {
    const item = (name, text, act) => h("button", { type: "button", onclick: () => ((menu.open = false), act()) }, icon(name), text);
    const menu = h(
      "details",
      { className: "attach" },
      h("summary", { className: "icon-button", title: t("attach"), "aria-label": t("attach") }, icon("attach")),
      h(
        "div",
        { className: "attach-menu" },
        item("picture", t("photoOrFile"), () => this.picker.click()),
        item("label", t("labelPhotos"), () => this.drawer()),
        this.person.channel === "telegram" ? item("pin", t("location"), () => this.place()) : null,
      ),
    );
    menu.addEventListener("focusout", (event) => menu.contains(event.relatedTarget) || setTimeout(() => (menu.open = false), 150));
    return menu;
  }

  // Hints are for an empty or short chat; later they would only be in the way.
  hint(messageCount) {
    const chips = [];
    if (messageCount < 3) {
      if (this.person.labels.length) chips.push([t("hintLabel"), () => this.drawer(t("hintCaption"))]);
      const texts = this.person.channel === "slack" ? ["/wo", "/wo help", "我的任务"] : this.person.labels.length ? ["/help", "我的工单"] : ["/help", "我的任务", "待验收"];
      chips.push(...texts.map((text) => [text, () => this.sendText(text)]));
    }
    this.hints.replaceChildren(
      ...(chips.length ? [h("span", { className: "hint-mark" }, icon("bulb"), t("hints"))] : []),
      ...chips.map(([text, act]) => h("button", { type: "button", className: "hint", onclick: act }, text)),
    );
  }

  reply(message) {
    this.replyTo = message;
    this.drawReply();
    this.box.focus();
  }

  drawReply() {
    this.quote.hidden = !this.replyTo;
    if (!this.replyTo) return;
    const cancel = () => ((this.replyTo = null), this.drawReply());
    fill(
      this.quote,
      icon("reply"),
      h("div", {}, h("b", {}, t("replyingTo", { name: this.replyTo.from.name })), h("span", {}, this.replyTo.text.slice(0, 120) || this.replyTo.file?.name || "🖼")),
      iconButton("close", t("cancel"), cancel),
    );
  }

  key(event) {
    if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
      event.preventDefault();
      this.send();
    }
    if (event.key === "Escape" && this.replyTo) {
      this.replyTo = null;
      this.drawReply();
    }
  }

  insert(text) {
    this.box.value = text;
    this.box.dispatchEvent(new Event("input"));
    this.box.focus();
  }

  async send() {
    const text = this.box.value.trim();
    if (!text) return;
    this.insert("");
    if (!(await this.sendText(text))) this.insert(text);
  }

  sendText(text) {
    return this.attempt(() => api.send({ person: this.person.key, chat: this.chat, text, reply_to: this.taken() }));
  }

  taken() {
    const id = this.replyTo?.id ?? null;
    this.replyTo = null;
    this.drawReply();
    return id;
  }

  async attempt(act) {
    try {
      await act();
      this.actions.sent();
      return true;
    } catch (error) {
      if (error.message !== "unreachable") toast(t("failed", { reason: error.message }), "wrong");
      this.actions.trouble();
      return false;
    }
  }

  place() {
    // A place in the demo's city; the browser's own would tell where the player sits.
    const point = { latitude: 30.5844 + (Math.random() - 0.5) / 20, longitude: 114.2986 + (Math.random() - 0.5) / 20 };
    return this.attempt(() => api.location({ person: this.person.key, chat: this.chat, ...point }));
  }

  pasted(event) {
    const file = [...event.clipboardData.files][0];
    if (file) {
      event.preventDefault();
      this.picked(file);
    }
  }

  picked(file) {
    this.picker.value = "";
    if (!file) return;
    const picture = file.type.startsWith("image/");
    const telegram = this.person.channel === "telegram";
    const caption = h("input", { type: "text", className: "control", placeholder: t("caption"), "aria-label": t("caption") });
    const asFile = h("input", { type: "checkbox", checked: !picture });
    const url = picture ? URL.createObjectURL(file) : null;
    const send = async () => {
      box.close();
      const whole = asFile.checked || !picture || !telegram;
      const content = whole ? file : await shrunk(file);
      const fields = { person: this.person.key, chat: this.chat, caption: caption.value, reply_to: this.taken(), as_file: asFile.checked ? "1" : "" };
      await this.attempt(() => api.photo({ ...fields, file: new File([content], file.name, { type: content.type }) }));
    };
    const box = dialog(
      "sheet",
      t("sendPhoto"),
      h(
        "form",
        { onsubmit: (event) => (event.preventDefault(), send()) },
        h("header", {}, h("h2", {}, t(picture ? "sendPhoto" : "photoOrFile")), iconButton("close", t("close"), () => box.close())),
        picture ? h("img", { className: "preview", src: url, alt: "" }) : h("p", { className: "file-name" }, icon("file"), file.name),
        caption,
        picture && telegram ? h("label", { className: "check" }, asFile, t("asFile")) : null,
        h("button", { type: "submit", className: "primary" }, t("send")),
      ),
    );
    box.addEventListener("close", () => url && URL.revokeObjectURL(url));
    caption.focus();
  }

  drawer(text = "") {
    const caption = h("input", { type: "text", className: "control", value: text, placeholder: t("labelCaption"), "aria-label": t("caption") });
    const choose = (label) => {
      box.close();
      const fields = { person: this.person.key, chat: this.chat, caption: caption.value, label: label.file, reply_to: this.taken() };
      return this.attempt(() => api.photo(fields));
    };
    const cards = this.person.labels.map((label) =>
      h(
        "button",
        { type: "button", className: "label-card", onclick: () => choose(label) },
        h("img", { src: `/sim/labels/${encodeURIComponent(label.file)}`, alt: "", loading: "lazy" }),
        h("span", {}, localised(label, "title")),
      ),
    );
    const box = dialog(
      "sheet labels",
      t("labelPhotos"),
      h("header", {}, h("h2", {}, t("labelPhotos")), iconButton("close", t("close"), () => box.close())),
      cards.length ? caption : null,
      h("p", { className: "sheet-hint" }, t(cards.length ? "labelHint" : "noLabels")),
      h("div", { className: "label-grid" }, cards),
    );
    caption.focus();
  }
}

async function shrunk(file) {
  const picture = await createImageBitmap(file).catch(() => null);
  const longest = picture ? Math.max(picture.width, picture.height) : 0;
  if (longest <= LONGEST_SIDE) return file;
  const scale = LONGEST_SIDE / longest;
  const canvas = h("canvas", { width: Math.round(picture.width * scale), height: Math.round(picture.height * scale) });
  canvas.getContext("2d").drawImage(picture, 0, 0, canvas.width, canvas.height);
  return new Promise((resolve) => canvas.toBlob(resolve, "image/jpeg", 0.87));
}
