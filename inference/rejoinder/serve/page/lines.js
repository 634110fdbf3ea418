// Lines in the margin of the article, each from a statement to what it answers.

import {
  answerOf, byId, labelOf, line, numberOf, percent, sliceOf, state, threshold,
} from "./shared.js";

const LANES = 5; // next to each other; lines that do not fit share the last
const FIRST_LANE = 12; // pixels from the text to the innermost lane: room for an arrow
const EDGE = 3; // pixels from the outermost lane to the end of the gutter: half of the widest line
const CORNER_RADIUS = 6;

let cache = {}; // the answers in the current article at the current threshold

function resolved() {
  if (cache.article === state.article && cache.threshold === threshold()) return cache;
  const statementsById = new Map(state.article.statements.map(statement => [statement.id, statement]));
  const pairs = state.article.statements.filter(answerOf)
    .map(statement => [statement, statementsById.get(statement.answers.id) ?? charge(statement.answers)]);
  const answering = new Map();
  for (const [from, to] of pairs) answering.set(to.id, [...(answering.get(to.id) ?? []), from]);
  cache = { article: state.article, threshold: threshold(), pairs, answeredBy: new Map(pairs), answering };
  return cache;
}

// An [answering, answered] pair for each answer; answered is a statement, or a charge that the article itself reports.
export const answers = () => resolved().pairs;
// The statement or charge that a statement answers, or undefined.
export const answeredBy = statement => resolved().answeredBy.get(statement);
// The statements that answer the statement or charge with this id.
export const answersTo = id => resolved().answering.get(id) ?? [];

const charge = ({ span }) => ({ id: `told-${span[0]}`, isCharge: true, span, quote: sliceOf(...span) });

export const answeredText = ({ answers: { id } }) => (id ? numberOf(id) : "a charge in the text");
export const answersText = statement => `answers ${answeredText(statement)} (${percent(statement.answers.score)})`;

export function showLines() {
  byId("paper").classList.toggle("joined", answers().length > 0);
  placeLines();
}

// Draws the lines; called again whenever the text of the article moves.
export function placeLines() {
  const box = byId("lines").getBoundingClientRect();
  const firstMarks = new Map(); // the first mark of each statement or charge, by its id
  for (const mark of byId("article").querySelectorAll("[data-id], [data-told]")) {
    const id = mark.dataset.id ?? mark.dataset.told;
    if (!firstMarks.has(id)) firstMarks.set(id, mark);
  }
  const heightOf = id => { // the middle of the line of text in which a statement begins; undefined without a mark
    const row = [...(firstMarks.get(id)?.getClientRects() ?? [])].find(rect => rect.width > 1);
    return row && row.top + row.height / 2 - box.top;
  };
  const spans = answers()
    .map(([statement, to]) => ({ statement, to, start: heightOf(statement.id) + 4, end: heightOf(to.id) - 4 }))
    .filter(({ start, end }) => start - end) // drops NaN too: a height is NaN if there is no mark
    .sort((a, b) => Math.abs(a.start - a.end) - Math.abs(b.start - b.end)); // short lines go inside long ones
  const lanes = Array.from({ length: LANES }, () => []);
  for (const span of spans) {
    const [top, bottom] = [span.start, span.end].sort((a, b) => a - b);
    const free = lanes.findIndex(taken => taken.every(([from, to]) => bottom < from || to < top));
    span.lane = free < 0 ? LANES - 1 : free;
    lanes[span.lane].push([top, bottom]);
  }
  const gutter = parseFloat(getComputedStyle(byId("lines")).getPropertyValue("--gutter")); // pixels
  const laneWidth = Math.min(8, (gutter - FIRST_LANE - EDGE) / Math.max(1, Math.max(...spans.map(span => span.lane))));
  byId("lines").replaceChildren(...spans.map(({ statement, to, start, end, lane }) => {
    const x = -FIRST_LANE - laneWidth * lane;
    const corner = Math.sign(end - start) * Math.min(CORNER_RADIUS, Math.abs(end - start) / 2);
    const path = `M-3,${start}H${x + CORNER_RADIUS}Q${x},${start} ${x},${start + corner}`
      + `V${end - corner}Q${x},${end} ${x + CORNER_RADIUS},${end}H-6`;
    const drawnLine = line(labelOf(statement), path, `${numberOf(statement.id)} ${answersText(statement)}`, [-2, end]);
    drawnLine.dataset.id = statement.id;
    drawnLine.dataset.to = to.id;
    return drawnLine;
  }));
}
