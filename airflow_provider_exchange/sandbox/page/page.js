// Keeps the page up to date: reads it again every second, and replaces the parts that changed. Without this script
// the page works by reloading.
"use strict";

const EVERY_MS = 1000;
const pause = document.getElementById("pause");
const trouble = document.getElementById("trouble");
let pressed = false; // a button that is replaced while it is pressed is never clicked
let asked = 0; // an answer that a later one has overtaken is not shown

function show(html) {
  const fresh = new DOMParser().parseFromString(html, "text/html");
  const focused = document.activeElement || document.body;
  const around = focused.closest("[data-live]");
  for (const part of document.querySelectorAll("[data-live]")) {
    const now = fresh.getElementById(part.id);
    if (now && now.innerHTML !== part.innerHTML) part.innerHTML = now.innerHTML;
  }
  if (around && document.activeElement === document.body) {
    (document.getElementById(focused.id) || around).focus({ preventScroll: true });
  }
}

function sayWhatCameOf(html) {
  const fresh = new DOMParser().parseFromString(html, "text/html");
  const said = document.getElementById("said");
  said.innerHTML = fresh.getElementById("said").innerHTML;
  if (said.firstChild) said.scrollIntoView({ block: "nearest" });
}

// :param options: of a form that was sent; a mere look leaves the word on the last form where it is.
async function ask(options) {
  const turn = ++asked;
  try {
    const answer = await fetch("/", options);
    const html = await answer.text();
    if (options) sayWhatCameOf(html);
    if (turn === asked) show(html);
    trouble.textContent = "";
  } catch {
    trouble.textContent = "The paper exchange does not answer. This is how it was last.";
  }
}

async function watch() {
  const paused = pause.getAttribute("aria-pressed") === "true";
  if (!document.hidden && !paused && !pressed) await ask();
  setTimeout(watch, EVERY_MS);
}

document.addEventListener("submit", (event) => {
  event.preventDefault();
  const form = new FormData(event.target, event.submitter);
  ask({ method: "POST", body: new URLSearchParams(form) });
});
document.addEventListener("pointerdown", () => { pressed = true; });
for (const end of ["pointerup", "pointercancel"]) {
  document.addEventListener(end, () => setTimeout(() => { pressed = false; }, 100));
}
pause.hidden = false;
pause.addEventListener("click", () => {
  const paused = pause.getAttribute("aria-pressed") !== "true";
  pause.setAttribute("aria-pressed", String(paused));
});
watch();
