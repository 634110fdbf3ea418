// The list of statements: the acts of each, their probabilities, and links to what it answers.

import { answeredBy, answersText, answersTo } from "./lines.js";
import {
  NOBODY, byId, element, labelElement, labelOf, labelText, labelsOf, numberOf, percent, scoreOf, state, targetOf,
} from "./shared.js";

export function showStatements() {
  const items = state.article.statements.map(statement => {
    const acts = labelsOf(statement).flatMap((label, i) =>
      [i ? ", " : " ", labelElement(label), ` ${percent(statement.scores[label] ?? scoreOf(statement))}`]);
    const span = (className, ...children) => element("span", { className }, ...children);
    const { speaker, speaker_mention: mention } = statement;
    const mentioned = mention && mention !== speaker ? ` (“${mention}”)` : "";
    const button = element("button", { type: "button" },
      span("head",
        span("number", numberOf(statement.id)), ...acts,
        ...(statement.indirect ? [span("soft", " · indirect speech")] : [])),
      span("who", `${speaker ?? NOBODY}${mentioned}`),
      ...(targetOf(statement) ? [span("whom", ` about ${statement.target.name}`)] : []),
      span("said", statement.quote));
    button.setAttribute("aria-pressed", "false");
    const bars = state.info.labels.flatMap(act => {
      const bar = element("span");
      bar.style.width = percent(statement.scores[act]).replace(" ", "");
      return [
        element("dt", { textContent: labelText(act) }),
        element("dd", { className: `bar ${act}`, ariaHidden: "true" }, bar),
        element("dd", { className: "number", textContent: percent(statement.scores[act]) }),
      ];
    });
    const item = element("li", { className: labelOf(statement) }, button,
      element("dl", { className: "scores" }, ...bars), ...linksOf(statement));
    item.dataset.id = statement.id;
    return item;
  });
  byId("statements").replaceChildren(...items);
}

// Links from a statement to what it answers and to what answers it, which lead to the marks in the article.
function linksOf(statement) {
  const link = (to, textContent, name) => {
    const title = to.isCharge ? to.quote : `${to.speaker ?? NOBODY}: ${to.quote}`;
    const anchor = element("a", { href: "#article", textContent, ariaLabel: name, title });
    anchor.dataset.to = to.id;
    return anchor;
  };
  const to = answeredBy(statement);
  const suffix = to && (to.isCharge ? "" : `: ${to.speaker ?? NOBODY}`);
  const links = to ? [element("span", {}, link(to, `${answersText(statement)}${suffix}`, null))] : [];
  const answering = answersTo(statement.id).flatMap((from, i) =>
    [i ? ", " : "answered by ", link(from, numberOf(from.id), `answered by ${numberOf(from.id)}`)]);
  if (answering.length) links.push(element("span", {}, ...answering));
  return links.length ? [element("p", { className: "links" }, ...links)] : [];
}
