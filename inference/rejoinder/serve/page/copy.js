// Copies what was found, with the labels that the chosen threshold gives.

import { actsOf, element, labelOf, scoreOf, state } from "./shared.js";

export function asCsv() {
  const { labels } = state.info;
  const cell = value => `"${String(value ?? "").replaceAll('"', '""')}"`;
  const columns = [
    "id", "speaker", "speaker_mention", "indirect", "quote", "label", "acts", "target", "target_score",
    "answers", "answers_score", ...labels.map(act => `score_${act}`),
  ];
  const rows = state.article.statements.map(one => [
    one.id, one.speaker, one.speaker_mention, one.indirect, one.quote, labelOf(one), actsOf(one).join("|"),
    one.target?.name, one.target?.score, one.answers?.id, one.answers?.score, ...labels.map(act => one.scores[act]),
  ]);
  return [columns, ...rows].map(row => row.map(cell).join(",")).join("\n") + "\n";
}

export function asJson() {
  const told = state.article.statements.map(one =>
    ({ ...one, label: labelOf(one), score: scoreOf(one), acts: actsOf(one) }));
  return JSON.stringify({ statements: told }, null, 2) + "\n";
}

// Tells whether the browser let it.
export async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch { // without HTTPS, browsers keep the clipboard to themselves
    const area = element("textarea", { value: text, className: "hidden" });
    document.body.append(area);
    area.select();
    const done = document.execCommand("copy");
    area.remove();
    return done;
  }
}
