// On a wide screen the marked case opens beside the list; the boxes count themselves.
"use strict";

const wide = matchMedia("(min-width: 1700px)");
const aside = document.querySelector("[data-beside]");
let shown = "";
let timer = 0;

function showBeside() {
  const row = document.querySelector("tr.at[data-glance]");
  if (!aside || !wide.matches || !row || row.dataset.glance === shown) return;
  clearTimeout(timer);
  timer = setTimeout(() => load(row.dataset.glance), 120);
}

async function load(address) {
  shown = address;
  try {
    const response = await fetch(address, { credentials: "same-origin" });
    if (!response.ok || response.redirected || shown !== address) return;
    aside.innerHTML = await response.text();
    aside.hidden = false;
    aside.scrollTop = 0;
  } catch {
    shown = ""; // the node's program is being started again: the next move tries again
  }
}

if (aside) {
  new MutationObserver(showBeside).observe(document.querySelector("table.cases tbody") || aside, {
    subtree: true,
    attributes: true,
    attributeFilter: ["class"],
  });
  wide.addEventListener("change", showBeside);
}

const chosen = document.querySelector("[data-chosen]");
if (chosen) {
  const count = () => {
    const boxes = document.querySelectorAll('input[name="case"]:checked').length;
    chosen.textContent = boxes ? `选中 ${boxes} 件` : "用 x 选中一件";
  };
  document.addEventListener("change", count);
  count();
}
