// The text of the article with its statements marked, and the charges that the article itself reports.

import { answeredText, answers, answersText, answersTo } from "./lines.js";
import {
  NOBODY, answerOf, byId, element, labelOf, labelText, labelsOf, numberOf, percent, sliceOf, state, targetOf,
} from "./shared.js";

const MAX_NAME_LENGTH = 24; // characters of a speaker's name next to a statement
const nameCache = new WeakMap(); // article to its words and the short names of its speakers

const wordsOf = text => text.match(/[\p{L}\p{N}-]+/gu) ?? [];

export function showText() {
  const charges = new Map(answers().filter(([, to]) => to.isCharge).map(([, to]) => [to.id, to]));
  const spans = [
    ...state.article.statements.flatMap(item => item.spans.map(([start, end]) => ({ item, start, end }))),
    ...[...charges.values()].map(item => ({ item, start: item.span[0], end: item.span[1] })),
  ].sort((a, b) => a.start - b.start);
  const parts = [];
  let place = 0; // where the text not yet rendered begins
  for (const { item, start, end } of spans) {
    const again = start < place; // in text already marked, e.g. a charge and its denial: adds only a number
    if (again && (item.isCharge || start !== item.spans[0][0])) continue;
    if (!again) {
      parts.push(sliceOf(place, start));
      place = end;
    }
    if (item.isCharge) {
      parts.push(chargeElement(item));
      continue;
    }
    const hidden = element("span", { className: "hidden", textContent: ` (${spoken(item)})` });
    const properties = { className: labelOf(item), tabIndex: 0, title: describe(item) };
    const words = element("span", { className: "words" }, again ? "" : sliceOf(start, end));
    const mark = element("mark", properties, words, hidden);
    mark.setAttribute("role", "button");
    mark.classList.toggle("indirect", Boolean(item.indirect));
    mark.classList.toggle("again", again);
    mark.dataset.id = item.id;
    mark.dataset.number = numberOf(item.id);
    mark.dataset.who = start === item.spans[0][0] && item.speaker ? ` ${shortName(item.speaker)}` : "";
    parts.push(mark);
  }
  byId("article").replaceChildren(...parts, sliceOf(place));
}

// The element for a charge that the article itself reports and that statements answer.
function chargeElement(charge) {
  const numbers = answersTo(charge.id).map(from => numberOf(from.id)).join(", ");
  const hidden = element("span", { className: "hidden", textContent: ` (a charge, answered by ${numbers})` });
  const properties = { className: "charge", tabIndex: -1, title: `answered by ${numbers}` };
  const span = element("span", properties, charge.quote, hidden);
  span.dataset.told = charge.id;
  return span;
}

// The name shown next to a speaker's statements; cached because the article is rendered again at each slider step.
function shortName(name) {
  if (!nameCache.has(state.article)) {
    nameCache.set(state.article, { words: wordsOf(state.article.text), names: new Map() });
  }
  const { words, names } = nameCache.get(state.article);
  if (!names.has(name)) names.set(name, shortened(name, words));
  return names.get(name);
}

// The last word of a speaker's name if the article uses it alone and no other speaker shares it, else the full name;
// truncated if too long.
function shortened(name, words) {
  const last = name.split(" ").at(-1);
  const parts = wordsOf(name).reverse();
  const isAlone = words.some((word, i) => word === last && parts.some((part, back) => words[i - back] !== part));
  const isShared = state.article.statements.some(({ speaker }) => speaker !== name && speaker?.endsWith(last));
  const shown = /^\p{Lu}/u.test(last) && isAlone && !isShared ? last : name;
  return shown.length > MAX_NAME_LENGTH ? `${shown.slice(0, MAX_NAME_LENGTH).replace(/\s+\S*$/, "")}…` : shown;
}

// The description of a statement for screen readers.
const spoken = statement => [
  `${numberOf(statement.id)}: ${labelText(labelOf(statement))}`,
  statement.speaker ?? NOBODY,
  ...(statement.indirect ? ["indirect speech"] : []),
  ...(answerOf(statement) ? [`answers ${answeredText(statement)}`] : []),
].join(", ");

// The tooltip of a statement.
function describe(statement) {
  const scores = state.info.labels.map(act => `${labelText(act)} ${percent(statement.scores[act])}`).join(", ");
  const about = targetOf(statement) ? ` about ${statement.target.name}` : "";
  const answering = answerOf(statement) ? `, ${answersText(statement)}` : "";
  const acts = labelsOf(statement).map(labelText).join(", ");
  return `${statement.speaker ?? "somebody"}${about}: ${acts} (${scores})${answering}`;
}
