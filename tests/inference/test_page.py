"""The page of the service in a real browser."""

import csv
import json
from pathlib import Path
from typing import Any

import pytest

from rejoinder import StatementClassifier, read
from tests.conftest import ROOT
from tests.inference.browsing import give, opened, show_example, wait

pytestmark = pytest.mark.large
PAGE = ROOT / "inference/rejoinder/serve/page"
EXAMPLES = json.loads((PAGE / "articles.json").read_text("utf8"))


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
