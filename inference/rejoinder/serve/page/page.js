// Reads an article by POST /read and shows what came back. Texts are set as text, never as HTML.

import { showText } from "./article.js";
import { asCsv, asJson, copy } from "./copy.js";
import { limit, textOf } from "./drop.js";
import { showSaid } from "./graph.js";
import { answers, answersTo, placeLines, showLines } from "./lines.js";
import { showStatements } from "./list.js";
import { actsOf, byId, element, nameOf, other, percent, state, threshold } from "./shared.js";

const NARROW = matchMedia("(max-width: 53.75em)"); // as in page.css
const HEADER = /^[\x21-\x7e]*$/; // what a token can be for a header to hold it
const SETTLED = 600; // milliseconds without a step of the slider
const LONG = 5000; // milliseconds from which on a reader may think that nothing goes on

let reading = null; // {text, stop} of the article that the service is reading
let dropped = {}; // {text, shown} of a file: as it is, and as the field has it, which changes the ends of lines
let stepping = 0; // the frame in which what the slider has changed is shown
let telling = 0; // the timer that tells of it, or that the service is reading still
let pointed = null; // the id of the statement that is looked at
let opened = null; // of that whose probabilities are unfolded in the list
let peeked = null; // of that which a narrow window shows below the article
let followed = null; // where a link leads, while the page scrolls there
let clearing = 0; // the frame in which a mark moves out from under that

function say(text, { problem = false } = {}) {
  clearTimeout(telling);
  byId("message").textContent = text;
  byId("message").classList.toggle("problem", problem);
}

// What the service answers, which holds a list that is `wanted`.
async function ask(path, wanted, request = {}) {
  const headers = { "content-type": "application/json" };
  const token = byId("token").value.trim();
  if (!HEADER.test(token)) throw new Error("the token cannot be right: it has letters or signs that no token has");
  if (token) headers.authorization = `Bearer ${token}`;
  const answer = await fetch(path, { ...request, headers })
    .catch(() => { throw new Error("the service does not answer"); });
  if (answer.status === 401) {
    byId("token-row").hidden = false;
    byId("token").focus();
  }
  const told = await answer.json().catch(() => null); // a proxy before the service tells its errors as it likes
  const { error } = told ?? {};
  if (!answer.ok) throw new Error(typeof error === "string" ? error : `the service answered ${answer.status}`);
  if (!told) throw new Error("what the service answered is cut short or no JSON");
  if (!Array.isArray(told[wanted])) throw new Error(`what answered gives no ${wanted}: it is another service`);
  return told;
}

// The limits of the service, and what its labels are.
async function learn() {
  if (!state.info.model_id) state.info = await ask("info", "labels");
}

function refuse(error) {
  const expected = error.constructor === Error; // thrown here; others are mistakes of the page
  if (!expected) console.error(error);
  say(`This could not be read: ${expected ? error.message : `the page failed, ${error}`}.`, { problem: true });
}

async function readArticle() {
  const { value } = byId("text");
  const text = value === dropped.shown ? dropped.text : value;
  if (!text.trim()) return say("Paste an article first: there is no text to read.", { problem: true });
  if (text === reading?.text) return;
  reading?.stop.abort(); // the answer to an earlier request must not replace that to a later one
  const stop = new AbortController();
  reading = { text, stop };
  byId("ask").ariaBusy = "true";
  byId("result").hidden = true;
  say("Reading …");
  telling = setTimeout(say, LONG, "Still reading: a long article takes a while …");
  try {
    await learn();
    const [count, most] = [[...text].length, state.info.max_characters];
    if (count > most) throw new Error(`it has ${count.toLocaleString("en")} characters; ${limit(most)}`);
    const request = { method: "POST", body: JSON.stringify({ text }), signal: stop.signal };
    const { statements } = await ask("read", "statements", request);
    if (statements.some(({ model }) => model && model !== state.info.model_id)) { // it has begun again with another
      state.info = await ask("info", "labels");
    }
    if (stop.signal.aborted) return;
    const numbers = new Map(statements.map((one, i) => [one.id, i + 1]));
    state.article = { text, characters: [...text], statements, numbers };
    pointed = opened = peeked = null;
    show();
    tell();
  } catch (error) {
    if (!stop.signal.aborted) refuse(error);
  } finally {
    if (reading?.stop === stop) {
      reading = null;
      byId("ask").ariaBusy = "false";
    }
  }
}

// Tells what is shown, and how to see what answers what.
function tell() {
  const { statements } = state.article;
  const count = statements.length;
  if (!count) return say("No statements found in this text.");
  const acts = threshold() ? `, ${statements.filter(one => actsOf(one).length).length} of them acts` : "";
  const hint = NARROW.matches ? "Tap a statement to see what it answers."
    : "A line in the margin leads from an answer to what it answers.";
  say(`${count} statement${count > 1 ? "s" : ""}${acts}.${answers().length ? ` ${hint}` : ""}`);
}

// All but the slider's own value at most once a frame, or steps would wait for each other; told once it rests.
function step() {
  showThreshold();
  cancelAnimationFrame(stepping);
  stepping = requestAnimationFrame(show);
  clearTimeout(telling);
  telling = setTimeout(tell, SETTLED);
}

function show() {
  byId("result").hidden = !state.article.statements.length;
  byId("threshold-row").hidden = !Object.keys(state.info.thresholds).length; // where the likeliest label holds
  showThreshold();
  byId("model").textContent = `Model: ${state.info.model_id}.`;
  showLegend();
  showText();
  showSaid();
  showStatements();
  showLines();
  point(pointed);
}

function showThreshold() {
  byId("threshold-value").textContent = threshold() ? percent(threshold()) : "the model’s own";
  byId("threshold").setAttribute("aria-valuetext", byId("threshold-value").textContent);
}

