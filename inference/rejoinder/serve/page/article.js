// The text of the article with its statements marked, and the charges that the article itself tells.

import { answered, answers, answersTo, answersTold } from "./lines.js";
import {
  NOBODY, answerOf, byId, element, labelOf, named, numberOf, percent, sliceOf, state, targetOf,
} from "./shared.js";

const WIDE = 24; // characters of a speaker's name beside a statement
const known = new WeakMap(); // of an article its words, and the short names of its speakers

const wordsOf = text => text.match(/[\p{L}\p{N}-]+/gu) ?? [];

export function showText() {
  const charges = new Map(answers().filter(([, to]) => to.told).map(([, to]) => [to.id, to]));
  const spans = [
    ...state.article.statements.flatMap(one => one.spans.map(([start, end]) => ({ one, start, end }))),
    ...[...charges.values()].map(one => ({ one, start: one.span[0], end: one.span[1] })),
  ].sort((a, b) => a.start - b.start);
  const parts = [];
  let place = 0;
  for (const { one, start, end } of spans) {
    const again = start < place; // in words that stand marked already, as of a charge and its denial: a number behind
    if (again && (one.told || start !== one.spans[0][0])) continue;
    if (!again) {
      parts.push(sliceOf(place, start));
      place = end;
    }
    if (one.told) {
      parts.push(chargeOf(one));
      continue;
    }
    const told = element("span", { className: "hidden", textContent: ` (${spoken(one)})` });
    const about = { className: labelOf(one), tabIndex: 0, title: describe(one) };
    const mark = element("mark", about, element("span", { className: "words" }, again ? "" : sliceOf(start, end)), told);
    mark.setAttribute("role", "button");
    mark.classList.toggle("indirect", Boolean(one.indirect));
    mark.classList.toggle("again", again);
    mark.dataset.id = one.id;
    mark.dataset.number = numberOf(one.id);
    mark.dataset.who = start === one.spans[0][0] && one.speaker ? ` ${shortName(one.speaker)}` : "";
    parts.push(mark);
  }
  byId("article").replaceChildren(...parts, sliceOf(place));
}

// The words in which the article itself tells a charge that statements answer.
function chargeOf(one) {
  const numbers = answersTo(one.id).map(from => numberOf(from.id)).join(", ");
  const told = element("span", { className: "hidden", textContent: ` (a charge, answered by ${numbers})` });
  const made = element("span", { className: "charge", tabIndex: -1, title: `answered by ${numbers}` }, one.quote, told);
  made.dataset.told = one.id;
  return made;
}

// What stands beside the statements of a speaker, found once: the slider has the article shown again at each step.
function shortName(name) {
  if (!known.has(state.article)) known.set(state.article, { words: wordsOf(state.article.text), names: new Map() });
  const { words, names } = known.get(state.article);
  if (!names.has(name)) names.set(name, shortened(name, words));
  return names.get(name);
}

// The last word of a speaker's name where the article uses it alone, else the name, shortened to what fits.
function shortened(name, words) {
  const last = name.split(" ").at(-1);
  const parts = wordsOf(name).reverse();
  const alone = words.some((word, i) => word === last && parts.some((part, back) => words[i - back] !== part));
  const shared = state.article.statements.some(({ speaker }) => speaker !== name && speaker?.endsWith(last));
  const shown = /^\p{Lu}/u.test(last) && alone && !shared ? last : name;
  return shown.length > WIDE ? `${shown.slice(0, WIDE).replace(/\s+\S*$/, "")}…` : shown;
}

const spoken = one => [
  `${numberOf(one.id)}: ${named(labelOf(one))}`,
  one.speaker ?? NOBODY,
  ...(one.indirect ? ["indirect speech"] : []),
  ...(answerOf(one) ? [`answers ${answered(one)}`] : []),
].join(", ");

function describe(one) {
  const scores = state.info.labels.map(act => `${named(act)} ${percent(one.scores[act])}`).join(", ");
  const about = targetOf(one) ? ` about ${one.target.name}` : "";
  const answering = answerOf(one) ? `, ${answersTold(one)}` : "";
  return `${one.speaker ?? "somebody"}${about}: ${named(labelOf(one))} (${scores})${answering}`;
}
