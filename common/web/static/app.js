// What a page does beyond plain links and forms. Each part stands alone and finds its own elements; without a script
// every page still works. Nothing is sent anywhere but to the node that served the page.
"use strict";

const one = (selector, within = document) => within.querySelector(selector);
const all = (selector, within = document) => [...within.querySelectorAll(selector)];

/** The form's token: of this form, or of any on the page. */
function tokenOf(form) {
  const input = (form && form.elements._token) || one('input[name="_token"]');
  return input ? input.value : "";
}

/** POSTs a form's fields or nothing, as our own script; resolves to the response. keepalive: though the page is left. */
function post(address, fields, form, keepalive = false) {
  return fetch(address, {
    method: "POST",
    body: fields || new URLSearchParams(),
    headers: { Accept: "application/json", "X-Form-Token": tokenOf(form) },
    credentials: "same-origin",
    keepalive,
  });
}

async function wordsOf(response) {
  try {
    return (await response.json()).detail || "";
  } catch {
    return "";
  }
}

// -- the error summary takes the focus, and its links go into the field

function focusSummary() {
  const summary = one("[data-focus]");
  if (!summary) return;
  summary.focus();
  summary.addEventListener("click", (event) => {
    const link = event.target.closest('a[href^="#"]');
    const target = link && document.getElementById(link.getAttribute("href").slice(1));
    if (!target) return;
    event.preventDefault();
    const input = target.matches("input, select, textarea") ? target : one("input, select, textarea", target);
    target.scrollIntoView({ block: "center" });
    (input || target).focus({ preventScroll: true });
  });
}

// -- a page that is one form begins at its first input; data-begin may say which: a card reader types at once

function beginForm() {
  const form = one("form[data-begin]");
  if (!form || one("[data-focus]")) return;
  const inputs = all(form.dataset.begin || "input:not([type=hidden]), select, textarea", form);
  const first = inputs.find((input) => input.offsetParent);
  if (first) first.focus({ preventScroll: true });
}

// -- a form is sent once

function guardForms() {
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (event.defaultPrevented || form.method !== "post") return;
    if (form.dataset.sent) {
      event.preventDefault();
      return;
    }
    form.dataset.sent = "yes";
    for (const button of all("button", form)) button.setAttribute("aria-disabled", "true");
  });
  // Back from the next page: the form may be sent again.
  window.addEventListener("pageshow", () => {
    for (const form of all("form[data-sent]")) {
      delete form.dataset.sent;
      for (const button of all("button", form)) button.removeAttribute("aria-disabled");
    }
  });
}

// -- a worklist by keys

function steerList() {
  const rows = () => all("tr[data-href]");
  const current = () => one("tr.at");

  function go(step) {
    const list = rows();
    if (!list.length) return;
    const from = list.indexOf(current());
    const to = list[Math.max(0, Math.min(list.length - 1, from < 0 ? (step > 0 ? 0 : list.length - 1) : from + step))];
    mark(to);
    to.focus({ preventScroll: true });
    to.scrollIntoView({ block: "nearest" });
  }

  function mark(row) {
    for (const other of all("tr.at")) other.classList.remove("at");
    row.classList.add("at");
  }

  function select(row) {
    const box = one('input[type="checkbox"]', row);
    if (box) box.click();
  }

  const KEYS = {
    j: () => go(1),
    k: () => go(-1),
    Enter: () => current() && location.assign(current().dataset.href),
    x: () => current() && select(current()),
    "/": () => one("[data-search]") && one("[data-search]").select(),
    "?": () => one("#help-sheet") && one("#help-sheet").showModal(),
  };

  document.addEventListener("keydown", (event) => {
    if (event.isComposing || event.ctrlKey || event.altKey || event.metaKey || one("dialog[open]")) return;
    const typing = event.target.closest("input, select, textarea, [contenteditable]");
    if (typing) {
      if (event.key === "Escape" && typing.matches("[data-search]")) typing.blur();
      return;
    }
    // A sheet that was just closed may still hold the focus for a moment.
    const gone = event.target.closest("dialog:not([open])");
    if (event.key === "Enter" && !gone && event.target.closest("a, button, summary")) return;
    const act = KEYS[event.key];
    if (!act) return;
    event.preventDefault();
    act();
  });

  for (const row of rows()) {
    row.tabIndex = -1;
    row.addEventListener("focusin", () => mark(row));
    row.addEventListener("click", (event) => {
      if (event.target.closest("a, button, input, label") || String(getSelection())) return;
      location.assign(row.dataset.href);
    });
  }
}

