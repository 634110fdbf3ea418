"""The page of the service in a real browser."""

import csv
import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from rejoinder import StatementClassifier, read
from tests.conftest import ROOT
from tests.inference.test_serve import serving

pytestmark = pytest.mark.large
PAGE = ROOT / "inference/rejoinder/serve/page"
EXAMPLES = json.loads((PAGE / "articles.json").read_text("utf8"))


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    webdriver = pytest.importorskip("selenium.webdriver", reason="selenium is not installed")
    chromium = os.environ.get("CHROME_PATH") or shutil.which("chromium") or shutil.which("google-chrome")
    driver = shutil.which("chromedriver")
    if not chromium or not driver:
        pytest.skip("no Chromium with chromedriver here")
    options = webdriver.ChromeOptions()
    options.binary_location = chromium
    profile = tmp_path_factory.mktemp("profile")
    for argument in ("--headless=new", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--no-first-run"):
        options.add_argument(argument)
    options.add_argument("--disable-background-networking")
    options.add_argument(f"--user-data-dir={profile}")
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    made = webdriver.Chrome(options=options, service=webdriver.ChromeService(driver))
    yield made
    made.quit()


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    with serving() as (address, _):
        yield address


def wait(browser: Any, until: str) -> Any:
    from selenium.webdriver.support.ui import WebDriverWait

    return WebDriverWait(browser, 30).until(lambda _: browser.execute_script(f"return {until}"))


def opened(browser: Any, address: str, width: int = 1280) -> Any:
    resize(browser, width)
    browser.get(address)
    wait(browser, "document.querySelectorAll('#examples button').length")
    return browser


def resize(browser: Any, width: int) -> None:
    view = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < 600}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", view)
    browser.execute_async_script("requestAnimationFrame(() => requestAnimationFrame(arguments[0]))")


def give(browser: Any, text: str) -> str:
    """Put a text into the field, read it, and return the message."""
    browser.execute_script("document.getElementById('text').value = arguments[0]", text)
    browser.execute_script("document.getElementById('message').textContent = ''")
    browser.find_element("css selector", "#ask .main").click()
    wait(browser, "/\\.$/.test(document.getElementById('message').textContent)")
    return str(browser.find_element("id", "message").text)


def show_example(browser: Any, number: int = 0) -> list[dict[str, Any]]:
    """Have a bundled article read, and return its statements as the page got them."""
    browser.find_elements("css selector", "#examples button")[number].click()
    wait(browser, "document.querySelector('mark') && !document.getElementById('result').hidden")
    got: list[dict[str, Any]] = browser.execute_async_script(
        "const done = arguments[0]; import('/shared.js').then(({state}) => done(state.article.statements))"
    )
    return got


def mark_of(browser: Any, id: str) -> Any:
    return browser.find_element("css selector", f"mark[data-id='{id}']")


SCRIPTS = [f"{name}.js" for name in ("page", "copy", "graph", "lines", "shared")]
FILES = ["page.css", *SCRIPTS, "articles.json", "info", "read"]
MARKS = "[...document.querySelectorAll('mark')].map(one => [one.firstChild.textContent, one.classList[0]])"


def test_an_example_is_read_and_marked_in_the_right_places(
    browser: Any, address: str, classifier: StatementClassifier
) -> None:
    text = (ROOT / "data/demo.txt").read_text("utf8")
    assert EXAMPLES[0]["text"] == text
    page = opened(browser, address)
    show_example(page)
    wanted = [
        [text[start:end], one.prediction.label]
        for one in read(text, classifier=classifier).statements
        for start, end in one.spans
    ]
    assert page.execute_script(f"return {MARKS}") == wanted
    shown = page.execute_script("return document.getElementById('article').innerText")
    assert shown.startswith(text[:60])
    assert page.get_log("browser") == []
    loaded = page.execute_script("return performance.getEntriesByType('resource').map(one => one.name)")
    assert sorted(loaded) == sorted(f"{address}/{name}" for name in FILES)


