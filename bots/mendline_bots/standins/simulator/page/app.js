// The page's state and its wiring: who is played, what is shown, what the server tells.

import { api, ApiError } from "./api.js";
import { renderBlocks } from "./blocks.js";
import { Composer } from "./composer.js";
import { avatar, dialog, fill, h, icon, iconButton, toast } from "./dom.js";
import { MessageList } from "./messages.js";
import { Modal } from "./modal.js";
import { renderPeople, renderWelcome } from "./people.js";
import { localised, t } from "./words.js";

const TYPING_MS = 5000; // Telegram shows "typing" for five seconds
const HEALTH_MS = 10000;

const state = { people: [], person: null, chat: null, chats: [], tab: "messages", typing: false, messages: [] };
const peopleRoot = document.getElementById("people");
const chatRoot = document.getElementById("chat");
const banner = document.getElementById("banner");
let typingTimer = 0;
let streamUp = true;

const modal = new Modal(press);
let list = new MessageList({ reply: (message) => composer.reply(message), press, command: (text) => composer.insert(`${text} `), people: state.people });
const composer = new Composer({ sent: () => refreshMessages().then(() => list.toEnd(), checkHealth), trouble: checkHealth });
const actions = { choose, redraw };

// --- choosing

function choose(key, chat = null) {
  const hash = `#/${encodeURIComponent(key)}${chat ? `/${encodeURIComponent(chat)}` : ""}`;
  if (location.hash === hash) document.documentElement.dataset.pane = "chat";
  else location.hash = hash;
}

async function route() {
  const [, key, chat] = location.hash.split("/").map(decodeURIComponent);
  const person = state.people.find((each) => each.key === key);
  modal.hide();
  if (!person) {
    state.person = null;
    document.documentElement.dataset.pane = "people";
    renderPeople(peopleRoot, state, actions);
    renderWelcome(chatRoot, state, actions);
    return;
  }
  document.documentElement.dataset.pane = "chat";
  state.chats = await api.chats(person.key);
  Object.assign(state, { person, chat: chat || state.chats[0].chat, tab: "messages", typing: false, messages: [] });
  list = new MessageList({ reply: (message) => composer.reply(message), press, command: (text) => composer.insert(`${text} `), people: state.people });
  drawChat();
  composer.open(person, state.chat);
  await refreshMessages();
  if (person.channel === "slack") await modal.refresh(person, state.people);
  await refreshPeople();
}

function redraw() {
  renderPeople(peopleRoot, state, actions);
  if (!state.person) return renderWelcome(chatRoot, state, actions);
  drawChat();
  composer.draw();
  list.render(state.person, state.messages, state.typing);
  composer.hint(state.messages.length);
  return checkHealth();
}

// --- the chat's frame

function drawChat() {
  const { person } = state;
  const slack = person.channel === "slack";
  chatRoot.className = `chat ${person.channel}`;
  const chat = state.chats.find((each) => each.chat === state.chat);
  const name = localised(person, "name");
  const who = [localised(person, "role"), localised(person, "organisation")].filter(Boolean).join(" · ");
  fill(
    chatRoot,
    h(
      "header",
      { className: "chat-head" },
      iconButton("back", t("back"), () => (location.hash = ""), "back"),
      h("img", { className: "avatar bot", src: "/sim/ui/mark.svg", alt: "" }),
      h("div", { className: "chat-title" }, h("strong", {}, chat?.title ?? "Mendline"), h("span", { id: "status" }, status())),
      h("div", { className: "acting", title: `${t("actingAs")} ${name}` }, h("div", {}, h("span", {}, t("actingAs")), h("strong", {}, name), h("small", {}, who)), avatar(name, person.key)),
      slack ? null : iconButton("block", t(state.chats[0].blocked ? "unblock" : "block"), toggleBlock, `block${state.chats[0].blocked ? " on" : ""}`),
    ),
    tabs(slack),
    h("section", { className: "stage", id: "stage" }),
  );
  list.moveTo(document.getElementById("stage"));
  document.getElementById("stage").append(composer.element);
}

function status() {
  if (state.typing) return t("typing");
  return state.person.channel === "slack" ? `Slack · ${t("app")}` : `Telegram · ${t("bot")}`;
}

function tabs(slack) {
  const chats = state.chats.length > 1 ? state.chats : [];
  if (!chats.length && !slack) return null;
  const tab = (text, chosen, onclick, unread) =>
    h("button", { type: "button", role: "tab", "aria-selected": String(chosen), onclick }, text, unread ? h("span", { className: "badge" }, String(unread)) : null);
  const open = (chat) => (chat.chat === state.chat ? showMessages() : choose(state.person.key, chat.chat));
  const messages = state.tab === "messages";
  return h(
    "div",
    { className: "tabs", role: "tablist" },
    (chats.length ? chats : state.chats).map((chat) => tab(chats.length ? chat.title : t("messages"), messages && chat.chat === state.chat, () => open(chat), chat.chat === state.chat ? 0 : chat.unread)),
    slack ? tab(t("home"), !messages, showHome, 0) : null,
  );
}

function showMessages() {
  state.tab = "messages";
  redraw();
}

async function showHome() {
  state.tab = "home";
  drawHome(await api.home(state.person.key).catch(() => null));
}