// -- drafts: what is typed is kept as it is typed
//
// <form data-draft="/draft/…">: the fields go there a moment after a change. The answer may say which fields are closed
// now, which follow from others, and what is wrong with one: {"closed": [], "derived": {}, "errors": {}}.
// A form with _save numbers its saves, by whoever they are sent (registration/versions.py). Once another page has made a
// newer version (409 draft.stale), [data-stale] says so, and this page keeps what is on it and sends nothing more.

const KEEPALIVE_BYTES = 30_000; // a browser carries 64 kB on for a page that is left: one save on its way, and one more

const turns = new WeakMap();

/** What a form's scripts send goes one after the other, so that the answer that comes last says how things stand. */
function inTurn(form, work) {
  const turn = (turns.get(form) || Promise.resolve()).then(() => work(), () => work());
  turns.set(form, turn);
  return turn;
}

function keepDrafts() {
  for (const form of all("form[data-draft]")) keepDraft(form);
}

function keepDraft(form) {
  const said = one("[data-saved]", form) || form.appendChild(Object.assign(document.createElement("p"), { hidden: true }));
  said.setAttribute("role", "status");
  const notice = one("[data-stale]", form);
  let stale = Boolean(notice && !notice.hidden);
  let timer = 0;
  let sending = false;
  let submitted = false;
  let changes = stale ? 1 : 0; // on the page so far
  let sent = 0; // of these, in the newest save that is on its way or was taken
  let kept = 0; // of these, with the node

  number();
  look();
  form.addEventListener("input", later);
  form.addEventListener("change", later);
  form.addEventListener("refused", (event) => refuse(event.detail));
  form.addEventListener("submit", submit);
  window.addEventListener("pagehide", leave);
  document.addEventListener("visibilitychange", () => document.hidden && leave());
  window.addEventListener("beforeunload", goAway);
  window.addEventListener("pageshow", comeBack);
  document.addEventListener("unlocked", () => kept < changes && save());

  /** Each time the form's fields are read, to be sent by a script or by the browser, that is the page's next save. */
  function number() {
    const save = form.elements._save;
    if (!save) return;
    let [page, count] = save.value.split(".");
    form.addEventListener("formdata", ({ formData }) => formData.set("_save", `${page}.${++count}`));
  }

  /** A page asked for as it is left may be served before its last save has come: then it is loaded once more. The name
   *  of that save stands in this tab's memory. A page that came back with what was written stays as it is. */
  function look() {
    const left = sessionStorage.getItem(form.dataset.draft);
    sessionStorage.removeItem(form.dataset.draft);
    if (!left || left === form.elements._base.value || !form.elements._save.value.endsWith(".0")) return;
    setTimeout(() => changes || location.replace(location.pathname + location.search), 300);
  }

  function later(event) {
    if (event && event.target.type === "file") return;
    changes += 1;
    if (!stale) wait(600);
  }

  function wait(ms) {
    clearTimeout(timer);
    timer = setTimeout(save, ms);
  }

  async function save() {
    if (sending || submitted) return; // it looks for what was typed since, once it is answered
    sending = true;
    while (sent < changes && !stale && !submitted) if (!(await inTurn(form, send))) break;
    sending = false;
  }

  function read() {
    const fields = new URLSearchParams();
    for (const [name, value] of new FormData(form)) if (typeof value === "string" && name !== "_token") fields.append(name, value);
    return fields;
  }

  const fits = (fields) => String(fields).length <= KEEPALIVE_BYTES;

  /** One save, of all that is on the page; resolves to whether it was kept. */
  async function send(leaving = false) {
    clearTimeout(timer);
    timer = 0;
    const fields = read();
    const upTo = (sent = changes);
    if (leaving && fields.has("_save")) sessionStorage.setItem(form.dataset.draft, fields.get("_save"));
    try {
      const response = await post(form.dataset.draft, fields, form, fits(fields));
      if (response.ok) await answered(response, fields);
      else await refuse(await response.json().catch(() => ({})));
      if (response.ok) kept = Math.max(kept, upTo);
      else sent = kept;
      return response.ok;
    } catch {
      sent = kept;
      tell("没有存上:本机的程序没有应答。先别关这一页。", true);
      wait(5_000); // the node's program is being started again
      return false;
    }
  }

  /** The browser sends the form: no save of this page is to come after it. */
  function submit(event) {
    submitted = !event.defaultPrevented;
    if (!submitted) return;
    clearTimeout(timer);
    sessionStorage.removeItem(form.dataset.draft);
  }

  /** The page is left, or may be: what was not sent yet goes at once, without waiting for what is on its way. */
  function leave() {
    if (!stale && !submitted && sent < changes) send(true);
  }

  /** Before the next page is asked for, which may be of this very draft.  What would not be carried on to the node once
   *  the page is gone is asked after by the browser, and sent meanwhile. */
  function goAway(event) {
    const lost = !submitted && kept < changes && (stale || !fits(read()));
    leave();
    if (!lost) return;
    event.preventDefault();
    event.returnValue = ""; // for Chromium before 119
  }

  /** Back on the page as it was left: no answer comes any more to what was on its way. */
  function comeBack(event) {
    if (!event.persisted) return;
    sending = submitted = false;
    turns.delete(form);
    sent = kept;
    save();
  }

  async function answered(response, fields) {
    const answer = response.status === 204 ? {} : await response.json();
    const now = new Date().toLocaleTimeString("zh-CN", { timeZone: "Asia/Shanghai", hourCycle: "h23", hour: "2-digit", minute: "2-digit" });
    tell(`已存在本机 ${now}`, false);
    apply(answer, fields);
    form.dispatchEvent(new CustomEvent("kept", { detail: answer })); // for the page's own script
  }

  function refuse(problem) {
    if (problem.code !== "draft.stale" || !notice) return tell(problem.detail || "没有存上。先别关这一页,等一会儿再试。", true);
    stale = true;
    said.hidden = true;
    const differs = one("[data-differs]", notice);
    differs.hidden = !problem.differs;
    one("span", differs).textContent = problem.differs;
    notice.hidden = false;
  }

  function tell(words, not) {
    said.textContent = words;
    said.className = not ? "saved not" : "saved";
    said.hidden = false;
  }

  function apply({ closed, derived, errors }, sent) {
    if (closed) {
      for (const entry of all("[data-field]", form)) {
        entry.hidden = closed.includes(entry.dataset.field);
        entry.classList.toggle("closed", entry.hidden);
      }
    }
    const now = derived && new FormData(form);
    for (const [name, value] of Object.entries(derived || {})) if (now.get(name) === sent.get(name)) fill(name, value);
    if (errors) showErrors(errors);
  }

  function fill(name, value) {
    const input = form.elements[name];
    if (!input || input === document.activeElement) return;
    if (input instanceof RadioNodeList) {
      if (![...input].includes(document.activeElement)) input.value = value;
    } else {
      input.value = value;
    }
  }

  function showErrors(errors) {
    for (const entry of all("[data-field]", form)) {
      const field = one(".field", entry);
      if (!field || entry.contains(document.activeElement)) continue;
      const words = errors[entry.dataset.field];
      const told = one(":scope > .error", field);
      if (!words && told && !told.hidden && isBlank(field)) continue; // what was asked for is still to be filled in
      showError(field, words);
    }
  }

  function isBlank(field) {
    return all("input, select, textarea", field).every((input) =>
      input.matches('[type="radio"], [type="checkbox"]') ? !input.checked : !input.value.trim(),
    );
  }

  /** The words at the field, as the server writes them (macros/forms.html); none takes them away. */
  function showError(field, words) {
    const input = field.matches("fieldset") ? field : one("input, select, textarea", field);
    const hint = one(":scope > .hint", field);
    let told = one(":scope > .error", field);
    if (words && !told) {
      told = Object.assign(document.createElement("p"), { className: "error", id: `${input.id}-error` });
      field.insertBefore(told, one(":scope > input, :scope > .unit, :scope > select, :scope > textarea, :scope > .choices", field));
    }
    if (told) {
      told.textContent = words || "";
      told.hidden = !words;
    }
    field.classList.toggle("wrong", Boolean(words));
    const about = [hint && hint.id, words && told.id].filter(Boolean).join(" ");
    about ? input.setAttribute("aria-describedby", about) : input.removeAttribute("aria-describedby");
    words ? input.setAttribute("aria-invalid", "true") : input.removeAttribute("aria-invalid");
  }
}