def test_probabilities_come_by_keyboard_and_the_threshold_moves_labels(browser: Any, address: str) -> None:
    from selenium.webdriver.common.keys import Keys

    page = opened(browser, address)
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
    assert page.find_element("id", "threshold-value").text == "100 %"
    assert {label for _, label in page.execute_script(f"return {MARKS}")} == {"other"}
    assert not page.find_element("id", "graph").is_displayed()
    assert page.find_element("id", "graph-told").text == "No statement counts as an act."
    slider.send_keys(Keys.HOME)
    assert page.execute_script(f"return {MARKS}") == before
    assert page.find_element("id", "graph").is_displayed()


LINES = """
const middle = id => {
  const row = document.querySelector(`mark[data-id="${id}"]`).getClientRects()[0];
  return row.top + row.height / 2;
};
const origin = document.getElementById("lines").getBoundingClientRect().top;
return [...document.querySelectorAll("#lines .line")].map(one => {
  const path = one.querySelector(".stroke");
  return {
    pair: [one.dataset.id, one.dataset.to],
    visible: getComputedStyle(one).display != "none",
    label: one.classList[0],
    start: path.getPointAtLength(0).y + origin - middle(one.dataset.id),
    end: path.getPointAtLength(path.getTotalLength()).y + origin - middle(one.dataset.to),
    beyond: one.getBoundingClientRect().right - document.getElementById("article").getBoundingClientRect().left,
    outside: -one.getBoundingClientRect().left,
  };
});
"""


def test_lines_join_answers_to_what_they_answer_wherever_these_move(browser: Any, address: str) -> None:
    from selenium.webdriver.common.keys import Keys

    page = opened(browser, address)
    statements = show_example(page)
    wanted = sorted([one["id"], one["answers"]["id"], one["label"]] for one in statements if one["answers"])
    assert wanted
    lines = page.execute_script(LINES)
    assert sorted([*line["pair"], line["label"]] for line in lines) == wanted

    def check() -> None:
        for line in page.execute_script(LINES):
            assert abs(line["start"]) < 8, line  # in the row where the statement begins
            assert abs(line["end"]) < 8, line
            assert line["beyond"] <= 0, line  # beside the text, not over it
            assert line["outside"] <= 0, line

    check()
    places = page.execute_script("return [...document.querySelectorAll('mark')].map(one => one.offsetTop)")
    resize(page, 900)
    assert page.execute_script("return [...document.querySelectorAll('mark')].map(one => one.offsetTop)") != places
    check()
    page.execute_script("scrollTo(0, 400)")
    check()
    page.find_element("id", "threshold").send_keys(Keys.END)
    assert {line["label"] for line in page.execute_script(LINES)} == {"other"}
    check()


def test_the_keyboard_goes_from_an_answer_to_what_it_answers(browser: Any, address: str) -> None:
    from selenium.webdriver.common.keys import Keys

    page = opened(browser, address)
    statements = show_example(page)
    one = next(one for one in statements if one["answers"])
    mark_of(page, one["id"]).send_keys(Keys.ENTER)
    assert page.switch_to.active_element.tag_name == "button"
    page.switch_to.active_element.send_keys(Keys.TAB)
    link = page.switch_to.active_element
    number = [one["id"] for one in statements].index(one["answers"]["id"]) + 1
    assert link.text.startswith(f"answers {number} ({round(100 * one['answers']['score'])} %)")
    link.send_keys(Keys.ENTER)
    assert page.switch_to.active_element == mark_of(page, one["answers"]["id"])
    assert "on" in mark_of(page, one["answers"]["id"]).get_attribute("class").split()
    assert "near" in mark_of(page, one["id"]).get_attribute("class").split()
    line = page.find_element("css selector", f"#lines .line[data-id='{one['id']}']")
    assert "on" in line.get_attribute("class").split()
    page.switch_to.active_element.send_keys(Keys.ESCAPE)
    assert not page.find_elements("css selector", "#result .on")


