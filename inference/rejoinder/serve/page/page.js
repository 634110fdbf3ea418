// Sends an article to POST /read and shows the result. All text is inserted as text, never as HTML.

import { showText } from "./article.js";
import { asCsv, asJson, copy } from "./copy.js";
import { limitText, textOf } from "./drop.js";
import { showSaid } from "./graph.js";
import { answers, answersTo, placeLines, showLines } from "./lines.js";
import { showStatements } from "./list.js";
import { actsOf, byId, element, labelElement, other, percent, state, threshold } from "./shared.js";

const NARROW = matchMedia("(max-width: 53.75em)"); // as in page.css
const TOKEN = /^[\x21-\x7e]*$/; // the characters of a token that an HTTP header can carry
const SETTLE_MS = 600; // without a step of the slider, before the message is updated
const SLOW_MS = 5000; // after which a user may think that nothing is happening

let reading = null; // {text, controller} of the request in progress
let dropped = {}; // {text, shown} of a dropped file: its text, and the text in the field, which normalises line endings
let sliderFrame = 0; // the animation frame that shows the effect of the slider
let messageTimer = 0; // the timer of the message on that effect, or of “Still reading”
let pointedId = null; // the id of the statement pointed at
let openedId = null; // of the statement whose probabilities are unfolded in the list
let cardId = null; // of the statement that a narrow window shows as a card below the article
let followedMark = null; // the mark that a link leads to, while the page scrolls there
let uncoverFrame = 0; // the animation frame that scrolls a mark out from under the card

function say(text, { problem = false } = {}) {
  clearTimeout(messageTimer);
  byId("message").textContent = text;
  byId("message").classList.toggle("problem", problem);
}

// Fetches JSON that has a list in the field `wanted`; throws an error with a message for the user if that fails.
async function ask(path, wanted, request = {}) {
  const headers = { "content-type": "application/json" };
  const token = byId("token").value.trim();
  if (!TOKEN.test(token)) throw new Error("the token contains characters that are not allowed in a token");
  if (token) headers.authorization = `Bearer ${token}`;
  const answer = await fetch(path, { ...request, headers })
    .catch(() => { throw new Error("the service cannot be reached"); });
  if (answer.status === 401) {
    byId("token-row").hidden = false;
    byId("token").focus();
  }
  const content = await answer.json().catch(() => null); // a proxy may report errors in another form
  const { error } = content ?? {};
  if (!answer.ok) {
    throw new Error(typeof error === "string" ? error : `the service answered with the error ${answer.status}`);
  }
  if (!content) throw new Error("the answer of the service is incomplete or not in the expected format");
  if (!Array.isArray(content[wanted])) {
    throw new Error("the answer does not come from rejoinder; another service seems to be running at this address");
  }
  return content;
}

// Loads the limits and labels of the service.
async function loadInfo() {
  if (!state.info.model_id) state.info = await ask("info", "labels");
}

function showError(error) {
  const expected = error.constructor === Error; // thrown by this page; any subclass is a bug in it
  if (!expected) console.error(error);
  const reason = expected ? error.message : `there is an error in this page (${error})`;
  say(`This could not be read: ${reason}.`, { problem: true });
}

async function readArticle() {
  const { value } = byId("text");
  const text = value === dropped.shown ? dropped.text : value;
  if (!text.trim()) return say("Paste an article first: there is no text to read.", { problem: true });
  if (text === reading?.text) return;
  reading?.controller.abort(); // the response to an earlier request must not replace that to a later one
  const controller = new AbortController();
  reading = { text, controller };
  byId("ask").ariaBusy = "true";
  byId("result").hidden = true;
  say("Reading …");
  messageTimer = setTimeout(say, SLOW_MS, "Still reading: a long article takes a while …");
  try {
    await loadInfo();
    const [count, maxCharacters] = [[...text].length, state.info.max_characters];
    if (count > maxCharacters) {
      throw new Error(`the text has ${count.toLocaleString("en")} characters; ${limitText(maxCharacters)}`);
    }
    const request = { method: "POST", body: JSON.stringify({ text }), signal: controller.signal };
    const { statements } = await ask("read", "statements", request);
    if (statements.some(({ model }) => model && model !== state.info.model_id)) { // restarted with another
      state.info = await ask("info", "labels");
    }
    if (controller.signal.aborted) return;
    const numbers = new Map(statements.map((statement, i) => [statement.id, i + 1]));
    state.article = { text, characters: [...text], statements, numbers };
    pointedId = openedId = cardId = null;
    show();
    summarize();
  } catch (error) {
    if (!controller.signal.aborted) showError(error);
  } finally {
    if (reading?.controller === controller) {
      reading = null;
      byId("ask").ariaBusy = "false";
    }
  }
}

// Reports how many statements were found, and how to see what each answers.
function summarize() {
  const { statements } = state.article;
  const count = statements.length;
  if (!count) return say("No statements found in this text.");
  const acts = threshold() ? `, ${statements.filter(statement => actsOf(statement).length).length} of them acts` : "";
  const hint = NARROW.matches ? "Tap a statement to see what it answers."
    : "A line in the margin leads from an answer to what it answers.";
  say(`${count} statement${count > 1 ? "s" : ""}${acts}.${answers().length ? ` ${hint}` : ""}`);
}

