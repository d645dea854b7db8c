// Calls the simulator's JSON API.

export class ApiError extends Error {}

async function call(path, options) {
  let answer;
  try {
    answer = await fetch(path, options);
  } catch {
    throw new ApiError("unreachable");
  }
  const body = await answer.json().catch(() => ({}));
  if (!answer.ok) throw new ApiError(body.error || `HTTP ${answer.status}`);
  return body;
}

const get = (path, query = {}) => call(`${path}?${new URLSearchParams(query)}`);
const post = (path, body) =>
  call(path, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) });

function postForm(path, fields) {
  const form = new FormData();
  for (const [name, value] of Object.entries(fields)) {
    if (value !== null && value !== undefined && value !== "") form.append(name, value);
  }
  return call(path, { method: "POST", body: form });
}

export const api = {
  health: () => get("/sim/health"),
  people: () => get("/sim/people"),
  chats: (person) => get("/sim/chats", { person }),
  messages: (person, chat, peek) => get("/sim/messages", peek ? { person, chat, peek: 1 } : { person, chat }),
  send: (body) => post("/sim/send", body),
  photo: (fields) => postForm("/sim/photo", fields),
  press: (body) => post("/sim/press", body),
  location: (body) => post("/sim/telegram/location", body),
  block: (person, blocked) => post(`/sim/telegram/${blocked ? "block" : "unblock"}`, { person }),
  view: (person) => get("/sim/view", { person }),
  submit: (body) => post("/sim/view/submit", body),
  close: (person) => post("/sim/view/close", { person }),
  publishedHome: (person) => get("/sim/home", { person }),
  home: (person) => post("/sim/home", { person }),
};