TEXTS = """
const frame = document.querySelector("#graph svg").getBoundingClientRect();
return [...document.querySelectorAll("#graph text")].map(one => {
  const {left, right, top, bottom} = one.getBoundingClientRect();
  const shown = [...one.childNodes].filter(part => part.nodeName != "title").map(part => part.textContent).join(" ");
  return {
    left, right, top, bottom, shown, whole: one.querySelector("title")?.textContent,
    inside: left >= frame.left - 1 && right <= frame.right + 1 && top >= frame.top && bottom <= frame.bottom,
  };
});
"""


def check_texts(browser: Any) -> list[dict[str, Any]]:
    """Return the names and labels of the graph after checking that each stands whole in a place of its own."""
    texts: list[dict[str, Any]] = browser.execute_script(TEXTS)
    assert all(one["inside"] for one in texts), texts
    for i, one in enumerate(texts):
        for two in texts[:i]:
            apart = one["left"] >= two["right"] or two["left"] >= one["right"]
            assert apart or one["top"] >= two["bottom"] - 4 or two["top"] >= one["bottom"] - 4, (one, two)
    return texts


@pytest.mark.parametrize("width", [390, 1280])
@pytest.mark.parametrize("number", range(len(EXAMPLES)))
def test_graph_and_table_tell_who_says_what_about_whom(browser: Any, address: str, number: int, width: int) -> None:
    page = opened(browser, address, width)
    statements = show_example(page, number)
    edges: dict[tuple[str, str, str], int] = {}
    others: set[tuple[str, str, str]] = set()
    for one in statements:
        who, whom = one["speaker"] or "speaker not found", (one["target"] or {}).get("name", "")
        for act in one["acts"]:
            edges[who, act.replace("_", "-"), whom] = edges.get((who, act.replace("_", "-"), whom), 0) + 1
        if not one["acts"]:
            others.add((who, "other", whom))
    assert edges
    labels = [label + (f" ×{count}" if count > 1 else "") for (_, label, _), count in edges.items()]
    texts = check_texts(page)
    assert sorted(one["shown"] for one in texts if not one["whole"]) == sorted(labels)
    names = {(who, "left") for who, _, _ in edges} | {(whom, "right") for _, _, whom in edges if whom}
    middle = page.execute_script("return document.querySelector('#graph .line text').getBoundingClientRect().left")
    assert {(one["whole"], "left" if one["left"] < middle else "right") for one in texts if one["whole"]} == names
    told = page.find_element("css selector", "#graph svg").get_attribute("aria-label")
    for (who, label, whom), count in edges.items():
        assert f"{who}: {label}{f' ×{count}' if count > 1 else ''}{f' about {whom}' if whom else ''}." in told
    page.find_element("css selector", "summary").click()
    rows = page.execute_script(
        "return [...document.querySelectorAll('#said tbody tr')].map(row => [...row.cells].map(one => one.innerText))"
    )
    assert {(who, label.partition(" ×")[0], whom.replace("–", "")) for who, label, whom in rows} == {*edges, *others}


def test_a_long_name_in_the_graph_is_shortened_and_kept_whole_in_its_title(browser: Any, address: str) -> None:
    page = opened(browser, address, 390)
    show_example(page)
    name = "the Interdepartmental Commissioner for Meters, Readings and Everything That Is Told About Them"
    page.execute_async_script(
        """
        const [name, done] = arguments;
        Promise.all([import("/shared.js"), import("/graph.js")]).then(([{state}, {showSaid}]) => {
          Object.assign(state.article.statements[0], {speaker: name, target: {name: `${name}, too`}});
          showSaid();
          done();
        });
        """,
        name,
    )
    texts = check_texts(page)
    for whole in (name, f"{name}, too"):
        [shown] = [one["shown"] for one in texts if one["whole"] == whole]
        assert shown.endswith("…")


