// Copies the statements as CSV or JSON, with the labels that result from the chosen threshold.

import { actsOf, answerOf, element, labelOf, scoreOf, state, targetOf } from "./shared.js";

const FORMULA_START = /^[=+\-@\t\r\n\0]/; // a spreadsheet takes a text that starts like this for a formula

export function asCsv() {
  const { labels } = state.info;
  const escaped = value => (typeof value === "string" && FORMULA_START.test(value) ? `'${value}` : value ?? "");
  const cell = value => `"${String(escaped(value)).replaceAll('"', '""')}"`;
  const columns = [
    "id", "speaker", "speaker_mention", "indirect", "quote", "label", "acts", "target", "target_score",
    "answers", "answers_span", "answers_score", ...labels.map(act => `score_${act}`),
  ];
  const rows = state.article.statements.map(statement => [
    statement.id, statement.speaker, statement.speaker_mention, statement.indirect, statement.quote,
    labelOf(statement), actsOf(statement).join("|"), targetOf(statement)?.name, targetOf(statement)?.score,
    answerOf(statement)?.id, answerOf(statement) && JSON.stringify(answerOf(statement).span),
    answerOf(statement)?.score, ...labels.map(act => statement.scores[act]),
  ]);
  return [columns, ...rows].map(row => row.map(cell).join(",")).join("\n") + "\n";
}

export function asJson() {
  const statements = state.article.statements.map(statement =>
    ({
      ...statement, label: labelOf(statement), score: scoreOf(statement), acts: actsOf(statement),
      target: targetOf(statement), answers: answerOf(statement),
    }));
  return JSON.stringify({ statements }, null, 2) + "\n";
}

// Copies to the clipboard; returns whether the browser allowed it.
export async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch { // without HTTPS, browsers do not offer the clipboard API
    const focused = document.activeElement; // loses the focus to the text area
    const area = element("textarea", { value: text, className: "hidden" });
    document.body.append(area);
    area.select();
    const copied = document.execCommand("copy");
    area.remove();
    focused?.focus({ preventScroll: true });
    return copied;
  }
}
