"""The web page of the service, in a real browser."""

import csv
import json
from typing import Any

import pytest

from rejoinder import StatementClassifier, read
from tests.conftest import ROOT
from tests.inference.serve.browsing import Visit, give, mark_of, settle, show_example, wait

pytestmark = pytest.mark.large
EXAMPLES = json.loads((ROOT / "inference/rejoinder/serve/page/articles.json").read_text("utf8"))


SCRIPTS = [f"{name}.js" for name in ("page", "article", "copy", "drop", "graph", "lines", "list", "shared")]
FILES = ["page.css", *SCRIPTS, "articles.json", "info", "read"]
MARKS = "[...document.querySelectorAll('mark')].map(one => [one.firstChild.textContent, one.classList[0]])"


def test_an_example_is_read_and_marked_in_the_right_places(visit: Visit, classifier: StatementClassifier) -> None:
    text = (ROOT / "data/demo.txt").read_text("utf8")
    assert EXAMPLES[0]["text"] == text
    page = visit()
    show_example(page)
    wanted = [
        [text[start:end], statement.prediction.label]
        for statement in read(text, classifier=classifier).statements
        for start, end in statement.spans
    ]
    assert page.execute_script(f"return {MARKS}") == wanted
    shown = page.execute_script("return document.getElementById('article').innerText")
    assert shown.startswith(text[:60])
    assert page.get_log("browser") == []
    loaded = page.execute_script("return performance.getEntriesByType('resource').map(one => one.name)")
    assert sorted(loaded) == sorted(f"{page.current_url}{name}" for name in FILES)


def test_keyboard_focus_shows_probabilities_and_the_threshold_changes_labels(visit: Visit) -> None:
    from selenium.webdriver.common.keys import Keys

    page = visit()
    show_example(page)
    page.find_element("id", "copy-csv").send_keys(Keys.TAB)
    focused = page.switch_to.active_element
    assert focused.tag_name == "mark"
    id = focused.get_attribute("data-id")
    card = page.find_element("css selector", f"#statements li[data-id='{id}']")
    assert card.find_element("css selector", "button").get_attribute("aria-pressed") == "true"
    assert card.find_element("css selector", ".scores").is_displayed()
    assert "allegation" in focused.get_attribute("title")
    before = page.execute_script(f"return {MARKS}")
    slider = page.find_element("id", "threshold")
    slider.send_keys(Keys.END)
    settle(page)
    assert page.find_element("id", "threshold-value").text == "100 %"
    assert {label for _, label in page.execute_script(f"return {MARKS}")} == {"other"}
    assert not page.find_element("id", "graph").is_displayed()
    assert page.find_element("id", "graph-told").text == "No statement counts as an act."
    slider.send_keys(Keys.HOME)
    settle(page)
    assert page.execute_script(f"return {MARKS}") == before
    assert page.find_element("id", "graph").is_displayed()


def test_the_focused_statement_scrolls_into_the_list_and_the_graph_stays_if_there_is_room(visit: Visit) -> None:
    page = visit()
    statements = show_example(page)
    for statement, room in ((statements[0], False), (statements[6], True), (statements[3], True)):
        page.execute_script("arguments[0].focus()", mark_of(page, statement["id"]))  # this scrolls the page to it
        wait(page, f"document.getElementById('list').classList.contains('whole') != {json.dumps(room)}")
        graph, card, inner, list = page.execute_script(
            """
            const all = ["#graph svg", `#statements li[data-id="${arguments[0]}"]`, "#statements", "#list"];
            return all.map(one => document.querySelector(one).getBoundingClientRect().toJSON());
            """,
            statement["id"],
        )
        assert max(inner["top"], list["top"]) - 1 <= card["top"]
        assert card["bottom"] <= min(list["bottom"], 900) + 1
        if room:
            assert 0 <= graph["top"] < graph["bottom"] <= inner["top"] < 700
        below = page.execute_script(
            "document.getElementById('list').classList.remove('whole');"
            "return innerHeight - document.getElementById('statements').getBoundingClientRect().top"
        )
        assert (card["height"] <= below) == room


def copy_as(browser: Any, kind: str) -> str:
    browser.find_element("id", f"copy-{kind.lower()}").click()
    wait(browser, f"/Copied as {kind}/.test(document.getElementById('message').textContent)")
    return str(browser.execute_async_script("navigator.clipboard.readText().then(arguments[0])"))


def test_copied_json_and_csv_match_the_statements(visit: Visit) -> None:
    page = visit()
    statements = show_example(page)
    assert json.loads(copy_as(page, "JSON"))["statements"] == statements
    rows = list(csv.DictReader(copy_as(page, "CSV").splitlines()))
    for row, statement in zip(rows, statements, strict=True):
        assert (row["id"], row["quote"], row["label"]) == (statement["id"], statement["quote"], statement["label"])
        assert (row["speaker"], row["speaker_mention"]) == (
            statement["speaker"] or "",
            statement["speaker_mention"] or "",
        )
        assert row["target"] == (statement["target"] or {}).get("name", "")
        assert row["answers"] == ((statement["answers"] or {}).get("id") or "")
        assert json.loads(row["answers_span"] or "null") == (statement["answers"] or {}).get("span")
        assert row["indirect"] == str(statement["indirect"]).lower()