// -- tables in a form: rows without loading the page again

function growTables() {
  for (const set of all("[data-rows]")) {
    const body = one("tbody", set);
    const template = one("template", set);
    const add = one("[data-add]", set);
    let next = body.rows.length;

    function bound() {
      if (add) add.hidden = body.rows.length >= Number(set.dataset.most);
    }

    function changed() {
      bound();
      set.dispatchEvent(new Event("input", { bubbles: true }));
    }

    set.addEventListener("click", (event) => {
      const button = event.target.closest("button");
      if (!button) return;
      if (button === add) {
        event.preventDefault();
        const holder = document.createElement("tbody");
        holder.innerHTML = template.innerHTML.replaceAll("__n__", String(next++));
        const row = body.appendChild(holder.rows[0]);
        one("input, select", row).focus();
        changed();
      } else if (button.hasAttribute("data-drop")) {
        event.preventDefault();
        const row = button.closest("tr");
        const near = row.nextElementSibling || row.previousElementSibling;
        row.remove();
        (near ? one("input, select", near) : add).focus();
        changed();
      }
    });
  }
}

// -- a signature: drawn with pen, finger or mouse, it becomes the file of the input beside it

function drawSignatures() {
  for (const input of all('input[type="file"][data-draw]')) {
    const open = button("在屏幕上写");
    input.after(open);
    open.addEventListener("click", () => {
      open.hidden = true;
      pad(input, open);
    });
  }

  function button(words) {
    return Object.assign(document.createElement("button"), { type: "button", className: "act quiet small", textContent: words });
  }

  function pad(input, open) {
    const canvas = document.createElement("canvas");
    canvas.className = "pad";
    canvas.setAttribute("role", "img");
    canvas.setAttribute("aria-label", "签名处");
    open.after(canvas);
    const box = canvas.getBoundingClientRect();
    canvas.width = box.width * 2;
    canvas.height = box.height * 2;
    const pen = canvas.getContext("2d");
    pen.scale(2, 2);
    blank();
    let drawn = false;
    let last = null;

    function blank() {
      pen.fillStyle = "#fff";
      pen.fillRect(0, 0, canvas.width, canvas.height);
      Object.assign(pen, { lineWidth: 2.6, lineCap: "round", lineJoin: "round", strokeStyle: "#101418" });
    }

    canvas.addEventListener("pointerdown", (event) => {
      canvas.setPointerCapture(event.pointerId);
      last = [event.offsetX, event.offsetY];
    });
    canvas.addEventListener("pointermove", (event) => {
      if (!last) return;
      pen.beginPath();
      pen.moveTo(...last);
      last = [event.offsetX, event.offsetY];
      pen.lineTo(...last);
      pen.stroke();
      drawn = true;
    });
    for (const kind of ["pointerup", "pointercancel"]) canvas.addEventListener(kind, () => (last = null));

    const use = button("就用这个签名");
    const clear = button("重写");
    const acts = Object.assign(document.createElement("p"), { className: "acts" });
    acts.append(use, clear);
    canvas.after(acts);
    clear.addEventListener("click", () => {
      blank();
      drawn = false;
    });
    use.addEventListener("click", () => {
      if (!drawn) return;
      canvas.toBlob((blob) => {
        const files = new DataTransfer();
        files.items.add(new File([blob], "drawing.png", { type: "image/png" }));
        input.files = files.files;
        input.dispatchEvent(new Event("change", { bubbles: true }));
        canvas.remove();
        acts.remove();
        open.hidden = false;
        open.textContent = "已写好,重写";
      }, "image/png");
    });
  }
}

