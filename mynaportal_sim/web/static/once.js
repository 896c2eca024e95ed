// A double click is one wish. Without this module the second one is told that the first was taken.

const sent = new WeakSet();
document.addEventListener("submit", (event) => {
  if (sent.has(event.target)) event.preventDefault();
  sent.add(event.target);
});
// A page that the back button shows again may be answered again.
addEventListener("pageshow", (event) => {
  if (event.persisted) location.reload();
});
