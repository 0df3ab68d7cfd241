// The page of a network: graph, table, card and what is chosen, kept together.
import { Canvas, canDraw } from "./canvas.js";
import { Card } from "./card.js";
import { Network } from "./data.js";
import { Rows } from "./rows.js";
import { Table } from "./table.js";
import { Words } from "./words.js";

const WAIT = 120; // milliseconds without typing before the search is made
const BRIEFLY = 60; // milliseconds that one points at something before it is shown

const page = document.querySelector("[data-network]");
const data = (id) => JSON.parse(document.getElementById(id).content.textContent);
const told = data("network-data");
const words = new Words(data("network-words"));
const network = new Network(Number(page.dataset.most));
network.add(told);

let focused = null;
let canvas = null;
let pointing;
const on = { point, focus, open, choose, box: chooseAll, windowed };
const rows = new Rows(document.getElementById("network-row"), network, words);
const table = new Table(page.querySelector("tbody"), { window: Number(page.dataset.window), network, rows, on });
const card = new Card(page.querySelector("[data-card]"), network, words, on);

function say(text) {
  page.querySelector("[data-say]").textContent = text;
}

// Pointing lights something up for a moment, focusing until something else is focused. The card keeps what it
// showed: were it emptied when the pointer leaves, whatever stands below would slip away from under it.
function point(id) {
  clearTimeout(pointing);
  pointing = setTimeout(() => {
    if (id) card.show(id);
    canvas?.point(id);
  }, BRIEFLY);
}

function focus(id) {
  focused = id;
  clearTimeout(pointing);
  card.show(id);
  table.focus(id);
  canvas?.focus(id);
}

function windowed({ before, after }) {
  page.querySelector("[data-step='-1']").hidden = !before;
  page.querySelector("[data-step='1']").hidden = !after;
}

function address(id) {
  const query = new URLSearchParams(page.dataset.query);
  query.delete("start");
  query.append("start", id);
  query.set("depth", "1");
  query.set("limit", page.dataset.most);
  return `/networks/graph?${query}`;
}

async function fetched(url) {
  const response = await fetch(url);
  if (!response.ok) throw new Error(`${url}: ${response.status}`);
  return response.json();
}

async function open(id) {
  try {
    const found = await fetched(address(id));
    const { fresh, full } = network.add(found);
    table.show();
    page.querySelector("[data-count]").textContent = words.text("count", { n: network.nodes.size });
    canvas?.add(fresh, id);
    settle();
    say(full ? words.text("full") : words.text("opened", { n: fresh.length }));
    focus(id);
  } catch (error) {
    say(words.text("failed"));
    throw error;
  }
}

// Choosing

function choose(id, chosen) {
  if (chosen) network.chosen.add(id);
  else network.chosen.delete(id);
  chosenChanged();
}

function chooseAll(ids) {
  for (const id of ids) {
    if (rows.choosable(id)) network.chosen.add(id);
  }
  table.tick();
  chosenChanged();
}

function chosenChanged() {
  const count = page.querySelector("[data-chosen]");
  if (count) count.textContent = words.text("chosen", { n: network.chosen.size });
  canvas?.chosenChanged();
}

const CHOICES = {
  confirmed: () => chooseAll(network.confirmed([...network.chosen, ...(focused ? [focused] : [])])),
  neighbours: () => chooseAll([...network.chosen, ...(focused ? [focused] : [])].flatMap((id) => network.neighbours(id))),
  none: () => {
    network.chosen.clear();
    table.tick();
    chosenChanged();
  },
};

function watchForm() {
  const form = document.getElementById("chosen");
  if (!form) return;
  form.addEventListener("submit", () => {
    for (const old of form.querySelectorAll("[data-far]")) old.remove();
    // Rows beyond the window are not in the page, and so are no part of the form.
    for (const id of network.chosen) {
      if (table.row(id)) continue;
      const input = Object.assign(document.createElement("input"), { type: "hidden", name: "node", value: id });
      input.dataset.far = "";
      form.append(input);
    }
  });
}

// Search and tools

let waiting;
page.querySelector("[data-find]").addEventListener("input", ({ target }) => {
  clearTimeout(waiting);
  waiting = setTimeout(() => find(target.value.trim()), WAIT);
});
page.querySelector("[data-find]").addEventListener("keydown", (event) => {
  if (event.key !== "Enter") return;
  event.preventDefault();
  find(event.target.value.trim());
  const [first] = table.fitting;
  if (first) focus(first);
});

function find(text) {
  const fitting = text ? network.fitting(text) : null;
  table.find(fitting);
  canvas?.find(fitting);
  say(text ? words.text("found", { n: fitting.size }) : "");
}

page.addEventListener("click", ({ target }) => {
  const button = target.closest("button");
  if (!button) return;
  const { choose: how, zoom, step } = button.dataset;
  if (how) CHOICES[how]();
  if (zoom) canvas.zoom(zoom);
  if (step) table.step(Number(step));
  if ("box" in button.dataset) {
    canvas.boxing = !canvas.boxing;
    button.setAttribute("aria-pressed", canvas.boxing);
  }
});

// The graph can be used at once; where nodes stand is bettered for a moment.
function settle() {
  const begun = performance.now();
  canvas?.settle((rounds) => {
    page.dataset.settled = String(Math.round(performance.now() - begun));
    page.dataset.rounds = String(rounds);
  });
}

function start() {
  // What was ticked before the page was loaded again.
  for (const box of page.querySelectorAll("tbody input:checked")) network.chosen.add(box.value);
  table.show();
  watchForm();
  page.querySelector("[data-tools]").hidden = false;
  if (!canDraw()) {
    page.querySelector("[data-no-drawing]").hidden = false;
    page.dataset.ready = "table";
    return;
  }
  const place = page.querySelector("[data-canvas]");
  place.hidden = false;
  page.querySelector("[data-graph-tools]").hidden = false;
  canvas = new Canvas(place, network, { workerAddress: page.dataset.worker, on });
  settle();
  page.dataset.ready = "graph";
}

start();
