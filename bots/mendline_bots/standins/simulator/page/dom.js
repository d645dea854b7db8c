// Builds elements and icons; the only place that touches innerHTML, always with text the server escaped.

export function h(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (name === "html") element.innerHTML = value;
    else if (name === "data") Object.assign(element.dataset, value);
    else if (name in element && !["list", "form"].includes(name)) element[name] = value;
    else element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...present(children));
  return element;
}

const present = (children) => children.flat(3).filter((child) => child !== null && child !== undefined && child !== false);

// Puts these children, without what is missing, in place of all others.
export function fill(element, ...children) {
  element.replaceChildren(...present(children));
}

const PATHS = {
  back: "M15 5l-7 7 7 7",
  search: "M11 4a7 7 0 1 1 0 14 7 7 0 0 1 0-14zM16.500 16.500L21 21",
  send: "M4 12l16-8-5 16-3.500-6.500z",
  attach: "M20 11.500l-8.200 8.200a5 5 0 0 1-7-7l8.700-8.700a3.300 3.300 0 0 1 4.700 4.700l-8.700 8.600a1.700 1.700 0 0 1-2.400-2.400l7.800-7.700",
  label: "M4 7V5a1 1 0 0 1 1-1h2M17 4h2a1 1 0 0 1 1 1v2M20 17v2a1 1 0 0 1-1 1h-2M7 20H5a1 1 0 0 1-1-1v-2M8 8v8M11.500 8v8M14 8v8M16.500 8v8",
  file: "M13 3H7a1 1 0 0 0-1 1v16a1 1 0 0 0 1 1h10a1 1 0 0 0 1-1V8zM13 3v5h5",
  pin: "M12 21s7-6.200 7-11.200A7 7 0 0 0 5 9.800C5 14.800 12 21 12 21zM12 12.300a2.500 2.500 0 1 0 0-5 2.500 2.500 0 0 0 0 5z",
  reply: "M10 8V4L3 11l7 7v-4c5 0 8 1.500 10.500 5-.500-6-4-10.500-10.500-11z",
  close: "M6 6l12 12M18 6L6 18",
  theme: "M12 3a9 9 0 1 0 9 9 7 7 0 0 1-9-9z",
  bulb: "M9 18h6M10 21h4M12 3a6 6 0 0 0-3.500 10.900c.700.600 1 1.300 1 2.100h5c0-.800.300-1.500 1-2.100A6 6 0 0 0 12 3z",
  block: "M12 3a9 9 0 1 1 0 18 9 9 0 0 1 0-18zM5.700 5.700l12.600 12.600",
  check: "M4 12.500l5 5L20 6.500",
  more: "M5 12h.01M12 12h.01M19 12h.01",
  picture: "M4 5h16v14H4zM4 16l5-5 4 4 3-3 4 4M15.500 9.500h.01",
};

export function icon(name) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("class", "icon");
  svg.setAttribute("aria-hidden", "true");
  const path = document.createElementNS(svg.namespaceURI, "path");
  path.setAttribute("d", PATHS[name]);
  svg.append(path);
  return svg;
}

export function iconButton(name, label, onclick, className = "") {
  return h("button", { type: "button", className: `icon-button ${className}`, title: label, "aria-label": label, onclick }, icon(name));
}

// Two characters that stand for a name: the given name in Chinese, initials elsewhere.
export function initials(name) {
  const clean = (name || "?").trim();
  if (/^\p{Script=Han}{2,4}$/u.test(clean)) return clean.slice(-2);
  if (/^\p{Script=Han}/u.test(clean)) return clean.slice(0, 2);
  if (/\p{Script=Han}/u.test(clean)) return clean.slice(0, 3).trim();
  return clean.split(/\s+/).slice(0, 2).map((word) => word[0]).join("").toUpperCase();
}

export function avatar(name, key, channel) {
  let sum = 0;
  for (const character of key) sum = (sum * 31 + character.codePointAt(0)) % 997;
  const face = h("span", { className: `avatar hue-${sum % 8}`, "aria-hidden": "true" }, initials(name));
  return channel ? h("span", { className: "avatar-frame" }, face, h("span", { className: `channel-dot ${channel}` })) : face;
}

export function dialog(className, label, ...children) {
  const box = h("dialog", { className, "aria-label": label }, ...children);
  box.addEventListener("click", (event) => event.target === box && box.close());
  box.addEventListener("close", () => box.remove());
  document.body.append(box);
  box.showModal();
  return box;
}

export function toast(text, kind = "") {
  const line = h("div", { className: `toast ${kind}` }, text);
  document.getElementById("toasts").append(line);
  setTimeout(() => line.classList.add("leaving"), 3200);
  setTimeout(() => line.remove(), 3600);
}
