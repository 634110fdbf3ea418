// Copies what was found, with the labels that the chosen threshold gives.

import { actsOf, answerOf, element, labelOf, scoreOf, state, targetOf } from "./shared.js";

const FORMULA = /^[=+\-@\t\r\n\0]/; // what a spreadsheet takes a text for that begins so

export function asCsv() {
  const { labels } = state.info;
  const harmless = value => (typeof value === "string" && FORMULA.test(value) ? `'${value}` : value ?? "");
  const cell = value => `"${String(harmless(value)).replaceAll('"', '""')}"`;
  const columns = [
    "id", "speaker", "speaker_mention", "indirect", "quote", "label", "acts", "target", "target_score",
    "answers", "answers_span", "answers_score", ...labels.map(act => `score_${act}`),
  ];
  const rows = state.article.statements.map(one => [
    one.id, one.speaker, one.speaker_mention, one.indirect, one.quote, labelOf(one), actsOf(one).join("|"),
    targetOf(one)?.name, targetOf(one)?.score, answerOf(one)?.id,
    answerOf(one) && JSON.stringify(answerOf(one).span), answerOf(one)?.score, ...labels.map(act => one.scores[act]),
  ]);
  return [columns, ...rows].map(row => row.map(cell).join(",")).join("\n") + "\n";
}

export function asJson() {
  const told = state.article.statements.map(one =>
    ({
      ...one, label: labelOf(one), score: scoreOf(one), acts: actsOf(one), target: targetOf(one), answers: answerOf(one),
    }));
  return JSON.stringify({ statements: told }, null, 2) + "\n";
}

// Tells whether the browser let it.
export async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch { // without HTTPS, browsers keep the clipboard to themselves
    const focused = document.activeElement; // which the area takes the focus from
    const area = element("textarea", { value: text, className: "hidden" });
    document.body.append(area);
    area.select();
    const done = document.execCommand("copy");
    area.remove();
    focused?.focus({ preventScroll: true });
    return done;
  }
}
