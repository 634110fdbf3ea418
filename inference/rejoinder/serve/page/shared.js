// What the files of the page share: the article that was read, which acts hold in it, and how elements are made.

export const NOBODY = "speaker not found";
export const state = {
  info: { labels: [], other: "other", thresholds: {}, model_id: "", max_characters: 1_000_000 },
  article: null, // {text, characters, statements, numbers}: statements as the service told, numbers by their ids
};

export const byId = id => document.getElementById(id);
export const named = label => label.replaceAll("_", "-");
export const percent = score => `${Math.round(100 * score)} %`;
export const numberOf = id => state.article.numbers.get(id);
// Spans count characters as Python does, not UTF-16 units, and those of a file with the ends of lines that it has.
export const sliceOf = (from, to) => state.article.characters.slice(from, to).join("").replace(/\r\n?/g, "\n");
export const threshold = () => Number(byId("threshold").value) / 100; // 0: the model's own

// The acts of a statement as the service decided, or with one threshold for all.
export function actsOf(statement) {
  const chosen = threshold();
  if (!chosen) return statement.acts;
  const reaches = act => statement.scores[act] >= chosen;
  const { acts: [first, ...more], scores } = statement;
  const led = more.some(act => scores[act] > scores[first]); // what a verb of denying reports is a denial before all else
  const rank = act => (led && act === first ? 1 : scores[act]);
  return state.info.labels.filter(reaches).sort((a, b) => rank(b) - rank(a));
}

// Whom a statement accuses and what it answers: only while it does what goes with that.
const does = (statement, ...acts) => !threshold() || actsOf(statement).some(act => acts.includes(act));
export const targetOf = statement => (does(statement, "allegation", "counter_accusation") ? statement.target : null);
export const answerOf = statement => (does(statement, "denial", "counter_accusation") ? statement.answers : null);

export const other = () => state.info.other ?? "other";
export const labelOf = statement => actsOf(statement)[0] ?? other();
export const labelsOf = statement => (actsOf(statement).length ? actsOf(statement) : [other()]);

export function scoreOf(statement) {
  if (labelOf(statement) === statement.label) return statement.score;
  const [act] = actsOf(statement);
  return act ? statement.scores[act] : 1 - Math.max(...Object.values(statement.scores));
}

export function element(tag, properties = {}, ...children) {
  const made = Object.assign(document.createElement(tag), properties);
  made.append(...children);
  return made;
}

export const nameOf = label => element("span", { className: `${label} name`, textContent: named(label) });

export function drawn(tag, attributes = {}, ...children) {
  const made = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...children);
  return made;
}

// A line in the manner of an act, with an arrow to the right at `tip`; its title comes where the pointer is near it.
export function line(label, path, title, tip) {
  const made = drawn("g", { class: `${label} line` },
    drawn("title", {}, title),
    drawn("path", { class: "hit", d: path }),
    drawn("path", { class: "stroke", d: path }),
    drawn("path", { class: "core", d: path })); // what makes a line a double one
  if (tip) made.append(drawn("path", { class: "arrow", d: `M${tip[0]},${tip[1]}l-8,-4.5v9z` }));
  return made;
}
