// A finding and the pieces of text it rests on belong together: point at one and both light up.

function light(numbers, on) {
  for (const mark of document.querySelectorAll("mark[data-findings]")) {
    const shared = mark.dataset.findings.split(" ").some((number) => numbers.includes(number));
    mark.classList.toggle("lit", on && shared);
  }
}

function follow(event, on) {
  const finding = event.target.closest?.("[data-finding]");
  if (finding) light([finding.dataset.finding], on);
}

export function watchEvidence() {
  document.addEventListener("mouseover", (event) => follow(event, true));
  document.addEventListener("mouseout", (event) => follow(event, false));
  document.addEventListener("focusin", (event) => follow(event, true));
  document.addEventListener("focusout", (event) => follow(event, false));
}
