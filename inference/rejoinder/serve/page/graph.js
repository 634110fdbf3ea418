// Who says what about whom: a graph of the acts, and a table of all that is said.

import { answeredBy } from "./lines.js";
import {
  NOBODY, actsOf, byId, drawn, element, labelsOf, line, nameOf, named, numberOf, state, targetOf,
} from "./shared.js";

const MOST = 14; // edges that still make a small graph
const ROW = 36;
const ROOM = 340; // in which names can be read
const WIDEST = 40; // that the end of a line takes from a row to a name
const DOT = 9; // room that a dot takes beside a name
const TIP = 9; // that an arrow takes
const [SIZE, SMALL] = [13, 11.5]; // of names and of labels
const measure = document.createElement("canvas").getContext("2d");
const widthOf = text => measure.measureText(text).width;
const times = count => (count > 1 ? ` ×${count}` : "");

// Statements by speaker, target and label: [{who, whom, label, act, numbers}], those of a speaker together.
function said() {
  const found = new Map();
  for (const one of state.article.statements) {
    const who = one.speaker ?? NOBODY;
    for (const label of labelsOf(one)) {
      const whom = whomOf(one, label);
      const key = JSON.stringify([who, whom, label]);
      if (!found.has(key)) found.set(key, { who, whom, label, act: actsOf(one).includes(label), numbers: [] });
      found.get(key).numbers.push(numberOf(one.id));
    }
  }
  const all = [...found.values()];
  const places = new Map([...new Set(all.map(one => one.who))].map((who, i) => [who, i]));
  return all.sort((a, b) => places.get(a.who) - places.get(b.who));
}

// Whom a statement is about; of a denial, to whom it is said.
function whomOf(one, label) {
  const answered = label === "denial" && answeredBy(one);
  return (answered ? answered.speaker : targetOf(one)?.name) ?? null;
}

export function showSaid() {
  const all = said();
  byId("said").tBodies[0].replaceChildren(...all.map(({ who, whom, label, numbers }) =>
    element("tr", {},
      element("th", { scope: "row", textContent: who }),
      element("td", {}, nameOf(label), times(numbers.length)),
      element("td", { textContent: whom ?? "–" }))));
  const acts = all.filter(one => one.act);
  const often = new Set([...acts].sort((a, b) => b.numbers.length - a.numbers.length).slice(0, MOST));
  const shown = acts.filter(one => often.has(one));
  byId("graph-told").textContent = !acts.length ? "No statement counts as an act."
    : shown.length < acts.length ? `The graph shows the ${shown.length} most frequent of ${acts.length}.` : "";
  showGraph(shown);
}

// Speakers at the left, those whom they speak about at the right, each act on a row of its own between them.
function showGraph(edges) {
  const figure = byId("graph");
  figure.hidden = !edges.length;
  if (!edges.length) return;
  // All sizes are of text at 16 pixels; the whole grows with the size that the reader has chosen, where names have room.
  const chosen = parseFloat(getComputedStyle(document.documentElement).fontSize) / 16;
  const unit = Math.min(chosen, Math.max(1, figure.clientWidth / ROOM));
  const width = figure.clientWidth / unit;
  const height = edges.length * ROW + 6;
  const { fontFamily } = getComputedStyle(figure);
  const labels = edges.map(one => `${named(one.label)}${times(one.numbers.length)}`);
  measure.font = `600 ${SMALL}px ${fontFamily}`;
  const middle = Math.max(...labels.map(widthOf)) + 12;
  measure.font = `${SIZE}px ${fontFamily}`;
  const room = width - middle - 2 * DOT;
  const rows = edges.map((_, i) => (i + 0.5) * ROW + 7);
  const speakers = placed(edges, rows, one => one.who);
  const targets = placed(edges, rows, one => one.whom);
  const least = width < ROOM ? 12 : 20;
  const [ahead, behind] = sides([[...speakers.keys()], [...targets.keys()]], room - 2 * least);
  const curve = Math.min(WIDEST, (room - ahead - behind) / 2);
  const left = ahead + DOT;
  const [from, to] = [left + curve, left + curve + middle];
  const right = to + curve;

  const lines = edges.map((one, i) => {
    const [start, y] = [speakers.get(one.who), rows[i]];
    const end = targets.get(one.whom) + beside(one, edges.filter(({ whom }) => whom === one.whom));
    const half = curve / 2;
    let path = `M${left},${start}C${left + half},${start} ${from - half},${y} ${from},${y}H${to}`;
    if (one.whom) path += `C${to + half},${y} ${right - half - 5},${end} ${right - 5},${end}`;
    const title = `${sentence(one)} (${one.numbers.length > 1 ? "statements" : "statement"} ${one.numbers.join(", ")})`;
    const made = line(one.label, path, title, one.whom && [right, end]);
    const place = { x: (from + to) / 2, y: y - 6, "text-anchor": "middle", "font-size": SMALL };
    made.append(drawn("text", place, labels[i]));
    return made;
  });
  const names = [
    ...[...speakers].map(([name, y]) => node(name, ahead, y, "end", ahead)),
    ...[...targets].map(([name, y]) => node(name, right + DOT, y, "start", behind)),
  ];
  const dots = [...speakers.values()].map(y => drawn("circle", { cx: left, cy: y, r: 3 }));
  figure.replaceChildren(drawn("svg",
    {
      width: width * unit, height: height * unit, viewBox: `0 0 ${width} ${height}`, "font-size": SIZE,
      role: "img", "aria-label": `${edges.map(sentence).join(". ")}.`,
    },
    ...lines, ...dots, ...names));
}