// Updates the slider's value at once, the rest at most once a frame so that steps do not queue up, and the message once
// the slider rests.
function onSliderInput() {
  showThreshold();
  cancelAnimationFrame(sliderFrame);
  sliderFrame = requestAnimationFrame(show);
  clearTimeout(messageTimer);
  messageTimer = setTimeout(summarize, SETTLE_MS);
}

function show() {
  byId("result").hidden = !state.article.statements.length;
  byId("threshold-row").hidden = !Object.keys(state.info.thresholds).length; // without: the likeliest label
  showThreshold();
  byId("model").textContent = `Model: ${state.info.model_id}.`;
  showLegend();
  showText();
  showSaid();
  showStatements();
  showLines();
  point(pointedId);
}

function showThreshold() {
  byId("threshold-value").textContent = threshold() ? percent(threshold()) : "the model’s own";
  byId("threshold").setAttribute("aria-valuetext", byId("threshold-value").textContent);
}

function showLegend() {
  const items = [...state.info.labels, other()].map(label => element("li", {}, labelElement(label)));
  if (state.article.statements.some(statement => statement.indirect)) {
    items.push(element("li", {}, element("span", { className: "indirect name", textContent: "indirect speech" })));
  }
  byId("legend").replaceChildren(...items);
}

// Highlights a statement. Pointing at the list unfolds nothing, or another item would move under the pointer. The
// element `under` the pointer stays there, whatever is folded up above it in the list.
function point(id, { fromArticle = false, unfold = fromArticle, under = null } = {}) {
  const top = under?.getBoundingClientRect().top;
  followedMark = null;
  pointedId = id;
  if (unfold) openedId = id;
  if (fromArticle || id !== cardId) cardId = fromArticle ? id : null;
  const near = new Set(answers().filter(pair => pair.some(end => end.id === id)).flat().map(end => end.id));
  for (const node of byId("result").querySelectorAll("[data-id]")) {
    const mine = node.dataset.id;
    node.classList.toggle("on", mine === id || (id !== null && node.dataset.to === id));
    node.classList.toggle("near", mine !== id && near.has(mine));
    node.classList.toggle("open", mine === openedId);
    node.classList.toggle("peek", mine === cardId);
    node.querySelector("button")?.setAttribute("aria-pressed", String(mine === id));
  }
  for (const node of byId("article").querySelectorAll("[data-told]")) {
    node.classList.toggle("near", near.has(node.dataset.told));
  }
  byId("lines").classList.toggle("some", near.size > 0);
  document.documentElement.style.setProperty("--card", `${find("li", cardId)?.offsetHeight ?? 0}px`);
  if (under) (scroller() ?? window).scrollBy(0, under.getBoundingClientRect().top - top);
  if (fromArticle && id) showCard(id);
}

function pointAt(target, { unfold = false } = {}) {
  const under = target.closest("[data-id]");
  const id = under?.dataset.id;
  const fromArticle = Boolean(target.closest("#paper"));
  if (!id || (id === pointedId && !unfold && (id === cardId || !fromArticle))) return;
  point(id, { fromArticle, unfold: unfold || fromArticle, under });
  if (fromArticle) uncover(target.closest("mark"));
}

// Scrolls a mark out from under the card of a narrow window; in the next frame, or the click on the mark would miss it.
function uncover(mark) {
  cancelAnimationFrame(uncoverFrame);
  if (!mark || getComputedStyle(find("li", mark.dataset.id)).position !== "fixed") return;
  uncoverFrame = requestAnimationFrame(() => scrollTo(mark, "nearest"));
}

// The element next to the article in which the statements scroll; undefined in a narrow window, where the page scrolls.
const scroller = () => [byId("statements"), byId("list")].find(node => getComputedStyle(node).overflowY === "auto");

// Scrolls the list, not the page, to a statement. The list scrolls as a whole, graph included, if the card would
// not fit into the window below the graph.
function showCard(id) {
  const [list, inner, card] = [byId("list"), byId("statements"), find("li", id)];
  list.classList.remove("whole");
  list.classList.toggle("whole", innerHeight - inner.getBoundingClientRect().top < card.offsetHeight);
  const scrolling = scroller();
  if (!scrolling) return;
  const [listBox, cardBox] = [scrolling, card].map(node => node.getBoundingClientRect());
  const below = Math.max(0, cardBox.bottom - Math.min(listBox.bottom, innerHeight));
  scrolling.scrollTop += Math.min(below, cardBox.top - listBox.top); // if it does not fit, its top is shown
}

const find = (tag, id) => byId("result").querySelector(`${tag}[data-id="${CSS.escape(id)}"]`);

function scrollTo(mark, block = "center") {
  cancelAnimationFrame(uncoverFrame);
  const reducedMotion = matchMedia("(prefers-reduced-motion: reduce)").matches;
  mark?.scrollIntoView({ block, behavior: reducedMotion ? "auto" : "smooth" });
}

