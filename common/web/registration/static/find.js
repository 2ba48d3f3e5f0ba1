// Finding an item while one types: the list below the box follows; Enter takes the only one, or goes to the first of
// several, as the arrow does.
"use strict";

(() => {
  const box = document.querySelector("[data-found]");
  const list = document.getElementById("found");
  const browse = document.querySelectorAll("[data-browse], main > section");
  let timer = 0;
  let asked = 0;

  box.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(find, 150);
  });

  async function find() {
    const number = ++asked;
    const response = await fetch(`${box.dataset.found}?q=${encodeURIComponent(box.value.trim())}`, {
      headers: { Accept: "text/html" },
      credentials: "same-origin",
    });
    if (!response.ok || response.redirected || number !== asked) return;
    list.innerHTML = await response.text();
    const found = box.value.trim() && !list.querySelector("[data-none]");
    for (const part of browse) part.hidden = Boolean(found);
  }

  box.form.addEventListener("submit", async (event) => {
    event.preventDefault();
    clearTimeout(timer);
    await find();
    const links = [...list.querySelectorAll("a.act:not(.quiet)")];
    if (links.length === 1) links[0].click();
    else if (links.length) links[0].focus();
  });

  document.addEventListener("keydown", (event) => {
    if (event.key !== "ArrowDown" && event.key !== "ArrowUp") return;
    const links = [...list.querySelectorAll("a.act:not(.quiet)")];
    const at = links.indexOf(document.activeElement);
    if (!links.length || (at < 0 && document.activeElement !== box)) return;
    event.preventDefault();
    const to = at + (event.key === "ArrowDown" ? 1 : -1);
    (links[to] || box).focus();
  });
})();
