// What htmx does not do. Every page works without this file.
"use strict";

// A refused form that htmx has put into the page: the focus goes to its first fault.
document.addEventListener("htmx:afterSettle", (event) => {
  const invalid = event.detail.elt.querySelector("[aria-invalid=true]");
  if (invalid) invalid.focus();
});

// With the search as you type, its button is not needed.
document.documentElement.classList.add("js");

// What a part of the page that htmx has replaced tells: a reader hears it.
const told = document.createElement("p");
told.className = "visually-hidden";
told.setAttribute("aria-live", "polite");
document.body.append(told);
document.addEventListener("htmx:afterSettle", (event) => {
  const text = event.detail.elt.querySelector(".flash p, .fault[role=alert]");
  if (text) told.textContent = text.textContent;
});

// A ring order: a position that is dropped on another row is moved there, by the form of its row.
let dragged = null;
const rowOf = (event) => event.target instanceof Element && event.target.closest(".ring > li");
const mark = (row) => {
  document.querySelector(".ring .target")?.classList.remove("target");
  row?.classList.add("target");
};
document.addEventListener("dragstart", (event) => {
  dragged = rowOf(event);
  if (dragged) event.dataTransfer.setDragImage(dragged, 0, 0);
});
document.addEventListener("dragover", (event) => {
  const row = dragged && rowOf(event);
  if (!row) return;
  event.preventDefault();
  mark(row);
});
document.addEventListener("drop", (event) => {
  const row = dragged && rowOf(event);
  if (!row || row === dragged) return;
  event.preventDefault();
  dragged.querySelector("[name=position]").value = row.value;
  dragged.querySelector("form").requestSubmit();
});
document.addEventListener("dragend", () => {
  dragged = null;
  mark(null);
});

// What may take a while shows that it goes on.
document.addEventListener("submit", (event) => {
  const bar = event.target.querySelector("progress[hidden]");
  if (bar && event.submitter?.value !== "refused") bar.hidden = false;
});

// New requests: the list is got anew, and a reader hears of it.
const newest = () => document.querySelector("[data-live] tbody a")?.id;
let known = newest();
const live = document.querySelector("[data-live]");
if (live) {
  new EventSource(live.dataset.live).onmessage = () => htmx.trigger("[data-live]", "live");
  document.addEventListener("htmx:afterSettle", () => {
    if (newest() !== known) told.textContent = "There are new requests";
    known = newest();
  });
}

// The text of a field is copied: it is selected at least, where pages may not do more.
document.addEventListener("click", (event) => {
  const button = event.target instanceof Element && event.target.closest("[data-copies]");
  if (!button) return;
  const field = document.getElementById(button.dataset.copies);
  field.select();
  navigator.clipboard?.writeText(field.value).then(() => { button.textContent = "Copied"; });
});