function drawHome(view) {
  drawChat();
  const body = view
    ? renderBlocks(view.blocks, { message: view.id, press, people: state.people })
    : h("div", { className: "empty" }, h("strong", {}, t("home")), h("p", {}, t("emptyHome")));
  document.getElementById("stage").replaceChildren(h("div", { className: "home" }, body));
}

// --- what a person does

async function press(button, body) {
  if (button.classList.contains("busy")) return;
  button.classList.add("busy");
  const { person } = state;
  try {
    const answer = await api.press({ person: person.key, chat: state.chat, ...body });
    if (answer.alert) alertBox(answer.alert);
    else if (answer.toast) toast(answer.toast);
    if (person.channel === "slack") await modal.refresh(person, state.people);
  } catch (error) {
    toast(t("failed", { reason: error.message }), "wrong");
    checkHealth();
  } finally {
    button.classList.remove("busy");
  }
}

function alertBox(text) {
  const box = dialog("alert", "Mendline", h("h2", {}, "Mendline"), h("p", {}, text), h("button", { type: "button", className: "primary", onclick: () => box.close() }, t("ok")));
}

async function toggleBlock() {
  const blocked = !state.chats[0].blocked;
  await api.block(state.person.key, blocked).catch(checkHealth);
  state.chats = await api.chats(state.person.key);
  toast(t(blocked ? "blocked" : "unblocked"));
  redraw();
}

// --- what the server tells

async function refreshMessages() {
  const { person, chat } = state;
  if (!person || state.tab !== "messages") return;
  const messages = await api.messages(person.key, chat, document.hidden);
  if (state.person !== person || state.chat !== chat) return;
  if (messages.length > state.messages.length && !messages.at(-1)?.mine) setTyping(false);
  state.messages = messages;
  list.render(person, messages, state.typing);
  composer.hint(messages.length);
}

async function refreshPeople() {
  state.people.splice(0, Infinity, ...(await api.people()));
  if (state.person) {
    state.person = state.people.find((person) => person.key === state.person.key) ?? state.person;
    const unread = state.people.reduce((sum, person) => sum + (person.key === state.person.key ? 0 : person.unread), 0);
    document.title = unread ? `(${unread}) Mendline` : "Mendline";
  }
  renderPeople(peopleRoot, state, actions);
}

function setTyping(typing) {
  clearTimeout(typingTimer);
  if (typing) typingTimer = setTimeout(() => setTyping(false), TYPING_MS);
  if (state.typing === typing) return;
  state.typing = typing;
  const line = document.getElementById("status");
  if (line && state.person) line.textContent = status();
  if (state.person && state.tab === "messages") list.render(state.person, state.messages, typing);
}

function later(act, milliseconds) {
  let waiting = 0;
  return () => {
    waiting ||= setTimeout(() => ((waiting = 0), act().catch(checkHealth)), milliseconds);
  };
}

const messagesSoon = later(refreshMessages, 40);
const peopleSoon = later(refreshPeople, 250);

function happened({ person, kind, chat }) {
  const mine = person === state.person?.key;
  if (kind === "typing") return mine && chat === state.chat ? setTyping(true) : undefined;
  if (mine && chat === state.chat) messagesSoon();
  if (mine && kind === "view") modal.refresh(state.person, state.people).catch(checkHealth);
  if (mine && kind === "home" && state.tab === "home") showPublishedHome();
  return peopleSoon();
}

// Opening the tab makes the app publish, which comes here: ask for what was published without opening again.
const showPublishedHome = later(async () => drawHome(await api.publishedHome(state.person.key)), 100);

function listen() {
  const stream = new EventSource("/sim/events");
  stream.onmessage = (event) => happened(JSON.parse(event.data));
  stream.onopen = () => {
    const wasDown = !streamUp;
    streamUp = true;
    if (wasDown) refreshAll();
    checkHealth();
  };
  stream.onerror = () => {
    streamUp = false;
    checkHealth();
  };
}

const refreshAll = () => Promise.all([refreshPeople(), refreshMessages()]).catch(checkHealth);

async function checkHealth(error) {
  if (error instanceof Error && !(error instanceof ApiError)) console.error(error);
  let text = "";
  try {
    const health = await api.health();
    const channel = state.person?.channel;
    if (channel && !health.channels[channel]?.connected) text = t("notListening", { channel: channel === "slack" ? "Slack" : "Telegram" });
  } catch {
    text = t("unreachable");
  }
  banner.hidden = !text;
  banner.replaceChildren(icon("bulb"), h("span", {}, text));
}

// --- start

function dropZone() {
  chatRoot.addEventListener("dragover", (event) => {
    if (!state.person) return;
    event.preventDefault();
    chatRoot.dataset.drop = t("dropHere");
  });
  chatRoot.addEventListener("dragleave", () => delete chatRoot.dataset.drop);
  chatRoot.addEventListener("drop", (event) => {
    event.preventDefault();
    delete chatRoot.dataset.drop;
    if (state.person) composer.picked(event.dataTransfer.files[0]);
  });
}

async function begin() {
  renderPeople(peopleRoot, state, actions);
  renderWelcome(chatRoot, state, actions);
  dropZone();
  addEventListener("hashchange", () => route().then(checkHealth, checkHealth));
  document.addEventListener("visibilitychange", () => document.hidden || refreshAll());
  listen();
  setInterval(checkHealth, HEALTH_MS);
  await refreshPeople();
  await route();
  await checkHealth();
}

begin().catch(checkHealth);
