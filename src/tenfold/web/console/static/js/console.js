// What every page does: keyboard commands, messages that pass, the help, evidence that lights up.
import { watchKeys } from "./keys.js";
import { watchEvidence } from "./evidence.js";
import { runClocks } from "./clocks.js";
import { watchAhead } from "./ahead.js";
import { passToasts } from "./toasts.js";
import { watchDeciding } from "./deciding.js";
import { keepDrafts } from "./drafts.js";

watchKeys();
watchEvidence();
runClocks();
passToasts();
watchAhead();
watchDeciding();
keepDrafts();

document.addEventListener("click", (event) => {
  const opener = event.target.closest("[data-opens]");
  if (opener) document.getElementById(opener.dataset.opens).showModal();
});
