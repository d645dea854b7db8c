// The left side: everybody one can play, grouped by organisation, with unread marks.

import { avatar, fill, h, icon, iconButton } from "./dom.js";
import { dayOf, language, localised, t, timeOf, toggleLanguage } from "./words.js";

let query = "";

export function renderPeople(root, state, actions) {
  const list = h("nav", { className: "people-list", "aria-label": t("title") });
  const box = h("input", {
    type: "search",
    id: "search",
    value: query,
    placeholder: t("search"),
    "aria-label": t("search"),
    oninput: (event) => {
      query = event.target.value;
      fillList(list, state, actions);
    },
  });
  const focused = document.activeElement?.id === "search";
  const scrolled = root.querySelector(".people-list")?.scrollTop ?? 0;
  root.replaceChildren(
    h(
      "header",
      { className: "brand" },
      h("img", { src: "/sim/ui/mark.svg", alt: "", width: 32, height: 32 }),
      h("div", { className: "brand-name" }, h("strong", {}, "Mendline"), h("span", {}, t("title"))),
      h("button", { type: "button", className: "text-button", id: "language", onclick: () => (toggleLanguage(), actions.redraw()) }, t("language")),
      iconButton("theme", t("theme"), () => window.toggleTheme()),
    ),
    h("label", { className: "search" }, icon("search"), box),
    list,
  );
  fillList(list, state, actions);
  list.scrollTop = scrolled;
  if (focused) {
    box.focus();
    box.setSelectionRange(query.length, query.length);
  }
}

const searched = (person) =>
  [person.name, person.name_en, person.organisation, person.organisation_en, person.role, person.role_en, person.channel]
    .join(" ")
    .toLowerCase();

function fillList(list, state, actions) {
  const wanted = query.trim().toLowerCase();
  const groups = new Map();
  for (const person of state.people) {
    if (wanted && !searched(person).includes(wanted)) continue;
    const name = localised(person, "organisation") || t("other");
    groups.set(name, [...(groups.get(name) || []), person]);
  }
  if (!groups.size) {
    const [title, text] = wanted ? [t("noMatch", { query }), ""] : [t("noPeople"), t("noPeopleText")];
    list.replaceChildren(h("div", { className: "people-empty" }, h("strong", {}, title), h("p", {}, text)));
    return;
  }
  list.replaceChildren(
    ...[...groups].map(([name, people]) =>
      h("section", { className: "organisation" }, h("h2", {}, name), people.map((person) => row(person, state, actions))),
    ),
  );
}

function row(person, state, actions) {
  const name = localised(person, "name");
  const chosen = state.person?.key === person.key;
  const channel = person.channel === "slack" ? "Slack" : "Telegram";
  const when = person.at ? (dayOf(person.at) === t("today") ? timeOf(person.at) : dayOf(person.at)) : "";
  const unread = person.unread ? t("unread", { n: person.unread }) : "";
  return h(
    "button",
    {
      type: "button",
      className: `person${chosen ? " chosen" : ""}`,
      data: { person: person.key },
      "aria-current": chosen ? "true" : null,
      "aria-label": [name, localised(person, "role"), channel, unread].filter(Boolean).join(", "),
      onclick: () => actions.choose(person.key),
    },
    avatar(name, person.key, person.channel),
    h(
      "span",
      { className: "person-words" },
      h("span", { className: "person-line" }, h("span", { className: "person-name" }, name), h("time", {}, when)),
      h(
        "span",
        { className: "person-line" },
        h("span", { className: "person-last" }, h("span", { className: "person-role" }, localised(person, "role")), person.last ? ` · ${person.last}` : ` · ${channel}`),
        person.unread ? h("span", { className: "badge", "aria-hidden": "true" }, person.unread > 99 ? "99+" : String(person.unread)) : null,
      ),
    ),
  );
}

export function renderWelcome(root, state, actions) {
  const first = state.people.find((person) => person.labels.length) || state.people[0];
  root.className = "chat welcome";
  fill(
    root,
    h(
      "div",
      { className: "welcome-card", lang: language },
      h("img", { src: "/sim/ui/mark.svg", alt: "", width: 56, height: 56 }),
      h("h1", {}, t("welcome")),
      h("p", {}, t("welcomeText")),
      h("ol", {}, ["step1", "step2", "step3"].map((step) => h("li", {}, t(step)))),
      first ? h("button", { type: "button", className: "primary", onclick: () => actions.choose(first.key) }, t("startWith", { name: localised(first, "name") })) : null,
    ),
  );
}
