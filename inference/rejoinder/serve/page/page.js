// Reads an article by POST /read and shows what came back. Texts are set as text, never as HTML.

import { showText } from "./article.js";
import { asCsv, asJson, copy } from "./copy.js";
import { limit, textOf } from "./drop.js";
import { showSaid } from "./graph.js";
import { answers, answersTold, placeLines, showLines } from "./lines.js";
import {
  NOBODY, byId, element, labelOf, labelsOf, nameOf, named, numberOf, other, percent, scoreOf, state, targetOf,
  threshold,
} from "./shared.js";

let asked = 0; // requests so far: the answer to an earlier one must not replace that to a later one
let pointed = null; // the id of the statement that is looked at
let opened = null; // of that whose probabilities are unfolded in the list
let peeked = null; // of that which a narrow window shows below the article
let clearing = 0; // the frame in which a mark moves out from under that

function say(text, { problem = false } = {}) {
  byId("message").textContent = text;
  byId("message").classList.toggle("problem", problem);
}

async function ask(path, body) {
  const headers = { "content-type": "application/json" };
  if (byId("token").value) headers.authorization = `Bearer ${byId("token").value}`;
  const answer = await fetch(path, body ? { method: "POST", headers, body: JSON.stringify(body) } : { headers })
    .catch(() => { throw new Error("the service does not answer"); });
  if (answer.status === 401) byId("token-row").hidden = false;
  const told = await answer.json().catch(() => null); // a proxy before the service tells its errors as it likes
  if (!answer.ok) throw new Error(told?.error ?? `the service answered ${answer.status}`);
  if (!told) throw new Error("what the service answered is cut short or no JSON");
  return told;
}

// The limits of the service, and what its labels are.
async function learn() {
  if (!state.info.model_id) state.info = await ask("info");
}

function refuse(error) {
  const expected = error.constructor === Error; // thrown here; others are mistakes of the page
  if (!expected) console.error(error);
  say(`This could not be read: ${expected ? error.message : `the page failed, ${error}`}.`, { problem: true });
}

async function readArticle() {
  const text = byId("text").value;
  if (!text.trim()) return say("Paste an article first: there is no text to read.", { problem: true });
  const mine = ++asked;
  byId("result").hidden = true;
  say("Reading …");
  try {
    await learn();
    const [count, most] = [[...text].length, state.info.max_characters];
    if (count > most) throw new Error(`it has ${count.toLocaleString("en")} characters; ${limit(most)}`);
    const { statements } = await ask("read", { text });
    if (mine !== asked) return;
    state.article = { text, characters: [...text], statements };
    pointed = opened = peeked = null;
    const found = statements.length;
    const lines = answers().length ? " A line in the margin leads from an answer to what it answers." : "";
    say(found ? `${found} statement${found > 1 ? "s" : ""}.${lines}` : "No statements found in this text.");
    show();
  } catch (error) {
    if (mine === asked) refuse(error);
  }
}

function show() {
  byId("result").hidden = !state.article.statements.length;
  byId("threshold-row").hidden = !Object.keys(state.info.thresholds).length; // where the likeliest label holds
  byId("threshold-value").textContent = threshold() ? percent(threshold()) : "the model’s own";
  byId("threshold").setAttribute("aria-valuetext", byId("threshold-value").textContent);
  byId("model").textContent = `Model: ${state.info.model_id}.`;
  showLegend();
  showText();
  showSaid();
  showStatements();
  showLines();
  point(pointed);
}

function showLegend() {
  const items = [...state.info.labels, other()].map(label => element("li", {}, nameOf(label)));
  if (state.article.statements.some(one => one.indirect)) {
    items.push(element("li", {}, element("span", { className: "indirect name", textContent: "indirect speech" })));
  }
  byId("legend").replaceChildren(...items);
}