function showLegend() {
  const items = [...state.info.labels, other()].map(label => element("li", {}, nameOf(label)));
  if (state.article.statements.some(one => one.indirect)) {
    items.push(element("li", {}, element("span", { className: "indirect name", textContent: "indirect speech" })));
  }
  byId("legend").replaceChildren(...items);
}

// Shows which statement is looked at. Under a pointer on the list nothing unfolds: another would slip under it. What is
// `under` the pointer stays there, whatever the list takes back or folds above it.
function point(id, { fromArticle = false, unfold = fromArticle, under = null } = {}) {
  const top = under?.getBoundingClientRect().top;
  followed = null;
  pointed = id;
  if (unfold) opened = id;
  if (fromArticle || id !== peeked) peeked = fromArticle ? id : null;
  const near = new Set(answers().filter(pair => pair.some(one => one.id === id)).flat().map(one => one.id));
  for (const one of byId("result").querySelectorAll("[data-id]")) {
    const mine = one.dataset.id;
    one.classList.toggle("on", mine === id || (id !== null && one.dataset.to === id));
    one.classList.toggle("near", mine !== id && near.has(mine));
    one.classList.toggle("open", mine === opened);
    one.classList.toggle("peek", mine === peeked);
    one.querySelector("button")?.setAttribute("aria-pressed", String(mine === id));
  }
  for (const one of byId("article").querySelectorAll("[data-told]")) {
    one.classList.toggle("near", near.has(one.dataset.told));
  }
  byId("lines").classList.toggle("some", near.size > 0);
  document.documentElement.style.setProperty("--card", `${find("li", peeked)?.offsetHeight ?? 0}px`);
  if (under) (scroller() ?? window).scrollBy(0, under.getBoundingClientRect().top - top);
  if (fromArticle && id) showCard(id);
}

function pointAt(target, { unfold = false } = {}) {
  const under = target.closest("[data-id]");
  const id = under?.dataset.id;
  const fromArticle = Boolean(target.closest("#paper"));
  if (!id || (id === pointed && !unfold && (id === peeked || !fromArticle))) return;
  point(id, { fromArticle, unfold: unfold || fromArticle, under });
  if (fromArticle) clear(target.closest("mark"));
}

// Scrolls a mark out from under the card of a narrow window; in the next frame, or the click on it would fall beside it.
function clear(mark) {
  cancelAnimationFrame(clearing);
  if (!mark || getComputedStyle(find("li", mark.dataset.id)).position !== "fixed") return;
  clearing = requestAnimationFrame(() => scrollTo(mark, "nearest"));
}

// What statements scroll in beside the article; in a narrow window that is the page.
const scroller = () => [byId("statements"), byId("list")].find(one => getComputedStyle(one).overflowY === "auto");

// Scrolls to a statement in the list, which scrolls as a whole where too little of it can be seen; the page stays.
function showCard(id) {
  const [list, inner, card] = [byId("list"), byId("statements"), find("li", id)];
  list.classList.remove("whole");
  list.classList.toggle("whole", innerHeight - inner.getBoundingClientRect().top < card.offsetHeight);
  const scrolling = scroller();
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

// Whether the page has still to scroll until a mark stands in its middle, as far as it can.
function isOnTheWay(mark) {
  const { top, bottom } = mark.getBoundingClientRect();
  const { scrollTop, scrollHeight, clientHeight } = document.documentElement;
  const due = (top + bottom - clientHeight) / 2;
  return Math.abs(Math.max(-scrollTop, Math.min(due, scrollHeight - clientHeight - scrollTop))) > 2;
}

async function drop(files) {
  try {
    if (files.length > 1) throw new Error("drop one file at a time");
    await learn().catch(() => {}); // reading tells what is wrong
    const text = await textOf(files[0], state.info.max_characters);
    byId("text").value = text;
    dropped = { text, shown: byId("text").value };
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
byId("threshold").addEventListener("input", step);
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
  followed = link ? mark : null;
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
  const answering = answersTo(told).map(from => from.id);
  const to = id ?? (answering.includes(pointed) ? pointed : answering[0]);
  find("li", to)?.querySelector("button").focus();
});
document.addEventListener("scrollend", () => { // a link has moved the list, or there may be room for the graph now
  if (!peeked || !(followed || byId("list").classList.contains("whole"))) return;
  if (followed && isOnTheWay(followed)) return; // what has ended was begun before
  showCard(peeked);
  if (followed) scrollTo(find("li", peeked), "nearest"); // where the list reaches below the window
  followed = null;
});
for (const kind of ["wheel", "touchmove"]) {
  document.addEventListener(kind, () => { followed = null; }, { passive: true }); // the reader goes elsewhere
}
document.addEventListener("keydown", event => {
  if (event.key === "Escape" && pointed) point(null, { unfold: true });
});
for (const kind of ["dragover", "dragleave", "drop"]) {
  document.addEventListener(kind, event => { // beside the field too, or the browser would leave for the file
    const { types, files } = event.dataTransfer;
    if (!types.includes("Files")) return;
    byId("text").classList.toggle("over", kind === "dragover");
    event.preventDefault();
    if (kind === "drop" && files.length) drop([...files]); // which the browser empties after the event
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

const examples = await fetch("articles.json").then(answer => (answer.ok ? answer.json() : [])).catch(() => []);
byId("examples").parentElement.hidden = !examples.length;
byId("examples").replaceChildren(...examples.map(({ title, text }) => {
  const button = element("button", { type: "button", textContent: title });
  button.addEventListener("click", () => { byId("text").value = text; readArticle(); });
  return button;
}));
