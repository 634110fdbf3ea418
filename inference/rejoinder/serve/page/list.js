// The list of statements: what each one does, with probabilities and links to what it answers.

import { answeredBy, answersTo, answersTold } from "./lines.js";
import {
  NOBODY, byId, element, labelOf, labelsOf, nameOf, named, numberOf, percent, scoreOf, state, targetOf,
} from "./shared.js";

export function showStatements() {
  const items = state.article.statements.map(one => {
    const names = labelsOf(one).map(nameOf);
    const part = (className, ...children) => element("span", { className }, ...children);
    const mention = one.speaker_mention && one.speaker_mention !== one.speaker ? ` (“${one.speaker_mention}”)` : "";
    const button = element("button", { type: "button" },
      part("head",
        part("number", numberOf(one.id)), " ", ...names.flatMap((name, i) => (i ? [", ", name] : [name])),
        ` ${percent(scoreOf(one))}`, ...(one.indirect ? [part("soft", " · indirect speech")] : [])),
      part("who", `${one.speaker ?? NOBODY}${mention}`),
      ...(targetOf(one) ? [part("whom", ` about ${one.target.name}`)] : []),
      part("said", one.quote));
    button.setAttribute("aria-pressed", "false");
    const bars = state.info.labels.flatMap(act => {
      const bar = element("span");
      bar.style.width = percent(one.scores[act]).replace(" ", "");
      return [
        element("dt", { textContent: named(act) }),
        element("dd", { className: `bar ${act}`, ariaHidden: "true" }, bar),
        element("dd", { className: "number", textContent: percent(one.scores[act]) }),
      ];
    });
    const item = element("li", { className: labelOf(one) }, button,
      element("dl", { className: "scores" }, ...bars), ...linksOf(one));
    item.dataset.id = one.id;
    return item;
  });
  byId("statements").replaceChildren(...items);
}

// What a statement answers and what answers it, as links to the marks in the article.
function linksOf(one) {
  const link = (to, textContent, name) => {
    const title = to.told ? to.quote : `${to.speaker ?? NOBODY}: ${to.quote}`;
    const made = element("a", { href: "#article", textContent, ariaLabel: name, title });
    made.dataset.to = to.id;
    return made;
  };
  const to = answeredBy(one);
  const whose = to && (to.told ? "" : `: ${to.speaker ?? NOBODY}`);
  const told = to ? [element("span", {}, link(to, `${answersTold(one)}${whose}`, null))] : [];
  const answering = answersTo(one.id).flatMap((from, i) =>
    [i ? ", " : "answered by ", link(from, numberOf(from.id), `answered by ${numberOf(from.id)}`)]);
  if (answering.length) told.push(element("span", {}, ...answering));
  return told.length ? [element("p", { className: "links" }, ...told)] : [];
}
