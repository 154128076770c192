// What htmx does not do. Every page works without this file.
"use strict";

// A refused form that htmx has put into the page: the focus goes to its first fault.
document.addEventListener("htmx:afterSettle", (event) => {
  const invalid = event.detail.elt.querySelector("[aria-invalid=true]");
  if (invalid) invalid.focus();
});

// With the search as you type, its button is not needed.
document.documentElement.classList.add("js");
