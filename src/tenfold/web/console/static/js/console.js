// What every page does: keyboard commands, messages that pass, the help, evidence that lights up.
import { watchKeys } from "./keys.js";
import { watchEvidence } from "./evidence.js";
import { runClocks } from "./clocks.js";

watchKeys();
watchEvidence();
runClocks();

for (const toast of document.querySelectorAll("[data-lasts]")) {
  setTimeout(() => toast.remove(), Number(toast.dataset.lasts) * 1000);
}

document.addEventListener("click", (event) => {
  const opener = event.target.closest("[data-opens]");
  if (opener) document.getElementById(opener.dataset.opens).showModal();
});