function showStatements() {
  const items = state.article.statements.map(one => {
    const names = labelsOf(one).map(nameOf);
    const part = (className, ...children) => element("span", { className }, ...children);
    const mention = one.speaker_mention && one.speaker_mention !== one.speaker ? ` (“${one.speaker_mention}”)` : "";
    const button = element("button", { type: "button" },
      part("head",
        part("number", numberOf(one.id)), ...names.flatMap((name, i) => (i ? [", ", name] : [name])),
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
  const told = answers().filter(([from]) => from === one)
    .map(([, to]) => element("span", {}, link(to, `${answersTold(one)}${to.told ? "" : `: ${to.speaker ?? NOBODY}`}`, null)));
  const answering = answers().filter(([, to]) => to === one).flatMap(([from], i) =>
    [i ? ", " : "answered by ", link(from, numberOf(from.id), `answered by ${numberOf(from.id)}`)]);
  if (answering.length) told.push(element("span", {}, ...answering));
  return told.length ? [element("p", { className: "links" }, ...told)] : [];
}

// Shows which statement is looked at. Under a pointer on the list nothing unfolds: another would slip under it.
function point(id, { fromArticle = false, unfold = fromArticle } = {}) {
  pointed = id;
  if (unfold) opened = id;
  if (fromArticle || id !== peeked) peeked = fromArticle ? id : null;
  const near = answers().filter(pair => pair.some(one => one.id === id)).flat().map(one => one.id);
  for (const one of byId("result").querySelectorAll("[data-id]")) {
    const mine = one.dataset.id;
    one.classList.toggle("on", mine === id || (id !== null && one.dataset.to === id));
    one.classList.toggle("near", mine !== id && near.includes(mine));
    one.classList.toggle("open", mine === opened);
    one.classList.toggle("peek", mine === peeked);
    one.querySelector("button")?.setAttribute("aria-pressed", String(mine === id));
  }
  for (const one of byId("article").querySelectorAll("[data-told]")) {
    one.classList.toggle("near", near.includes(one.dataset.told));
  }
  byId("lines").classList.toggle("some", near.length > 0);
  document.documentElement.style.setProperty("--card", `${find("li", peeked)?.offsetHeight ?? 0}px`);
  if (fromArticle && id) showCard(id);
}

function pointAt(target, { unfold = false } = {}) {
  const id = target.closest("[data-id]")?.dataset.id;
  const fromArticle = Boolean(target.closest("#paper"));
  if (!id || (id === pointed && !unfold && (id === peeked || !fromArticle))) return;
  point(id, { fromArticle, unfold: unfold || fromArticle });
  if (fromArticle) clear(target.closest("mark"));
}

// Scrolls a mark out from under the card of a narrow window; in the next frame, or the click on it would fall beside it.
function clear(mark) {
  cancelAnimationFrame(clearing);
  if (!mark || getComputedStyle(find("li", mark.dataset.id)).position !== "fixed") return;
  clearing = requestAnimationFrame(() => scrollTo(mark, "nearest"));
}

// Scrolls to a statement in the list, which scrolls as a whole where too little of it can be seen; the page stays.
function showCard(id) {
  const [list, inner, card] = [byId("list"), byId("statements"), find("li", id)];
  list.classList.remove("whole");
  list.classList.toggle("whole", innerHeight - inner.getBoundingClientRect().top < card.offsetHeight);
  const scrolling = [inner, list].find(one => getComputedStyle(one).overflowY === "auto");
  if (!scrolling) return;
  const [around, place] = [scrolling, card].map(one => one.getBoundingClientRect());
  const below = Math.max(0, place.bottom - Math.min(around.bottom, innerHeight));
  scrolling.scrollTop += Math.min(below, place.top - around.top); // its head before its end
}

const find = (tag, id) => byId("result").querySelector(`${tag}[data-id="${CSS.escape(id)}"]`);

function scrollTo(mark, block = "center") {
  cancelAnimationFrame(clearing);
  const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
  mark?.scrollIntoView({ block, behavior: still ? "auto" : "smooth" });
}

async function drop(file) {
  try {
    await learn().catch(() => {}); // reading tells what is wrong
    byId("text").value = await textOf(file, state.info.max_characters);
  } catch (error) {
    return refuse(error);
  }
  await readArticle();
}

async function copyAs(what, text) {
  const done = await copy(text);
  say(done ? `Copied as ${what}.` : "The browser does not let this page copy.", { problem: !done });
}

byId("ask").addEventListener("submit", event => { event.preventDefault(); readArticle(); });
byId("threshold").addEventListener("input", show);
byId("copy-json").addEventListener("click", () => copyAs("JSON", asJson()));
byId("copy-csv").addEventListener("click", () => copyAs("CSV", asCsv()));
byId("result").addEventListener("focusin", event => {
  cancelAnimationFrame(clearing); // the browser scrolls to what has the focus now
  pointAt(event.target, { unfold: true });
});
byId("result").addEventListener("mousemove", event => pointAt(event.target)); // not what scrolls below it
byId("statements").addEventListener("click", event => {
  const link = event.target.closest("a[data-to]");
  const charge = link && byId("article").querySelector(`[data-told="${link.dataset.to}"]`); // nothing of its own to show
  const id = (charge ? null : link?.dataset.to) ?? event.target.closest("[data-id]")?.dataset.id;
  if (!id) return;
  event.preventDefault();
  const mark = charge ?? find("mark", id);
  if (link) (mark ?? find("li", id).querySelector("button")).focus({ preventScroll: true });
  point(id, { fromArticle: Boolean(link), unfold: true });
  scrollTo(mark);
});
byId("article").addEventListener("click", event => {
  if (event.target.closest("mark")) pointAt(event.target);
  else point(null, { unfold: true });
});
// To the list, where links are: from a mark to its place, from a charge to that of a statement that answers it.
byId("article").addEventListener("keydown", event => {
  const { id, told } = event.target.dataset;
  if (event.key !== "Enter" && (event.key !== " " || told)) return; // a charge is no button: the page scrolls
  event.preventDefault();
  const answering = answers().filter(([, to]) => to.id === told).map(([from]) => from.id);
  const to = id ?? (answering.includes(pointed) ? pointed : answering[0]);
  find("li", to)?.querySelector("button").focus();
});
document.addEventListener("scrollend", () => { // there may be room for the graph now
  if (peeked && byId("list").classList.contains("whole")) showCard(peeked);
});
document.addEventListener("keydown", event => {
  if (event.key === "Escape" && pointed) point(null, { unfold: true });
});
for (const kind of ["dragover", "dragleave", "drop"]) {
  document.addEventListener(kind, event => { // beside the field too, or the browser would leave for the file
    const { types, files } = event.dataTransfer;
    if (!types.includes("Files")) return;
    byId("text").classList.toggle("over", kind === "dragover");
    event.preventDefault();
    if (kind === "drop" && files.length) drop(files[0]);
  });
}
let width = 0; // for which the graph is drawn
new ResizeObserver(() => {
  if (byId("result").hidden) return;
  placeLines();
  if (width !== byId("graph").clientWidth) showSaid();
  width = byId("graph").clientWidth;
  point(pointed);
}).observe(byId("paper"));

const examples = await (await fetch("articles.json")).json();
byId("examples").replaceChildren(...examples.map(({ title, text }) => {
  const button = element("button", { type: "button", textContent: title });
  button.addEventListener("click", () => { byId("text").value = text; readArticle(); });
  return button;
}));
