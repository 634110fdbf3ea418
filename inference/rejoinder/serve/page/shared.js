// Shared by the scripts of the page: the current article, the acts that apply at the threshold, and element helpers.

export const NOBODY = "speaker not found";
export const state = {
  info: { labels: [], other: "other", thresholds: {}, model_id: "", max_characters: 1_000_000 },
  article: null, // {text, characters, statements, numbers}: statements from the service, numbers by their ids
};

export const byId = id => document.getElementById(id);
export const labelText = label => label.replaceAll("_", "-");
export const percent = score => `${Math.round(100 * score)} %`;
export const numberOf = id => state.article.numbers.get(id);
// Spans count code points as Python does, not UTF-16 units, and a dropped file keeps its line endings in the count.
export const sliceOf = (from, to) => state.article.characters.slice(from, to).join("").replace(/\r\n?/g, "\n");
export const threshold = () => Number(byId("threshold").value) / 100; // 0: the model's own thresholds

// The acts of a statement, the main one first: as the service decided, or by the chosen threshold for all labels.
export function actsOf(statement) {
  const chosen = threshold();
  if (!chosen) return statement.acts;
  const reaches = act => statement.scores[act] >= chosen;
  const { acts: [first, ...more], scores } = statement;
  // The service puts a denial that a verb of denying reports first, whatever its score.
  const firstLeads = more.some(act => scores[act] > scores[first]);
  const rank = act => (firstLeads && act === first ? 1 : scores[act]);
  return state.info.labels.filter(reaches).sort((a, b) => rank(b) - rank(a));
}

// The target and the answer of a statement: only if it still has an act that can have one at the chosen threshold.
const hasAct = (statement, ...acts) => !threshold() || actsOf(statement).some(act => acts.includes(act));
export const targetOf = statement => (hasAct(statement, "allegation", "counter_accusation") ? statement.target : null);
export const answerOf = statement => (hasAct(statement, "denial", "counter_accusation") ? statement.answers : null);

export const other = () => state.info.other ?? "other";
export const labelOf = statement => actsOf(statement)[0] ?? other();
export const labelsOf = statement => (actsOf(statement).length ? actsOf(statement) : [other()]);

export function scoreOf(statement) {
  if (labelOf(statement) === statement.label) return statement.score;
  const [act] = actsOf(statement);
  return act ? statement.scores[act] : 1 - Math.max(...Object.values(statement.scores));
}

export function element(tag, properties = {}, ...children) {
  const created = Object.assign(document.createElement(tag), properties);
  created.append(...children);
  return created;
}

export const labelElement = label => element("span", { className: `${label} name`, textContent: labelText(label) });

export function svgElement(tag, attributes = {}, ...children) {
  const created = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) created.setAttribute(name, value);
  created.append(...children);
  return created;
}

// A line in the style of a label, with an arrow pointing right at `tip`; its title shows when the pointer is near it.
export function line(label, path, title, tip) {
  const group = svgElement("g", { class: `${label} line` },
    svgElement("title", {}, title),
    svgElement("path", { class: "hit", d: path }),
    svgElement("path", { class: "stroke", d: path }),
    svgElement("path", { class: "core", d: path })); // over the stroke, in the page's colour: makes a line double
  if (tip) group.append(svgElement("path", { class: "arrow", d: `M${tip[0]},${tip[1]}l-8,-4.5v9z` }));
  return group;
}