def test_a_quote_that_looks_like_a_formula_is_copied_as_text(visit: Visit) -> None:
    page = visit()
    give(page, "“=2+2, they stole it,” said Ana Melo.")
    # Without HTTPS, browsers deny pages the clipboard API; the page then uses a fallback.
    page.execute_script("navigator.clipboard.writeText = () => Promise.reject(new Error('no'))")
    [row] = csv.DictReader(copy_as(page, "CSV").splitlines())
    assert row["quote"] == "'=2+2, they stole it,"
    assert "CSV" in page.switch_to.active_element.text  # the focus is still on the button
    assert 0 <= float(row["score_allegation"]) <= 1


def test_copying_the_shown_article_gives_its_original_text(visit: Visit) -> None:
    from selenium.webdriver import ActionChains
    from selenium.webdriver.common.keys import Keys

    page = visit()
    show_example(page)
    page.execute_script("getSelection().selectAllChildren(document.getElementById('article'))")
    ActionChains(page).key_down(Keys.CONTROL).send_keys("c").key_up(Keys.CONTROL).perform()
    text = str(page.execute_async_script("navigator.clipboard.readText().then(arguments[0])"))
    assert text == (ROOT / "data/demo.txt").read_text("utf8").rstrip()


def test_the_speaker_is_shown_next_to_the_number(visit: Visit) -> None:
    page = visit()
    names = "return [...document.querySelectorAll('mark')].map(one => one.dataset.who.trim())"
    give(
        page,
        "“They stole it,” said Ana Melo. “All of it.” Melo left.\n\n“It is false,” said Bea Okoro.\n\n"
        "“We saw it,” said Cem Okoro. Okoro stayed.",
    )
    assert page.execute_script(names) == [
        "Melo",
        "",
        "Bea Okoro",
        "Cem Okoro",
    ]  # as the article calls them, except that the two Okoros keep their first names
    drawn = page.execute_script("return getComputedStyle(document.querySelector('mark'), '::after').content")
    assert drawn == '"\u20601 Melo" / ""'
    give(page, "“They lied about it,” said the deputy head of the department of roads.")
    assert page.execute_script(names) == ["the deputy head of the…"]


def test_indirect_speech_is_marked_as_such(visit: Visit) -> None:
    page = visit()
    give(page, "The firm denied that it had ever sold the readings. “They sold every reading,” said Ana Melo.")
    shown = page.execute_script(
        """
        return [...document.querySelectorAll("mark")].map(one => [
          one.classList.contains("indirect"), one.innerText.includes("indirect speech"),
          document.querySelector(`li[data-id="${one.dataset.id}"] .head`).innerText.includes("indirect speech"),
        ]);
        """
    )
    assert {tuple(flags) for flags in shown} == {(True, True, True), (False, False, False)}
    assert "indirect speech" in page.find_element("id", "legend").text


def test_html_in_an_article_is_shown_as_text(visit: Visit) -> None:
    page = visit()
    text = "“They stole it <img src=x onerror=document.title=1>,” said Ana Melo. <script>document.title=1</script>"
    assert "1 statement." in give(page, text)
    assert page.title == "rejoinder"
    assert "<img src=x" in page.find_element("id", "article").text
    page.execute_script(
        """
        const known = window.fetch, name = "<img src=x onerror=document.title=1><script>document.title=1</script>";
        window.fetch = async (path, ...more) => {
          const told = await (await known(path, ...more)).json();
          for (const one of told.statements) {
            Object.assign(one, {speaker: name, speaker_mention: `${name}!`, target: {name, span: [0, 1], score: 1}});
          }
          return Response.json(told);
        };
        """
    )
    assert "1 statement." in give(page, text)
    assert "<img src=x" in page.find_element("css selector", ".who").text
    assert "<img src=x" in page.find_element("css selector", ".whom").text
    assert page.execute_script("return document.querySelectorAll('#result img, #result script').length") == 0
    assert page.title == "rejoinder"


def test_quick_slider_steps_are_drawn_once_without_rescanning_the_article(
    visit: Visit,
) -> None:
    page = visit()
    statements = show_example(page)
    times, lists, before, after, labels = page.execute_async_script(
        """
        const done = arguments[0];
        import("/shared.js").then(({state}) => {
          const { text, statements } = state.article;
          const names = () => [...document.querySelectorAll("mark")].map(one => one.dataset.who);
          const labels = () => [...document.querySelectorAll("mark")].map(one => one.classList[0]);
          const before = names();
          const times = {text: 0, statements: 0};
          Object.defineProperty(state.article, "text", {get() { times.text++; return text; }});
          Object.defineProperty(state.article, "statements", {get() { times.statements++; return statements; }});
          let lists = 0;
          const count = records => { lists += records.length; };
          new MutationObserver(count).observe(document.getElementById("statements"), {childList: true});
          const slider = document.getElementById("threshold");
          for (const value of [20, 60, 100]) {
            slider.value = value;
            slider.dispatchEvent(new Event("input"));
          }
          requestAnimationFrame(() => requestAnimationFrame(() => done([times, lists, before, names(), labels()])));
        });
        """
    )
    assert times["text"] == 0
    assert 0 < times["statements"] < len(statements)
    assert lists == 1
    assert {*labels} == {"other"}  # the last step is shown
    assert any(before)
    assert after == before
