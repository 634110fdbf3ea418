// Reads an article by POST /read and shows what came back. Texts are set as text, never as HTML.

const byId = id => document.getElementById(id);
const LARGEST = 1_000_000; // bytes of a dropped file; the service has limits of its own
let info = { labels: [], other: "other", thresholds: {}, model_id: "" };
let article = null; // {text, statements} as the service told
let pointed = null; // the id of the statement that is looked at
let asked = 0; // requests so far: the answer to an earlier one must not replace that to a later one

const named = label => label.replaceAll("_", "-");
const percent = score => `${Math.round(100 * score)} %`;

function element(tag, properties = {}, ...children) {
  const made = Object.assign(document.createElement(tag), properties);
  made.append(...children);
  return made;
}

function say(text, { problem = false } = {}) {
  byId("message").textContent = text;
  byId("message").classList.toggle("problem", problem);
}

async function ask(path, body) {
  const headers = { "content-type": "application/json" };
  if (byId("token").value) headers.authorization = `Bearer ${byId("token").value}`;
  const answer = await fetch(path, body ? { method: "POST", headers, body: JSON.stringify(body) } : { headers });
  if (answer.status === 401) byId("token-row").hidden = false;
  const told = await answer.json();
  if (!answer.ok) throw new Error(told.error);
  return told;
}

async function readArticle() {
  const text = byId("text").value;
  if (!text.trim()) return say("Paste an article first: there is no text to read.", { problem: true });
  const mine = ++asked;
  byId("result").hidden = true;
  say("Reading …");
  try {
    if (!info.model_id) info = await ask("info");
    const { statements } = await ask("read", { text });
    if (mine !== asked) return;
    article = { text, statements };
    pointed = null;
    show();
  } catch (error) {
    const reason = error instanceof TypeError ? "the service does not answer" : error.message;
    if (mine === asked) say(`This could not be read: ${reason}.`, { problem: true });
  }
}

// The acts of a statement as the service decided, or with one threshold for all.
function actsOf(statement) {
  const chosen = Number(byId("threshold").value) / 100;
  if (!chosen) return statement.acts;
  const reaches = act => statement.scores[act] >= chosen;
  return info.labels.filter(reaches).sort((a, b) => statement.scores[b] - statement.scores[a]);
}

const labelOf = statement => actsOf(statement)[0] ?? info.other ?? "other";
const scoreOf = statement => {
  if (labelOf(statement) === statement.label) return statement.score;
  const [act] = actsOf(statement);
  return act ? statement.scores[act] : 1 - Math.max(...Object.values(statement.scores));
};

function show() {
  const { statements } = article;
  const count = statements.length;
  say(count ? `${count} quoted statement${count > 1 ? "s" : ""}.` : "No quoted statements found in this text.");
  byId("result").hidden = !count;
  document.querySelector(".threshold").hidden = !Object.keys(info.thresholds).length; // where the likeliest label holds
  const chosen = Number(byId("threshold").value);
  byId("threshold-value").textContent = chosen ? `${chosen} %` : "the model’s own";
  byId("model").textContent = `Model: ${info.model_id}.`;
  showLegend();
  showText();
  showStatements();
  showSpeakers();
  point(pointed);
}

function showLegend() {
  const names = [...info.labels, info.other ?? "other"];
  const item = label => element("li", { className: label }, element("span", { className: "name", textContent: named(label) }));
  byId("legend").replaceChildren(...names.map(item));
}

function showText() {
  const characters = [...article.text]; // spans count characters as Python does, not UTF-16 units
  const slice = (from, to) => characters.slice(from, to).join("");
  const spans = article.statements
    .flatMap(one => one.spans.map(([start, end]) => ({ one, start, end })))
    .sort((a, b) => a.start - b.start);
  const parts = [];
  let place = 0;
  for (const { one, start, end } of spans) {
    if (start < place) continue;
    parts.push(slice(place, start));
    const label = labelOf(one);
    const told = element("span", { className: "hidden", textContent: ` (${named(label)})` });
    const mark = element("mark", { className: label, tabIndex: 0, title: describe(one) }, slice(start, end), told);
    mark.dataset.id = one.id;
    parts.push(mark);
    place = end;
  }
  byId("article").replaceChildren(...parts, slice(place));
}

function describe(one) {
  const scores = info.labels.map(act => `${named(act)} ${percent(one.scores[act])}`).join(", ");
  return `${one.speaker ?? "somebody"}: ${named(labelOf(one))} (${scores})`;
}