// Whether the page has yet to scroll for a mark to be in its middle, or as close to it as the page can scroll.
function isScrollPending(mark) {
  const { top, bottom } = mark.getBoundingClientRect();
  const { scrollTop, scrollHeight, clientHeight } = document.documentElement;
  const distance = (top + bottom - clientHeight) / 2;
  return Math.abs(Math.max(-scrollTop, Math.min(distance, scrollHeight - clientHeight - scrollTop))) > 2;
}

async function drop(files) {
  try {
    if (files.length > 1) throw new Error("only one file can be dropped at a time");
    await loadInfo().catch(() => {}); // readArticle() reports the error
    const text = await textOf(files[0], state.info.max_characters);
    byId("text").value = text;
    dropped = { text, shown: byId("text").value };
  } catch (error) {
    return showError(error);
  }
  await readArticle();
}

async function copyAs(format, text) {
  const copied = await copy(text);
  say(copied ? `Copied as ${format}.` : "The browser does not allow this page to copy.", { problem: !copied });
}

byId("ask").addEventListener("submit", event => { event.preventDefault(); readArticle(); });
byId("threshold").addEventListener("input", onSliderInput);
byId("copy-json").addEventListener("click", () => copyAs("JSON", asJson()));
byId("copy-csv").addEventListener("click", () => copyAs("CSV", asCsv()));
byId("result").addEventListener("focusin", event => {
  cancelAnimationFrame(uncoverFrame); // the browser itself scrolls to what gets the focus
  pointAt(event.target, { unfold: true });
});
// Not mouseover, which also fires when the page scrolls under a resting pointer.
byId("result").addEventListener("mousemove", event => pointAt(event.target));
byId("statements").addEventListener("click", event => {
  const link = event.target.closest("a[data-to]");
  // A charge has no item in the list: the statement of the link stays shown.
  const charge = link && byId("article").querySelector(`[data-told="${link.dataset.to}"]`);
  const id = (charge ? null : link?.dataset.to) ?? event.target.closest("[data-id]")?.dataset.id;
  if (!id) return;
  event.preventDefault();
  const mark = charge ?? find("mark", id);
  if (link) (mark ?? find("li", id).querySelector("button")).focus({ preventScroll: true });
  point(id, { fromArticle: Boolean(link), unfold: true });
  followedMark = link ? mark : null;
  scrollTo(mark);
});
byId("article").addEventListener("click", event => {
  if (event.target.closest("mark")) pointAt(event.target);
  else point(null, { unfold: true });
});
// Enter, on a mark also Space, moves the focus to the list with its links: to the item of the mark, or of an answer to
// the charge.
byId("article").addEventListener("keydown", event => {
  const { id, told: chargeId } = event.target.dataset;
  if (event.key !== "Enter" && (event.key !== " " || chargeId)) return; // a charge is no button: Space scrolls the page
  event.preventDefault();
  const answering = answersTo(chargeId).map(from => from.id);
  const to = id ?? (answering.includes(pointedId) ? pointedId : answering[0]);
  find("li", to)?.querySelector("button").focus();
});
document.addEventListener("scrollend", () => { // a link may have moved the list, or there may be room for the graph now
  if (!cardId || !(followedMark || byId("list").classList.contains("whole"))) return;
  if (followedMark && isScrollPending(followedMark)) return; // an earlier scroll has ended, not the one to the mark
  showCard(cardId);
  if (followedMark) scrollTo(find("li", cardId), "nearest"); // if the list extends below the window
  followedMark = null;
});
for (const kind of ["wheel", "touchmove"]) {
  document.addEventListener(kind, () => { followedMark = null; }, { passive: true }); // the user scrolls elsewhere
}
document.addEventListener("keydown", event => {
  if (event.key === "Escape" && pointedId) point(null, { unfold: true });
});
for (const kind of ["dragover", "dragleave", "drop"]) {
  document.addEventListener(kind, event => { // outside the field too, or the browser would open the file
    const { types, files } = event.dataTransfer;
    if (!types.includes("Files")) return;
    byId("text").classList.toggle("over", kind === "dragover");
    event.preventDefault();
    if (kind === "drop" && files.length) drop([...files]); // a copy, since the browser empties `files` after the event
  });
}
let width = 0; // of the graph as last drawn
new ResizeObserver(() => {
  if (byId("result").hidden) return;
  placeLines();
  if (width !== byId("graph").clientWidth) showSaid();
  width = byId("graph").clientWidth;
  point(pointedId);
}).observe(byId("paper"));

const examples = await fetch("articles.json").then(answer => (answer.ok ? answer.json() : [])).catch(() => []);
byId("examples").parentElement.hidden = !examples.length;
byId("examples").replaceChildren(...examples.map(({ title, text }) => {
  const button = element("button", { type: "button", textContent: title });
  button.addEventListener("click", () => { byId("text").value = text; readArticle(); });
  return button;
}));