// -- the bar at the foot: how the exchange goes

function followSync() {
  const bar = one("[data-sync]");
  if (!bar) return;
  const words = { head: one(".head .truth > span", bar), rest: one(".rest", bar) };
  const progress = one("progress", bar);
  const byHand = one("form", bar);
  let timer = 0;
  let asked = false; // 立即同步 was pressed, and has not come to its end
  let typed = false;

  document.addEventListener("input", (event) => (typed = typed || Boolean(event.target.closest("main"))));
  if (byHand) byHand.addEventListener("submit", syncNow);

  /** 立即同步: the page stays, with what is typed on it; one that shows how things stand is loaded again at the end. */
  async function syncNow(event) {
    event.preventDefault();
    if (asked) return;
    clearTimeout(timer);
    asked = true;
    words.rest.textContent = "正在和上级核对";
    try {
      const response = await post(byHand.action, null, byHand);
      if (response.status === 401) return showLock();
      if (!response.ok) return notStarted(await wordsOf(response));
      timer = setTimeout(ask, 1_000);
    } catch {
      notStarted("");
    }
  }

  function notStarted(why) {
    asked = false;
    words.rest.textContent = why || "本机的程序没有应答,等一会儿再试。";
  }

  async function ask() {
    clearTimeout(timer);
    let wait = 30_000;
    try {
      const active = takeActive() ? "?active" : "";
      const response = await fetch(bar.dataset.sync + active, { headers: { Accept: "application/json" }, cache: "no-store" });
      if (response.status === 401) return showLock();
      if (response.ok) {
        const state = await response.json();
        show(state);
        if (state.running) wait = asked ? 1_000 : 2_000;
        else if (asked) ended();
      }
    } catch {
      wait = 10_000; // the node's program is being started again
    }
    if (!document.hidden) timer = setTimeout(ask, wait);
  }

  function show(state) {
    if (words.head.textContent !== state.head) words.head.textContent = state.head;
    if (words.rest.textContent !== state.rest) words.rest.textContent = state.rest;
    progress.hidden = !state.running;
    progress.max = state.total || 1;
    progress.value = state.done;
    const truth = one(".head .truth", bar);
    if (!truth.classList.contains(state.truth)) {
      truth.className = `truth ${state.truth}`;
      one("svg", truth).replaceChildren(...discOf(state.truth));
    }
  }

  function ended() {
    asked = false;
    const stale = one("main[data-fresh]") && !typed && !one("dialog[open]");
    if (stale) location.replace(location.pathname + location.search);
  }

  document.addEventListener("visibilitychange", () => !document.hidden && ask());
  timer = setTimeout(ask, 3_000);
}

