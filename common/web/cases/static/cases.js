// Papers open large, over the page, and turn; without a script the same link opens the picture by itself.
"use strict";

const papers = [...document.querySelectorAll("[data-papers] a[data-paper]")];

function viewer() {
  const dialog = document.createElement("dialog");
  dialog.className = "viewer";
  dialog.setAttribute("aria-label", "材料");
  const stage = Object.assign(document.createElement("div"), { className: "stage" });
  const image = document.createElement("img");
  stage.append(image);
  const tools = Object.assign(document.createElement("div"), { className: "tools" });
  const title = document.createElement("p");
  title.setAttribute("role", "status");
  tools.append(title);
  dialog.append(stage, tools);
  let at = 0;
  let turn = 0;

  function show(place) {
    at = (place + papers.length) % papers.length;
    const link = papers[at];
    turn = 0;
    turned();
    image.classList.remove("whole");
    image.src = link.href;
    image.alt = link.dataset.paper;
    title.textContent = `${link.dataset.paper}(${at + 1} / ${papers.length})`;
  }

  function turned() {
    image.classList.remove("turn-90", "turn-180", "turn-270");
    if (turn) image.classList.add(`turn-${turn}`);
  }

  function rotate(by) {
    turn = (turn + by + 360) % 360;
    turned();
  }

  const acts = {
    "上一张": () => show(at - 1),
    "下一张": () => show(at + 1),
    "左转": () => rotate(-90),
    "右转": () => rotate(90),
    "原大": () => image.classList.toggle("whole"),
    "关掉": () => dialog.close(),
  };
  for (const [words, act] of Object.entries(acts)) {
    const button = Object.assign(document.createElement("button"), { type: "button", textContent: words });
    button.addEventListener("click", act);
    tools.append(button);
  }
  const keys = { ArrowLeft: "上一张", ArrowRight: "下一张", r: "右转", l: "左转", "+": "原大" };
  dialog.addEventListener("keydown", (event) => {
    if (!keys[event.key] || event.ctrlKey || event.altKey || event.metaKey) return;
    event.preventDefault();
    acts[keys[event.key]]();
  });
  document.body.append(dialog);
  return { dialog, show };
}

let opened = null;
papers.forEach((link, place) => {
  link.addEventListener("click", (event) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey || link.querySelector(".pdf")) return;
    event.preventDefault();
    opened = opened || viewer();
    opened.show(place);
    opened.dialog.showModal();
  });
});
