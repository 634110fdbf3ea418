// Who says what about whom: a graph of the acts, and a table of all statements.

import { answeredBy } from "./lines.js";
import {
  NOBODY, actsOf, byId, element, labelElement, labelText, labelsOf, line, numberOf, state, svgElement, targetOf,
} from "./shared.js";

// Sizes in pixels, for text at 16 pixels.
const MAX_EDGES = 14; // a graph with more is no longer small
const ROW_HEIGHT = 36;
const MIN_WIDTH = 340; // below which names are hard to read
const MAX_CURVE = 40; // width of the curved end of a line, between its row and a name
const DOT_WIDTH = 9; // next to a name
const ARROW_HEIGHT = 9;
const [NAME_SIZE, LABEL_SIZE] = [13, 11.5]; // font sizes
const measure = document.createElement("canvas").getContext("2d");
const widthOf = text => measure.measureText(text).width;
const times = count => (count > 1 ? ` ×${count}` : "");

// Statements grouped by speaker, target and label: [{who, whom, label, act, numbers}], those of a speaker together.
function groupedStatements() {
  const found = new Map();
  for (const statement of state.article.statements) {
    const who = statement.speaker ?? NOBODY;
    for (const label of labelsOf(statement)) {
      const whom = whomOf(statement, label);
      const key = JSON.stringify([who, whom, label]);
      if (!found.has(key)) found.set(key, { who, whom, label, act: actsOf(statement).includes(label), numbers: [] });
      found.get(key).numbers.push(numberOf(statement.id));
    }
  }
  const all = [...found.values()];
  const ranks = new Map([...new Set(all.map(edge => edge.who))].map((who, i) => [who, i]));
  return all.sort((a, b) => ranks.get(a.who) - ranks.get(b.who));
}

// Whom an act is about: the accused; for a denial, the speaker of the statement that it answers, if any.
const whomOf = (statement, label) =>
  (label === "denial" ? answeredBy(statement)?.speaker : targetOf(statement)?.name) ?? null;

export function showSaid() {
  const all = groupedStatements();
  byId("said").tBodies[0].replaceChildren(...all.map(({ who, whom, label, numbers }) =>
    element("tr", {},
      element("th", { scope: "row", textContent: who }),
      element("td", {}, labelElement(label), times(numbers.length)),
      element("td", { textContent: whom ?? "–" }))));
  const acts = all.filter(edge => edge.act);
  const frequent = new Set([...acts].sort((a, b) => b.numbers.length - a.numbers.length).slice(0, MAX_EDGES));
  const shown = acts.filter(edge => frequent.has(edge));
  byId("graph-told").textContent = !acts.length ? "No statement counts as an act."
    : shown.length < acts.length ? `The graph shows the ${shown.length} most frequent of ${acts.length}.` : "";
  showGraph(shown);
}

// Draws speakers on the left, their targets on the right, and each act on its own row between them.
function showGraph(edges) {
  const figure = byId("graph");
  figure.hidden = !edges.length;
  if (!edges.length) return;
  // The graph grows with the user's font size as far as that leaves MIN_WIDTH for it.
  const fontScale = parseFloat(getComputedStyle(document.documentElement).fontSize) / 16;
  const unit = Math.min(fontScale, Math.max(1, figure.clientWidth / MIN_WIDTH));
  const width = figure.clientWidth / unit;
  const height = edges.length * ROW_HEIGHT + 6;
  const { fontFamily } = getComputedStyle(figure);
  const labels = edges.map(edge => `${labelText(edge.label)}${times(edge.numbers.length)}`);
  measure.font = `600 ${LABEL_SIZE}px ${fontFamily}`;
  const rowWidth = Math.max(...labels.map(widthOf)) + 12;
  measure.font = `${NAME_SIZE}px ${fontFamily}`;
  const free = width - rowWidth - 2 * DOT_WIDTH;
  const rows = edges.map((_, i) => (i + 0.5) * ROW_HEIGHT + 7);
  const speakers = positions(edges, rows, edge => edge.who);
  const targets = positions(edges, rows, edge => edge.whom);
  const minCurves = width < MIN_WIDTH ? 12 : 20;
  const [leftWidth, rightWidth] = nameWidths([[...speakers.keys()], [...targets.keys()]], free - 2 * minCurves);
  const curve = Math.min(MAX_CURVE, (free - leftWidth - rightWidth) / 2);
  const left = leftWidth + DOT_WIDTH;
  const [from, to] = [left + curve, left + curve + rowWidth];
  const right = to + curve;

  const lines = edges.map((edge, i) => {
    const [start, y] = [speakers.get(edge.who), rows[i]];
    const end = targets.get(edge.whom) + arrowOffset(edge, edges.filter(({ whom }) => whom === edge.whom));
    const half = curve / 2;
    let path = `M${left},${start}C${left + half},${start} ${from - half},${y} ${from},${y}H${to}`;
    if (edge.whom) path += `C${to + half},${y} ${right - half - 5},${end} ${right - 5},${end}`;
    const { numbers } = edge;
    const title = `${sentence(edge)} (${numbers.length > 1 ? "statements" : "statement"} ${numbers.join(", ")})`;
    const drawnLine = line(edge.label, path, title, edge.whom && [right, end]);
    const position = { x: (from + to) / 2, y: y - 6, "text-anchor": "middle", "font-size": LABEL_SIZE };
    drawnLine.append(svgElement("text", position, labels[i]));
    return drawnLine;
  });
  const names = [
    ...[...speakers].map(([name, y]) => nameElement(name, leftWidth, y, "end", leftWidth)),
    ...[...targets].map(([name, y]) => nameElement(name, right + DOT_WIDTH, y, "start", rightWidth)),
  ];
  const dots = [...speakers.values()].map(y => svgElement("circle", { cx: left, cy: y, r: 3 }));
  figure.replaceChildren(svgElement("svg",
    {
      width: width * unit, height: height * unit, viewBox: `0 0 ${width} ${height}`, "font-size": NAME_SIZE,
      role: "img", "aria-label": `${edges.map(sentence).join(". ")}.`,
    },
    ...lines, ...dots, ...names));
}