// How far below the middle of its target a line ends, so that each has an arrow of its own.
const beside = (one, all) => Math.min(TIP, ROW / all.length) * (all.indexOf(one) - (all.length - 1) / 2);

const sentence = ({ who, whom, label, numbers }) =>
  `${who}: ${named(label)}${times(numbers.length)}${whom ? ` ${label === "denial" ? "to" : "about"} ${whom}` : ""}`;

// The room for names at either side: what they need in one line where that fits, else in two, else a fair share.
function sides(names, room) {
  const halved = name => Math.min(...splits(name).map(parts => Math.max(...parts.map(widthOf))));
  const [whole, needs] = [widthOf, halved].map(needOf =>
    names.map(some => Math.ceil(Math.max(0, ...some.map(needOf)))));
  for (const i of [0, 1]) {
    if (whole[i] + needs[1 - i] <= room) needs[i] = whole[i];
  }
  const ahead = Math.min(needs[0], Math.max(room / 2, room - needs[1]));
  return [ahead, Math.min(needs[1], room - ahead)];
}

// The ways to set a name in one line or two.
function splits(name) {
  const words = name.split(/\s+/);
  return words.map((_, i) => [words.slice(0, i).join(" "), words.slice(i).join(" ")].filter(Boolean));
}

// The height of each name: the mean of its rows, moved until names are a row apart.
function placed(edges, rows, nameFrom) {
  const wanted = new Map();
  edges.forEach((one, i) => {
    if (nameFrom(one)) wanted.set(nameFrom(one), [...(wanted.get(nameFrom(one)) ?? []), rows[i]]);
  });
  const mean = heights => heights.reduce((sum, one) => sum + one) / heights.length;
  const names = [...wanted].map(([name, heights]) => ({ name, y: mean(heights) })).sort((a, b) => a.y - b.y);
  names.forEach((one, i) => { if (i) one.y = Math.max(one.y, names[i - 1].y + ROW); });
  for (let i = names.length - 1, lowest = rows.at(-1); i >= 0; i--, lowest -= ROW) {
    names[i].y = Math.min(names[i].y, lowest);
    lowest = names[i].y;
  }
  return new Map(names.map(({ name, y }) => [name, y]));
}

// A name on one line or two, shortened to what fits, the whole of it in the title.
function node(name, x, y, anchor, width) {
  const fits = parts => parts.every(part => widthOf(part) <= width);
  const firstFits = parts => widthOf(parts[0]) <= width;
  const ways = splits(name);
  const parts = ways.find(fits) ?? ways.findLast(firstFits) ?? ways[0];
  const text = drawn("text", { "text-anchor": anchor }, drawn("title", {}, name));
  parts.forEach((part, i) => text.append(
    drawn("tspan", { x, y: y + 4.5 + 15 * (i - (parts.length - 1) / 2) }, shortened(part, width))));
  return text;
}

function shortened(text, width) {
  if (widthOf(text) <= width) return text;
  const characters = [...text];
  while (characters.length > 1 && widthOf(`${characters.join("")}…`) > width) characters.pop();
  return `${characters.join("").trimEnd()}…`;
}
