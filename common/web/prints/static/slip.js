// A roll has no end of page: the slip is as long as what stands on it, and is cut once.

"use strict";

const MM = 96 / 25.4; // CSS pixels
const SLACK = 4; // mm: what the printed layout may differ from the one on the screen
const BANNER = 24; // mm: the line of a practice county, as it is printed

function lengthOfSheet() {
  const sheet = document.querySelector(".paper-sheet");
  const banner = document.querySelector(".practice") ? BANNER : 0;
  return Math.ceil(sheet.offsetHeight / MM) + banner + SLACK;
}

const rules = document.styleSheets[document.styleSheets.length - 1];
document.fonts.ready.then(() => {
  const rule = `@page slip { size: 80mm ${lengthOfSheet()}mm; margin: 4mm; }`;
  rules.insertRule(rule, rules.cssRules.length);
});
