// Slack's modals: drawn from view JSON, submitted with what was entered, redrawn when the app changes them.

import { api } from "./api.js";
import { enteredIn, renderBlocks } from "./blocks.js";
import { h, iconButton, toast } from "./dom.js";
import { t } from "./words.js";

export class Modal {
  constructor(press) {
    this.press = press;
    this.box = null;
    this.view = null;
  }

  // Shows the person's open modal, or closes the one shown when it is gone.
  async refresh(person, people) {
    const view = await api.view(person.key);
    if (!view) return this.hide();
    const same = this.view?.id === view.id;
    if (same && this.view.hash === view.hash && this.box) return undefined;
    const values = same && this.box ? enteredIn(this.box) : {};
    this.view = view;
    this.person = person;
    this.people = people;
    this.draw(values, {});
    return undefined;
  }

  hide() {
    this.view = null;
    const box = this.box;
    this.box = null;
    box?.remove();
  }

  draw(values, errors) {
    const { view } = this;
    const body = h("div", { className: "modal-body" }, renderBlocks(view.blocks, { message: view.id, press: this.press, people: this.people, values, errors }));
    const form = h(
      "form",
      { method: "dialog", noValidate: true, onsubmit: (event) => (event.preventDefault(), this.submit()) },
      h("header", {}, h("img", { src: "/sim/ui/mark.svg", alt: "", width: 28, height: 28 }), h("h2", {}, view.title?.text ?? ""), iconButton("close", t("close"), () => this.close())),
      body,
      h(
        "footer",
        {},
        h("button", { type: "button", className: "block-button", onclick: () => this.close() }, view.close?.text ?? t("close")),
        view.submit ? h("button", { type: "submit", className: "block-button primary", disabled: Boolean(view.submit_disabled) }, h("span", {}, view.submit.text)) : null,
      ),
    );
    if (!this.box) {
      this.box = h("dialog", { className: "slack-modal", "aria-label": view.title?.text ?? "" });
      this.box.addEventListener("cancel", (event) => (event.preventDefault(), this.close()));
      document.body.append(this.box);
      this.box.replaceChildren(form);
      this.box.showModal();
    } else {
      const scrolled = this.box.querySelector(".modal-body")?.scrollTop ?? 0;
      this.box.replaceChildren(form);
      body.scrollTop = scrolled;
    }
    const wrong = this.box.querySelector(".wrong");
    (wrong || body).querySelector("input, textarea, select")?.focus();
    wrong?.scrollIntoView({ block: "nearest" });
  }

  async submit() {
    const values = enteredIn(this.box);
    const submit = this.box.querySelector("button[type=submit]");
    submit.classList.add("busy");
    try {
      const answer = await api.submit({ person: this.person.key, view_id: this.view.id, values });
      if (answer.errors) this.draw(values, answer.errors);
      else await this.refresh(this.person, this.people);
    } catch (error) {
      toast(t("failed", { reason: error.message }), "wrong");
    } finally {
      submit.classList.remove("busy");
    }
  }

  async close() {
    const { person } = this;
    this.hide();
    await api.close(person.key).catch(() => {});
    await this.refresh(person, this.people).catch(() => {});
  }
}