/** The shapes of the three truths, as the server draws them (macros/marks.html). */
function discOf(kind) {
  const shape = (name, attributes) => {
    const element = document.createElementNS("http://www.w3.org/2000/svg", name);
    for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
    return element;
  };
  const ring = shape("circle", { cx: 8, cy: 8, r: 6.5, fill: "none", stroke: "currentColor", "stroke-width": 2 });
  if (kind === "here") return [ring];
  if (kind === "township") return [ring, shape("path", { d: "M8 1.5a6.5 6.5 0 0 0 0 13z", fill: "currentColor" })];
  return [shape("circle", { cx: 8, cy: 8, r: 7.5, fill: "currentColor" })];
}

// -- the lock: after idle time it covers the page, which stays as it is

let active = false;

function takeActive() {
  const was = active;
  active = false;
  return was;
}

let typedIn = null; // the form that somebody has typed in last

/** The login has ended behind the page: its form goes to the node, which does nothing but show it again. */
function giveBack() {
  if (!typedIn) return location.reload();
  typedIn.append(Object.assign(document.createElement("input"), { type: "hidden", name: "_written", value: tokenOf(typedIn) }));
  typedIn.submit();
}

function watchIdle() {
  document.addEventListener("input", (event) => {
    const form = event.target.closest('main form[method="post"]');
    if (form) typedIn = form;
  });
  const idle = Number(document.body.dataset.idle);
  if (!idle) return;
  let last = Date.now();
  for (const kind of ["keydown", "pointerdown", "pointermove", "wheel", "touchstart"]) {
    document.addEventListener(kind, () => {
      last = Date.now();
      active = true;
    }, { passive: true });
  }
  setInterval(() => {
    const sheet = one("#lock-sheet");
    if (Date.now() - last > idle && sheet && !sheet.open) lock();
  }, 5_000);

  const byHand = one("form[data-lock]");
  if (byHand) byHand.addEventListener("submit", (event) => {
    event.preventDefault();
    lock();
  });
}