function showStatements() {
  const items = article.statements.map(one => {
    const acts = actsOf(one);
    const names = (acts.length ? acts : [labelOf(one)]).map(act =>
      element("span", { className: `${act} name`, textContent: named(act) }));
    const head = element("div", {}, ...names.flatMap((name, i) => (i ? [", ", name] : [name])), ` ${percent(scoreOf(one))}`);
    const bars = info.labels.flatMap(act => {
      const bar = element("span", {});
      bar.style.width = percent(one.scores[act]).replace(" ", "");
      return [
        element("dt", { textContent: named(act) }),
        element("dd", { className: `bar ${act}`, ariaHidden: "true" }, bar),
        element("dd", { className: "number", textContent: percent(one.scores[act]) }),
      ];
    });
    const button = element("button", { type: "button", className: labelOf(one) },
      head,
      element("div", { className: "who", textContent: one.speaker ?? "speaker not found" }),
      element("div", { className: "said", textContent: one.quote }),
      element("div", { className: "details" }, element("dl", { className: "scores" }, ...bars)));
    button.dataset.id = one.id;
    button.setAttribute("aria-pressed", "false");
    return element("li", {}, button);
  });
  byId("statements").replaceChildren(...items);
}

function showSpeakers() {
  const said = new Map();
  for (const one of article.statements) {
    const name = one.speaker ?? "speaker not found";
    const counts = said.get(name) ?? new Map();
    for (const label of actsOf(one).length ? actsOf(one) : [labelOf(one)]) counts.set(label, (counts.get(label) ?? 0) + 1);
    said.set(name, counts);
  }
  const rows = [...said].map(([name, counts]) => {
    const acts = [...counts].flatMap(([label, count], i) => [
      i ? ", " : "",
      element("span", { className: `${label} name`, textContent: named(label) }),
      count > 1 ? ` ×${count}` : "",
    ]);
    return element("tr", {}, element("th", { scope: "row", textContent: name }), element("td", {}, ...acts));
  });
  byId("speakers").tBodies[0].replaceChildren(...rows);
}

function point(id, { scroll = false } = {}) {
  pointed = id;
  document.querySelectorAll("[data-id]").forEach(one => {
    one.classList.toggle("on", one.dataset.id === id);
    if (one.matches("button")) one.setAttribute("aria-pressed", String(one.dataset.id === id));
  });
  if (scroll) document.querySelector(`mark[data-id="${id}"]`)?.scrollIntoView({ block: "center", behavior: "smooth" });
}

function asCsv() {
  const cell = value => `"${String(value ?? "").replaceAll('"', '""')}"`;
  const columns = ["id", "speaker", "quote", "label", "acts", ...info.labels.map(act => `score_${act}`)];
  const rows = article.statements.map(one =>
    [one.id, one.speaker, one.quote, labelOf(one), actsOf(one).join("|"), ...info.labels.map(act => one.scores[act])]);
  return [columns, ...rows].map(row => row.map(cell).join(",")).join("\n") + "\n";
}

function asJson() {
  const told = article.statements.map(one => ({ ...one, label: labelOf(one), score: scoreOf(one), acts: actsOf(one) }));
  return JSON.stringify({ statements: told }, null, 2) + "\n";
}

async function copy(text, what) {
  try {
    await navigator.clipboard.writeText(text);
    say(`Copied as ${what}.`);
  } catch { // without HTTPS, browsers keep the clipboard to themselves
    const area = element("textarea", { value: text, className: "hidden" });
    document.body.append(area);
    area.select();
    const done = document.execCommand("copy");
    area.remove();
    say(done ? `Copied as ${what}.` : "The browser does not let this page copy.", { problem: !done });
  }
}

async function drop(file) {
  if (file.size > LARGEST) return say("This file is too large for an article.", { problem: true });
  byId("text").value = await file.text();
  await readArticle();
}

byId("ask").addEventListener("submit", event => { event.preventDefault(); readArticle(); });
byId("threshold").addEventListener("input", show);
byId("copy-json").addEventListener("click", () => copy(asJson(), "JSON"));
byId("copy-csv").addEventListener("click", () => copy(asCsv(), "CSV"));
for (const kind of ["mouseover", "focusin"]) {
  byId("result").addEventListener(kind, event => {
    const one = event.target.closest("[data-id]");
    if (one) point(one.dataset.id);
  });
}
byId("statements").addEventListener("click", event => {
  const one = event.target.closest("[data-id]");
  if (one) point(one.dataset.id, { scroll: true });
});
for (const kind of ["dragover", "dragleave", "drop"]) {
  byId("text").addEventListener(kind, event => {
    byId("text").classList.toggle("over", kind === "dragover");
    const [file] = event.dataTransfer.files;
    if (kind === "dragover" || file) event.preventDefault();
    if (kind === "drop" && file) drop(file);
  });
}

const examples = await (await fetch("articles.json")).json();
byId("examples").replaceChildren(...examples.map(({ title, text }) => {
  const button = element("button", { type: "button", textContent: title });
  button.addEventListener("click", () => { byId("text").value = text; readArticle(); });
  return button;
}));
