// The query code stands behind the # of the address on the slip: it is put into the form and taken out of the address,
// so that it stays in no list of visited pages.
"use strict";

const code = decodeURIComponent(location.hash.slice(1)).trim();
const form = document.querySelector("form[data-query]");

if (form && /^\d{6}$/.test(code)) {
  form.elements.code.value = code;
  history.replaceState(null, "", location.pathname);
  form.querySelector("button").focus();
}