async function lock() {
  showLock();
  const form = one("form[data-lock]");
  try {
    await post(form.action, null, form);
  } catch {
    // the node locks by itself after the same time
  }
}

function showLock() {
  const sheet = one("#lock-sheet");
  if (!sheet || sheet.open) return;
  const form = one("form", sheet);
  const password = one('input[type="password"]', sheet);
  const error = one(".error", sheet);
  const title = document.title;
  document.title = "已锁屏";
  document.body.classList.add("locked");
  sheet.showModal();
  password.focus();
  let locked = true;
  sheet.oncancel = (event) => event.preventDefault(); // Esc does not open it,
  sheet.onclose = () => locked && sheet.showModal(); // nor does a second one
  form.onsubmit = async (event) => {
    event.preventDefault();
    try {
      const response = await post(form.action, new URLSearchParams(new FormData(form)), form);
      if (response.ok) return open();
      const problem = await response.json();
      if (["web.log_in", "web.form_expired"].includes(problem.code)) return giveBack();
      tell(problem.detail);
    } catch {
      tell("本机的程序没有应答,等一会儿再试。");
    }
  };

  function tell(words) {
    error.textContent = words;
    error.hidden = false;
    password.value = "";
    password.focus();
  }

  function open() {
    locked = false;
    password.value = "";
    error.hidden = true;
    document.title = title;
    document.body.classList.remove("locked");
    sheet.close();
    document.dispatchEvent(new Event("unlocked"));
  }
}

// -- small things

function smallThings() {
  // On a phone the header's links run past the edge: the one of this page is brought into sight.
  const here = one('.frame nav [aria-current="page"]');
  const links = here && here.closest("nav");
  if (links) links.scrollLeft = here.offsetLeft - links.offsetLeft - (links.clientWidth - here.offsetWidth) / 2;

  for (const button of all("[data-print]")) {
    button.hidden = false;
    button.addEventListener("click", () => window.print());
  }

  // Who is chosen goes on to the password, where there is one; by keys one chooses with the arrows first.
  const password = one('main input[type="password"]');
  for (const tile of all(".tile")) tile.addEventListener("click", (event) => event.detail && password && password.focus());

  const find = one("[data-find-tile]");
  if (find) {
    find.closest("[hidden]").hidden = false;
    find.addEventListener("input", () => {
      const wanted = find.value.trim();
      for (const tile of all(".tile")) tile.hidden = !tile.textContent.includes(wanted);
      for (const group of all(".tile-group")) group.hidden = !one(".tile:not([hidden])", group);
    });
  }

  for (const button of all("[data-locate]")) {
    if (!navigator.geolocation || !window.isSecureContext) continue;
    button.hidden = false;
    button.addEventListener("click", () => navigator.geolocation.getCurrentPosition((place) => {
      const input = document.getElementById(button.dataset.locate);
      input.value = `${place.coords.latitude.toFixed(6)},${place.coords.longitude.toFixed(6)}`;
      input.dispatchEvent(new Event("input", { bubbles: true }));
    }));
  }
}

focusSummary();
beginForm();
steerList();
keepDrafts();
growTables();
drawSignatures();
followSync();
watchIdle();
smallThings();
guardForms();