def test_a_graph_of_many_acts_stays_small(browser: Any, address: str) -> None:
    page = opened(browser, address)
    names = [f"{first} {last}" for first in ("Ana", "Bea", "Cem", "Dag") for last in ("Melo", "Novak", "Okoro", "Pohl")]
    give(page, "\n\n".join(f"“They stole lot {i} from us,” said {name}." for i, name in enumerate(names)))
    acts, rows = page.execute_script(
        "const all = [...document.querySelectorAll('#said tbody tr')];"
        "return [all.filter(row => !row.querySelector('.other')).length, all.length]"
    )
    assert rows >= acts > 14
    assert len(page.find_elements("css selector", "#graph .line")) == 14
    assert page.find_element("id", "graph-told").text == f"The graph shows 14 of {acts}, the table all."
    check_texts(page)


def test_a_narrow_window_shows_what_was_tapped_and_its_line(browser: Any, address: str) -> None:
    page = opened(browser, address, 390)
    statements = show_example(page)
    one = next(one for one in statements if one["answers"])
    mark = mark_of(page, one["id"])
    page.execute_script("arguments[0].scrollIntoView({block: 'center'})", mark)
    assert not any(line["visible"] for line in page.execute_script(LINES))
    page.execute_script("arguments[0].click()", mark)
    card = page.find_element("css selector", f"#statements li[data-id='{one['id']}']")
    box = page.execute_script("const {top, bottom} = arguments[0].getBoundingClientRect(); return [top, bottom]", card)
    assert box[0] > 300
    assert box[1] == 900  # at the bottom of the window
    assert card.find_element("css selector", ".scores").is_displayed()
    shown = [line["pair"] for line in page.execute_script(LINES) if line["visible"]]
    assert [one["id"], one["answers"]["id"]] in shown
    assert page.execute_script("return [document.documentElement.scrollWidth, innerWidth]") == [390, 390]
    card.find_element("css selector", ".links a").click()
    answered = page.find_element("css selector", f"#statements li[data-id='{one['answers']['id']}']")
    assert "peek" in answered.get_attribute("class").split()
    assert "peek" not in card.get_attribute("class").split()


def test_nothing_glides_for_those_who_asked_for_less_motion(browser: Any, address: str) -> None:
    page = opened(browser, address, 390)
    page.execute_cdp_cmd(
        "Emulation.setEmulatedMedia", {"features": [{"name": "prefers-reduced-motion", "value": "reduce"}]}
    )
    show_example(page)
    top = page.execute_script(
        """
        document.querySelector("#list").scrollIntoView();
        document.querySelector("#statements button").click();
        return document.querySelector("mark").getBoundingClientRect().top;
        """
    )
    page.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": []})
    assert 0 < top < 900


def copied(browser: Any, kind: str) -> str:
    browser.find_element("id", f"copy-{kind.lower()}").click()
    wait(browser, f"/Copied as {kind}/.test(document.getElementById('message').textContent)")
    return str(browser.execute_async_script("navigator.clipboard.readText().then(arguments[0])"))


def test_what_is_copied_can_be_read_again(browser: Any, address: str) -> None:
    page = opened(browser, address)
    statements = show_example(page)
    page.execute_cdp_cmd(
        "Browser.grantPermissions",
        {"permissions": ["clipboardReadWrite", "clipboardSanitizedWrite"], "origin": address},
    )
    assert json.loads(copied(page, "JSON"))["statements"] == statements
    rows = list(csv.DictReader(copied(page, "CSV").splitlines()))
    for row, one in zip(rows, statements, strict=True):
        assert (row["id"], row["quote"], row["label"]) == (one["id"], one["quote"], one["label"])
        assert (row["speaker"], row["speaker_mention"]) == (one["speaker"] or "", one["speaker_mention"] or "")
        assert row["target"] == (one["target"] or {}).get("name", "")
        assert row["answers"] == (one["answers"] or {}).get("id", "")
        assert row["indirect"] == str(one["indirect"]).lower()