// How far below the middle of its target a line ends, so that the arrows at a target do not overlap.
const arrowOffset = (edge, all) =>
  Math.min(ARROW_HEIGHT, ROW_HEIGHT / all.length) * (all.indexOf(edge) - (all.length - 1) / 2);

const sentence = ({ who, whom, label, numbers }) =>
  `${who}: ${labelText(label)}${times(numbers.length)}${whom ? ` ${label === "denial" ? "to" : "about"} ${whom}` : ""}`;

// The widths for names on the left and right: enough for one line if that fits, else for two, else a fair share.
function nameWidths(names, available) {
  const halved = name => Math.min(...lineBreaks(name).map(parts => Math.max(...parts.map(widthOf))));
  const [whole, needs] = [widthOf, halved].map(needOf =>
    names.map(column => Math.ceil(Math.max(0, ...column.map(needOf)))));
  for (const i of [0, 1]) {
    if (whole[i] + needs[1 - i] <= available) needs[i] = whole[i];
  }
  const left = Math.min(needs[0], Math.max(available / 2, available - needs[1]));
  return [left, Math.min(needs[1], available - left)];
}

// The ways to break a name into one or two lines.
function lineBreaks(name) {
  const words = name.split(/\s+/);
  return words.map((_, i) => [words.slice(0, i).join(" "), words.slice(i).join(" ")].filter(Boolean));
}

// The vertical position of each name: the mean of its rows, moved so that names are at least a row apart.
function positions(edges, rows, nameFrom) {
  const wanted = new Map();
  edges.forEach((edge, i) => {
    if (nameFrom(edge)) wanted.set(nameFrom(edge), [...(wanted.get(nameFrom(edge)) ?? []), rows[i]]);
  });
  const mean = heights => heights.reduce((sum, height) => sum + height) / heights.length;
  const names = [...wanted].map(([name, heights]) => ({ name, y: mean(heights) })).sort((a, b) => a.y - b.y);
  names.forEach((name, i) => { if (i) name.y = Math.max(name.y, names[i - 1].y + ROW_HEIGHT); });
  for (let i = names.length - 1, lowest = rows.at(-1); i >= 0; i--, lowest -= ROW_HEIGHT) {
    names[i].y = Math.min(names[i].y, lowest);
    lowest = names[i].y;
  }
  return new Map(names.map(({ name, y }) => [name, y]));
}

// A name on one or two lines, truncated to `width`, with the full name as its title.
function nameElement(name, x, y, anchor, width) {
  const fits = parts => parts.every(part => widthOf(part) <= width);
  const firstFits = parts => widthOf(parts[0]) <= width;
  const options = lineBreaks(name);
  const parts = options.find(fits) ?? options.findLast(firstFits) ?? options[0];
  const text = svgElement("text", { "text-anchor": anchor }, svgElement("title", {}, name));
  parts.forEach((part, i) => text.append(
    svgElement("tspan", { x, y: y + 4.5 + 15 * (i - (parts.length - 1) / 2) }, truncated(part, width))));
  return text;
}

function truncated(text, width) {
  if (widthOf(text) <= width) return text;
  const characters = [...text];
  while (characters.length > 1 && widthOf(`${characters.join("")}…`) > width) characters.pop();
  return `${characters.join("").trimEnd()}…`;
}
