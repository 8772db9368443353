"use strict";
// Every page works without this script. It searches while a person types, asks again for values that change, lights up the
// bytes of a value, copies texts, and tries requests of the reference.

// Asks for a page once more, and returns its part with an id; nothing where it has none.
const partOf = async (address, id, signal) => {
  const answer = await fetch(address, { signal, headers: { accept: "text/html" } });
  if (!answer.ok) return null;
  return new DOMParser().parseFromString(await answer.text(), "text/html").getElementById(id);
};

// A form with data-live="id" asks again while a person types; the part of the page with that id is replaced.
const searchLive = (form) => {
  let timer, asked;
  const ask = async () => {
    const address = new URL(form.action);
    address.search = new URLSearchParams(new FormData(form)).toString();
    asked?.abort();
    asked = new AbortController();
    try {
      const next = await partOf(address, form.dataset.live, asked.signal);
      if (!next) return;
      document.getElementById(form.dataset.live).replaceWith(next);
      history.replaceState(null, "", address);
    } catch (error) {
      if (error.name !== "AbortError") throw error;
    }
  };
  form.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(ask, 180);
  });
};

// The time after which nobody is taken to be in front of a page that nobody has touched.
const UNATTENDED = 15 * 60 * 1000;
let touched = Date.now();
for (const kind of ["pointerdown", "keydown", "scroll"]) {
  document.addEventListener(kind, () => { touched = Date.now(); }, { passive: true, capture: true });
}

// A button with data-fresh="id" keeps the part with that id up to date, out of its data-page, until it is pressed. A part in
// which somebody reads a list that is open, has the focus or has marked a text stays as it is; so does a page that nobody sees.
const keepsFresh = (button) => {
  const [id, seconds] = [button.dataset.fresh, Number(button.dataset.seconds)];
  const isInUse = (part) => part.contains(document.activeElement) || part.querySelector("details[open]") !== null
    || (document.getSelection()?.isCollapsed === false && part.contains(document.getSelection().anchorNode));
  button.hidden = false;
  button.addEventListener("click", () => {
    const is = button.getAttribute("aria-pressed") === "true";
    button.setAttribute("aria-pressed", String(!is));
  });
  setInterval(async () => {
    const part = document.getElementById(id);
    // Where nobody is there the session ends in its time.
    if (Date.now() - touched > UNATTENDED) return;
    if (!part || document.hidden || button.getAttribute("aria-pressed") !== "true" || isInUse(part)) return;
    // A server that is away for a while is asked again the next time.
    const next = await partOf(button.dataset.page, id).catch(() => null);
    if (next && !isInUse(part)) part.replaceWith(next);
  }, seconds * 1000);
};

// A row with data-bytes="3-5" lights up the bytes of the list that its data-of names.
const lightUp = (row) => {
  const set = (is) => {
    const bytes = document.getElementById(row.dataset.of);
    if (!bytes) return;
    row.classList.toggle("lit", is);
    for (const range of row.dataset.bytes.split(",")) {
      const [start, end] = range.split("-").map(Number);
      for (let at = start; at <= end; at += 1) bytes.children[at]?.classList.toggle("lit", is);
    }
  };
  for (const event of ["mouseenter", "focusin"]) row.addEventListener(event, () => set(true));
  for (const event of ["mouseleave", "focusout"]) row.addEventListener(event, () => set(false));
};

// A button with data-copy="id" copies the text of the element with that id.
const copies = (button) => {
  if (!navigator.clipboard) return;
  button.hidden = false;
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(document.getElementById(button.dataset.copy).textContent);
    const before = button.textContent;
    button.textContent = button.dataset.copied;
    setTimeout(() => { button.textContent = before; }, 1500);
  });
};

// A form with data-confirm asks before it is sent.
const asksBefore = (form) => form.addEventListener("submit", (event) => {
  if (!window.confirm(form.dataset.confirm)) event.preventDefault();
});

// On a phone the navigation and the sections of a page are strips, of which the one that is shown should be in sight.
document.querySelectorAll(".strip ul").forEach((strip) => {
  const here = strip.querySelector("[aria-current]");
  if (here) strip.scrollLeft = here.offsetLeft - (strip.clientWidth - here.offsetWidth) / 2;
});
document.querySelectorAll("form[data-live]").forEach(searchLive);
document.querySelectorAll("[data-fresh]").forEach(keepsFresh);
document.querySelectorAll("[data-bytes]").forEach(lightUp);
document.querySelectorAll("[data-copy]").forEach(copies);
document.querySelectorAll("form[data-confirm]").forEach(asksBefore);

// A form with data-tries sends a request of the reference to this server, in the name of the person, and shows the answer.
const triesRequests = (form) => {
  form.hidden = false;
  const request = (fields) => {
    const [address, headers] = [new URL(location.origin), { accept: "application/json" }];
    address.pathname = form.dataset.path.replace(/\{(\w+)\}/g,
      (_, name) => encodeURIComponent(fields.get(`path:${name}`) ?? ""));
    for (const [name, value] of fields) {
      if (value === "") continue;
      if (name.startsWith("query:")) address.searchParams.set(name.slice(6), value);
      if (name.startsWith("header:")) headers[name.slice(7)] = value;
    }
    const body = fields.get("body");
    if (body !== null) headers["content-type"] = "application/json";
    return [address, { method: form.dataset.tries, headers, body, redirect: "manual" }];
  };
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const shown = form.querySelector("[data-answer]");
    shown.textContent = "…";
    const answer = await fetch(...request(new FormData(form)));
    const text = await answer.text();
    let body = text;
    try { body = JSON.stringify(JSON.parse(text), null, 2); } catch { /* It is no JSON, and shown as it is. */ }
    shown.textContent = `${answer.status} ${answer.statusText}\n\n${body}`;
  });
};
document.querySelectorAll("form[data-tries]").forEach(triesRequests);
