// The messages of a chat: bubbles for Telegram, rows for Slack; unchanged ones are kept as they are.

import { renderBlocks } from "./blocks.js";
import { avatar, dialog, h, icon, iconButton } from "./dom.js";
import { dayOf, language, t, timeOf } from "./words.js";

const GROUP_SECONDS = 300;

export class MessageList {
  constructor(actions) {
    this.actions = actions;
    this.shown = new Map();
    this.log = h("div", { className: "log", role: "log", "aria-live": "polite", tabIndex: 0 });
    this.jump = h("button", { type: "button", className: "jump", hidden: true, onclick: () => this.toEnd(true) }, t("jump"), " ↓");
    this.element = h("div", { className: "log-frame" }, this.log, this.jump);
    this.log.addEventListener("scroll", () => (this.jump.hidden = this.nearEnd()));
    // A picture that loads late makes the log longer: stay where the reader was, at the end.
    this.log.addEventListener("load", () => this.wasAtEnd && this.toEnd(), true);
  }

  nearEnd() {
    return this.log.scrollHeight - this.log.scrollTop - this.log.clientHeight < 120;
  }

  toEnd(smooth = false) {
    this.log.scrollTo({ top: this.log.scrollHeight, behavior: smooth ? "smooth" : "auto" });
  }

  // An element that moves forgets where it was scrolled to.
  moveTo(parent) {
    const [top, atEnd] = [this.log.scrollTop, this.nearEnd()];
    parent.append(this.element);
    if (atEnd) this.toEnd();
    else this.log.scrollTop = top;
  }

  render(person, messages, typing) {
    const first = !this.shown.size;
    this.wasAtEnd = first || this.nearEnd();
    const next = new Map();
    const rows = [];
    let before = null;
    for (const message of messages) {
      if (!before || dayOf(before.at) !== dayOf(message.at)) rows.push(h("div", { className: "day" }, h("span", {}, dayOf(message.at))));
      const follows = before && before.from.name === message.from.name && before.mine === message.mine && message.at - before.at < GROUP_SECONDS && dayOf(before.at) === dayOf(message.at);
      const signature = JSON.stringify([message, follows, language]);
      const known = this.shown.get(message.id);
      const element = known?.signature === signature ? known.element : this.row(person, message, follows, !first && !known);
      next.set(message.id, { signature, element });
      rows.push(element);
      before = message;
    }
    if (!messages.length) rows.push(this.empty(person));
    if (typing) rows.push(h("div", { className: "message theirs typing-row" }, h("div", { className: "bubble" }, h("span", { className: "dots", role: "status", "aria-label": t("typing") }, h("i"), h("i"), h("i")))));
    this.shown = next;
    this.log.replaceChildren(...rows);
    if (this.wasAtEnd) this.toEnd();
  }

  empty(person) {
    const text = t(person.channel === "slack" ? "emptySlack" : "emptyTelegram");
    return h("div", { className: "empty" }, h("strong", {}, t("emptyChat")), h("p", {}, text));
  }

  row(person, message, follows, isNew) {
    const slack = person.channel === "slack";
    const name = message.from.name;
    const side = message.mine && !slack ? "mine" : "theirs";
    const classes = ["message", side, follows ? "follows" : "", isNew ? "arriving" : "", message.ephemeral ? "ephemeral" : ""];
    const head = slack && !follows
      ? h("div", { className: "head" }, h("strong", {}, name), message.from.is_bot ? h("span", { className: "app-mark" }, t("app")) : null, h("time", {}, timeOf(message.at)))
      : null;
    const face = slack ? (follows ? h("time", { className: "gutter" }, timeOf(message.at)) : message.from.is_bot ? h("img", { className: "avatar", src: "/sim/ui/mark.svg", alt: "" }) : avatar(name, person.key)) : null;
    return h(
      "div",
      { className: classes.filter(Boolean).join(" "), data: { message: message.id } },
      face,
      h(
        "div",
        { className: "column" },
        message.ephemeral ? h("div", { className: "only-you" }, "👁 ", t("onlyYou")) : null,
        head,
        this.bubble(person, message, slack),
        message.buttons.length ? this.keyboard(message) : null,
      ),
      h("div", { className: "tools" }, iconButton("reply", t("reply"), () => this.actions.reply(message))),
    );
  }

