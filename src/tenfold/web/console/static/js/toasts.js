// Messages that pass: each stays as many seconds as it says.

export function passToasts() {
  for (const toast of document.querySelectorAll("[data-lasts]")) {
    setTimeout(() => toast.remove(), Number(toast.dataset.lasts) * 1000);
  }
}
