// Lines beside the article, each from a statement to what it answers.

import {
  answerOf, byId, labelOf, line, numberOf, percent, sliceOf, state, threshold,
} from "./shared.js";

const LANES = 5; // beside each other; what does not fit shares the last
const ROUND = 6;

let known = {}; // the answers in an article at a threshold, found once

function found() {
  if (known.article === state.article && known.threshold === threshold()) return known;
  const byName = new Map(state.article.statements.map(one => [one.id, one]));
  const pairs = state.article.statements.filter(answerOf)
    .map(one => [one, byName.get(one.answers.id) ?? charge(one.answers)]);
  const answering = new Map();
  for (const [from, to] of pairs) answering.set(to.id, [...(answering.get(to.id) ?? []), from]);
  known = { article: state.article, threshold: threshold(), pairs, answered: new Map(pairs), answering };
  return known;
}

// [answering, answered] for each answer; what is answered is a statement, or a charge that the article itself tells.
export const answers = () => found().pairs;
// What a statement answers.
export const answeredBy = one => found().answered.get(one);
// The statements that answer a statement or a charge.
export const answersTo = id => found().answering.get(id) ?? [];

const charge = ({ span }) => ({ id: `told-${span[0]}`, told: true, span, quote: sliceOf(...span) });

export const answered = one => (one.answers.id ? numberOf(one.answers.id) : "a charge in the text");
export const answersTold = one => `answers ${answered(one)} (${percent(one.answers.score)})`;

export function showLines() {
  byId("paper").classList.toggle("joined", answers().length > 0);
  placeLines();
}

// Called again whenever the text moves within the article.
export function placeLines() {
  const ground = byId("lines").getBoundingClientRect();
  const firsts = new Map(); // of the marks of each statement or charge
  for (const one of byId("article").querySelectorAll("[data-id], [data-told]")) {
    const id = one.dataset.id ?? one.dataset.told;
    if (!firsts.has(id)) firsts.set(id, one);
  }
  const heightOf = id => { // the middle of the row in which a statement begins
    const row = [...(firsts.get(id)?.getClientRects() ?? [])].find(one => one.width > 1);
    return row && row.top + row.height / 2 - ground.top;
  };
  const spans = answers()
    .map(([one, to]) => ({ one, to, start: heightOf(one.id) + 4, end: heightOf(to.id) - 4 })) // NaN without a mark
    .filter(({ start, end }) => start - end)
    .sort((a, b) => Math.abs(a.start - a.end) - Math.abs(b.start - b.end)); // short ones stand inside long ones
  const lanes = Array.from({ length: LANES }, () => []);
  for (const span of spans) {
    const [top, bottom] = [span.start, span.end].sort((a, b) => a - b);
    const free = lanes.findIndex(taken => taken.every(([from, to]) => bottom < from || to < top));
    span.lane = free < 0 ? LANES - 1 : free;
    lanes[span.lane].push([top, bottom]);
  }
  const room = parseFloat(getComputedStyle(byId("lines")).getPropertyValue("--gutter")); // pixels
  const apart = Math.min(8, (room - 14) / Math.max(1, Math.max(...spans.map(one => one.lane))));
  byId("lines").replaceChildren(...spans.map(({ one, to, start, end, lane }) => {
    const x = -14 - apart * lane;
    const turn = Math.sign(end - start) * Math.min(ROUND, Math.abs(end - start) / 2);
    const path = `M-3,${start}H${x + ROUND}Q${x},${start} ${x},${start + turn}`
      + `V${end - turn}Q${x},${end} ${x + ROUND},${end}H-6`;
    const made = line(labelOf(one), path, `${numberOf(one.id)} ${answersTold(one)}`, [-2, end]);
    made.dataset.id = one.id;
    made.dataset.to = to.id;
    return made;
  }));
}