  bubble(person, message, slack) {
    const time = h("span", { className: "stamp" }, message.edited ? h("span", { className: "edited" }, t("edited")) : null, slack ? null : timeOf(message.at));
    const text = message.html ? h("div", { className: "text", html: message.html }) : !message.photo_url && !message.file && message.text ? h("div", { className: "text service" }, message.text) : null;
    const picture = message.photo_url
      ? h("button", { type: "button", className: "photo", "aria-label": t("openPhoto"), onclick: () => lightbox(message) }, h("img", { src: message.photo_url, alt: message.text || "", loading: "eager" }))
      : null;
    return h(
      "div",
      { className: `bubble${picture ? " has-photo" : ""}${text ? "" : " no-text"}`, onclick: (event) => this.clicked(event), ondblclick: () => this.actions.reply(message) },
      message.reply_to ? this.quote(message.reply_to) : null,
      picture,
      message.file ? h("a", { className: "file", href: message.file.url, download: message.file.name }, h("span", { className: "file-icon" }, icon("file")), h("span", {}, h("b", {}, message.file.name), h("small", {}, sizeOf(message.file.size)))) : null,
      message.location ? place(message.location) : null,
      message.blocks ? renderBlocks(message.blocks, { message: message.id, press: this.actions.press, people: this.actions.people }) : text,
      message.reactions?.length ? h("div", { className: "foot" }, reactions(message.reactions), time) : time,
    );
  }

  clicked(event) {
    const link = event.target.closest("a[data-command]");
    if (link) {
      event.preventDefault();
      this.actions.command(link.dataset.command);
    }
    event.target.closest(".spoiler")?.classList.add("open");
  }

  quote(reply) {
    const show = () => this.shown.get(reply.id)?.element.scrollIntoView({ block: "center", behavior: "smooth" });
    return h("button", { type: "button", className: "quote", onclick: show }, h("b", {}, reply.name), h("span", {}, reply.text));
  }

  keyboard(message) {
    return h(
      "div",
      { className: "keyboard" },
      message.buttons.map((row) =>
        h(
          "div",
          { className: "keyboard-row" },
          row.map((button) =>
            button.url
              ? h("a", { className: "key", href: button.url, target: "_blank", rel: "noopener noreferrer" }, button.text, " ↗")
              : h("button", { type: "button", className: "key", onclick: (event) => this.actions.press(event.currentTarget, { message: message.id, data: button.data }) }, h("span", {}, button.text)),
          ),
        ),
      ),
    );
  }
}

function reactions(signs) {
  const named = { eyes: "👀", white_check_mark: "✅", "+1": "👍", thumbsup: "👍", hourglass_flowing_sand: "⏳", x: "❌", warning: "⚠️", tada: "🎉" };
  return h("div", { className: "reactions" }, signs.map((sign) => h("span", {}, named[sign] || (/^[a-z0-9_+-]+$/.test(sign) ? `:${sign}:` : sign))));
}

function lightbox(message) {
  const box = dialog("lightbox", t("openPhoto"), h("img", { src: message.photo_url, alt: message.text || "" }), message.text ? h("p", {}, message.text) : null, iconButton("close", t("close"), () => box.close()));
}

function place({ latitude, longitude }) {
  return h("div", { className: "place" }, icon("pin"), h("span", {}, h("b", {}, t("place")), h("small", {}, `${latitude.toFixed(5)}, ${longitude.toFixed(5)}`)));
}

function sizeOf(bytes) {
  return bytes < 1024 ? `${bytes} B` : bytes < 1048576 ? `${Math.round(bytes / 1024)} KB` : `${(bytes / 1048576).toFixed(1)} MB`;
}
