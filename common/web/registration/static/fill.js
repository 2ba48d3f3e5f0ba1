// Filling in an application: photos go up as they are taken, and what follows from the answers shows at once.
// The page's own script (app.js) keeps what is typed; it tells here what the node answered ("kept").
"use strict";

(() => {
  const form = document.querySelector("form.application");
  const find = (selector, within = form) => within.querySelector(selector);
  const each = (selector, within = form) => [...within.querySelectorAll(selector)];
  const saved = find("[data-saved]");
  let current = null; // the tile that a pasted picture goes to

  form.addEventListener("kept", (event) => show(event.detail, null));

  // -- what the node says of the draft

  function show(state, changed) {
    if (state.case) return location.assign(state.case);
    for (const [id, markup] of Object.entries(state.tiles || {})) {
      const old = find(`[data-place="${CSS.escape(id)}"]`);
      if (!old || (old.contains(document.activeElement) && id !== changed)) continue;
      if (old.outerHTML === markup) continue;
      const focus = old.contains(document.activeElement);
      // A file may still be being chosen for an input that goes now.
      for (const input of each("input[data-take]", old)) input.addEventListener("change", chosen);
      old.outerHTML = markup;
      const now = find(`[data-place="${CSS.escape(id)}"]`);
      offerScan(now);
      if (focus) find("input[type=file]", now).focus({ preventScroll: true });
    }
    for (const output of each("[data-output]")) {
      const words = (state.outputs || {})[output.dataset.output];
      output.hidden = !words;
      find("output", output).textContent = words || "";
    }
    put("known", state.known);
    put("drawn", state.drawing, changed === "drawing");
    const line = find("[data-missing]");
    if (line && state.missing) {
      line.hidden = !state.missing.length;
      line.textContent = `还差 ${state.missing.length} 份:${state.missing.join("、")}。${line.dataset.rest || ""}`;
    }
  }

  function put(id, markup, asked = false) {
    const place = document.getElementById(id);
    if (!place || markup === undefined || (place.contains(document.activeElement) && !asked)) return;
    if (place.dataset.shown !== markup) {
      place.innerHTML = markup;
      place.dataset.shown = markup;
    }
  }

  // -- sending: with all that is typed, in turn with what app.js sends

  const send = (extra, place) => inTurn(form, () => sendNow(extra, place));

  async function sendNow(extra, place) {
    const fields = new FormData();
    for (const [name, value] of new FormData(form)) if (typeof value === "string" && name !== "_go") fields.append(name, value);
    for (const [name, value, file] of extra) file ? fields.append(name, value, file) : fields.append(name, value);
    tell(place, "正在存…");
    try {
      const response = await fetch(form.dataset.draft, {
        method: "POST", body: fields, credentials: "same-origin",
        headers: { Accept: "application/json", "X-Form-Token": form.elements._token.value },
      });
      const answer = await response.json();
      if (answer.code === "draft.stale") form.dispatchEvent(new CustomEvent("refused", { detail: answer }));
      if (!response.ok) return fail(place, answer.detail || "没有存上。");
      show(answer, place);
      if (saved) {
        const now = new Date();
        saved.textContent = `已存在本机 ${String(now.getHours()).padStart(2, "0")}:${String(now.getMinutes()).padStart(2, "0")}`;
        saved.className = "saved";
        saved.hidden = false;
      }
    } catch {
      fail(place, "没有存上:本机的程序没有应答。照片还在,再拍一次就行。");
    }
  }

  function tell(place, words) {
    const name = place && find(`[data-place="${CSS.escape(place)}"] .name`);
    if (!name) return;
    let said = find(".sending", name);
    if (!said) said = name.appendChild(Object.assign(document.createElement("span"), { className: "soft sending" }));
    said.textContent = words;
  }

  function fail(place, words) {
    tell(place, "");
    const tile = place && find(`[data-place="${CSS.escape(place)}"]`);
    if (!tile) {
      saved.textContent = words;
      saved.className = "saved not";
      saved.hidden = false;
      return;
    }
    let error = find(".error", tile);
    if (!error) {
      error = Object.assign(document.createElement("p"), { className: "error" });
      find(".name", tile).after(error);
    }
    error.textContent = words;
  }

  function upload(place, files) {
    for (const file of files) send([[`_paper.${place}`, file, file.name || "photo.jpg"]], place);
  }

  // -- pictures: chosen, dropped, pasted, taken away

  form.addEventListener("change", chosen, true);

  function chosen(event) {
    const input = event.target;
    if (!input.matches("input[data-take]") || !input.files.length) return;
    event.stopImmediatePropagation();
    const files = [...input.files];
    input.value = "";
    upload(input.name.replace("_paper.", ""), files);
  }

  form.addEventListener("click", (event) => {
    const button = event.target.closest("[data-drop-page]");
    if (!button) return;
    event.preventDefault();
    send([["_drop_page", button.value]], button.value.split(" ")[0]);
  });

  form.addEventListener("focusin", (event) => (current = event.target.closest("[data-place]") || current));
  form.addEventListener("pointerover", (event) => (current = event.target.closest("[data-place]") || current));
  document.addEventListener("paste", (event) => {
    const files = [...event.clipboardData.files];
    if (!files.length || !current) return;
    event.preventDefault();
    upload(current.dataset.place, files);
  });
  form.addEventListener("dragover", (event) => {
    const tile = event.target.closest("[data-place]");
    if (!tile || ![...event.dataTransfer.types].includes("Files")) return;
    event.preventDefault();
    tile.classList.add("over");
  });
  form.addEventListener("dragleave", (event) => event.target.closest("[data-place]")?.classList.remove("over"));
  form.addEventListener("drop", (event) => {
    const tile = event.target.closest("[data-place]");
    if (!tile || !event.dataTransfer.files.length) return;
    event.preventDefault();
    tile.classList.remove("over");
    upload(tile.dataset.place, [...event.dataTransfer.files]);
  });

  // -- a document camera 高拍仪: a camera of this machine, where there is one

  const sheet = document.getElementById("scan-sheet");
  const canScan = sheet && window.isSecureContext && navigator.mediaDevices;
  let scanning = null;

  function offerScan(within) {
    if (canScan && cameras) for (const button of each("[data-scan]", within)) button.hidden = false;
  }

  let cameras = false;
  if (canScan) {
    navigator.mediaDevices.enumerateDevices().then((devices) => {
      cameras = devices.some((device) => device.kind === "videoinput") && matchMedia("(pointer: fine)").matches;
      offerScan(form);
    }, () => {});
    form.addEventListener("click", (event) => {
      const button = event.target.closest("[data-scan]");
      if (button) scan(button.closest("[data-place]").dataset.place);
    });
    sheet.addEventListener("close", () => {
      const stream = find("video", sheet).srcObject;
      if (stream) for (const track of stream.getTracks()) track.stop();
    });
    find("[data-close]", sheet).addEventListener("click", () => sheet.close());
    find("[data-shoot]", sheet).addEventListener("click", shoot);
  }

  async function scan(place) {
    scanning = place;
    sheet.showModal();
    const error = find(".error", sheet);
    error.hidden = true;
    try {
      const video = find("video", sheet);
      video.srcObject = await navigator.mediaDevices.getUserMedia({ video: { width: { ideal: 2592 }, height: { ideal: 1944 } } });
      await video.play();
    } catch {
      error.textContent = "高拍仪(摄像头)打不开。看看线插好没有、别的程序是不是占着,或用手机拍。";
      error.hidden = false;
    }
  }

  function shoot() {
    const video = find("video", sheet);
    if (!video.videoWidth) return;
    const canvas = Object.assign(document.createElement("canvas"), { width: video.videoWidth, height: video.videoHeight });
    canvas.getContext("2d").drawImage(video, 0, 0);
    canvas.toBlob((blob) => upload(scanning, [new File([blob], "scan.jpg", { type: "image/jpeg" })]), "image/jpeg", 0.92);
  }

  // -- Enter goes on to the next input; a card reader ends with one

  form.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.isComposing || !event.target.matches("input:not([type=file])")) return;
    event.preventDefault();
    const inputs = each("input:not([type=hidden], [type=file]), select, textarea").filter((one) => one.offsetParent);
    const next = inputs[inputs.indexOf(event.target) + 1];
    if (next) next.focus();
  });

  // -- a print shows what is typed: it is kept first

  for (const link of each("[data-after-keeping]")) {
    link.addEventListener("click", (event) => {
      event.preventDefault();
      const page = window.open("", "_blank");
      send([], null).then(() => (page ? page.location.assign(link.href) : location.assign(link.href)));
    });
  }
})();