def test_indirect_speech_is_marked_as_such(browser: Any, address: str) -> None:
    page = opened(browser, address)
    give(page, "The firm denied that it had ever sold the readings. “They sold every reading,” said Ana Melo.")
    shown = page.execute_script(
        """
        return [...document.querySelectorAll("mark")].map(one => [
          one.classList.contains("indirect"), one.innerText.includes("indirect speech"),
          document.querySelector(`li[data-id="${one.dataset.id}"] .head`).innerText.includes("indirect speech"),
        ]);
        """
    )
    assert {tuple(one) for one in shown} == {(True, True, True), (False, False, False)}
    assert "indirect speech" in page.find_element("id", "legend").text


def test_script_in_an_article_stays_text(browser: Any, address: str) -> None:
    page = opened(browser, address)
    text = "“They stole it <img src=x onerror=document.title=1>,” said Ana Melo. <script>document.title=1</script>"
    assert "1 statement." in give(page, text)
    assert page.title == "rejoinder"
    assert "<img src=x" in page.find_element("id", "article").text
    assert page.execute_script("return document.querySelectorAll('#article img, #article script').length") == 0


def test_no_text_no_quotes_and_too_much_of_it_are_told(browser: Any, address: str) -> None:
    page = opened(browser, address)
    assert give(page, "  ") == "Paste an article first: there is no text to read."
    assert give(page, "Nobody said a word.") == "No statements found in this text."
    message = give(page, "“It is false,” he said. " * 10_000)
    assert message == "This could not be read: 240000 characters; at most 200000 at once."
    assert "1 statement." in give(page, "🎺🎺 Trumpets. “They stole the trumpets,” he said.")
    assert page.execute_script(f"return {MARKS}")[0][0] == "They stole the trumpets,"  # beyond characters of two units


@pytest.mark.parametrize("width", [390, 1280])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_overflows_and_every_text_can_be_told_from_its_ground(
    browser: Any, address: str, width: int, scheme: str
) -> None:
    browser.execute_cdp_cmd(
        "Emulation.setEmulatedMedia", {"features": [{"name": "prefers-color-scheme", "value": scheme}]}
    )
    page = opened(browser, address, width)
    show_example(page, 2)
    assert page.execute_script("return [document.documentElement.scrollWidth, innerWidth]") == [width, width]
    contrast = page.execute_script(CONTRAST)
    assert contrast
    assert min(contrast.values()) >= 4.5, contrast  # WCAG 2.2, level AA
    assert not page.find_element("id", "token-row").is_displayed()


CONTRAST = """
const light = color => {
  const parts = color.match(/[\\d.]+/g).slice(0, 3).map(Number)
    .map(one => one / 255).map(one => one <= .03928 ? one / 12.92 : ((one + .055) / 1.055) ** 2.4);
  return .2126 * parts[0] + .7152 * parts[1] + .0722 * parts[2];
};
const ground = light(getComputedStyle(document.body).backgroundColor);
const found = {};
const names = ["h1", "header p", "#message", ".name", ".who", ".whom", ".said", ".links a", "mark", "#graph text"];
for (const name of [...names, "footer p", "th"])
  for (const one of document.querySelectorAll(name)) {
    const text = light(getComputedStyle(one)[one instanceof SVGElement ? "fill" : "color"]);
    const ratio = (Math.max(text, ground) + .05) / (Math.min(text, ground) + .05);
    found[name] = Math.min(found[name] ?? 99, ratio);
  }
return found;
"""


def test_a_dropped_file_is_read(browser: Any, address: str, tmp_path: Path) -> None:
    page = opened(browser, address)
    page.execute_script(
        """
        const data = new DataTransfer();
        data.items.add(new File(["“They stole it,” said Ana Melo."], "article.txt", {type: "text/plain"}));
        document.getElementById("text").dispatchEvent(new DragEvent("drop", {dataTransfer: data, bubbles: true}));
        """
    )
    wait(page, "document.querySelector('mark')")
    assert page.find_element("css selector", ".who").text == "Ana Melo"
