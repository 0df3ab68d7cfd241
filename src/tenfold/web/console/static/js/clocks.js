// Clocks that run: what is due within the hour counts by the second; the rest stands as the server wrote it.

const HOUR = 3600;
const digits = new Intl.NumberFormat(document.documentElement.lang === "ar" ? "ar-EG" : "en", {
  minimumIntegerDigits: 2,
  useGrouping: false,
});

function show(element, now) {
  const left = (Date.parse(element.dataset.due) - now) / 1000;
  const span = Math.floor(Math.abs(left));
  if (span >= HOUR) return;
  const clock = `${digits.format(Math.floor(span / 60))}:${digits.format(span % 60)}`;
  const words = left < 0 ? element.dataset.over : element.dataset.left;
  element.querySelector("[data-clock]").textContent = words.replace("#", clock);
  element.classList.toggle("left-over", left < 0);
  element.classList.toggle("left-soon", left >= 0 && left < HOUR / 2);
}

export function runClocks() {
  const tick = () => {
    for (const element of document.querySelectorAll("[data-due]")) show(element, Date.now());
  };
  tick();
  setInterval(tick, 1000);
}
