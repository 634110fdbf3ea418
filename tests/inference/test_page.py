"""The page of the service in a real browser."""

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
    view = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < 600}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", view)
    browser.get(address)
    wait(browser, "document.querySelectorAll('#examples button').length")
    return browser


def give(browser: Any, text: str) -> str:
    """Put a text into the field, read it, and return the message."""
    browser.execute_script("document.getElementById('text').value = arguments[0]", text)
    browser.execute_script("document.getElementById('message').textContent = ''")
    browser.find_element("css selector", "#ask .main").click()
    wait(browser, "/\\.$/.test(document.getElementById('message').textContent)")
    return str(browser.find_element("id", "message").text)


MARKS = "[...document.querySelectorAll('mark')].map(one => [one.firstChild.textContent, one.classList[0]])"


def test_an_example_is_read_and_marked_in_the_right_places(
    browser: Any, address: str, classifier: StatementClassifier
) -> None:
    text = (ROOT / "data/demo.txt").read_text("utf8")
    assert EXAMPLES[0]["text"] == text
    page = opened(browser, address)
    page.find_element("css selector", "#examples button").click()
    wait(page, "document.querySelector('mark')")
    wanted = [
        [text[start:end], one.prediction.label]
        for one in read(text, classifier=classifier).statements
        for start, end in one.spans
    ]
    assert page.execute_script(f"return {MARKS}") == wanted
    shown = page.execute_script("return document.getElementById('article').innerText")
    assert shown.startswith(text[:60])
    assert page.get_log("browser") == []
    assert page.execute_script("return performance.getEntriesByType('resource').map(one => one.name)") == [
        f"{address}/{name}" for name in ("page.css", "page.js", "articles.json", "info", "read")
    ]


def test_probabilities_come_by_keyboard_and_the_threshold_moves_labels(browser: Any, address: str) -> None:
    from selenium.webdriver.common.keys import Keys

    page = opened(browser, address)
    page.find_element("css selector", "#examples button").click()
    wait(page, "document.querySelector('mark')")
    page.find_element("id", "copy-csv").send_keys(Keys.TAB)
    focused = page.switch_to.active_element
    assert focused.tag_name == "mark"
    id = focused.get_attribute("data-id")
    card = page.find_element("css selector", f"#statements button[data-id='{id}']")
    assert card.get_attribute("aria-pressed") == "true"
    assert card.find_element("css selector", ".scores").is_displayed()
    assert "allegation" in focused.get_attribute("title")
    before = page.execute_script(f"return {MARKS}")
    slider = page.find_element("id", "threshold")
    slider.send_keys(Keys.END)
    assert page.find_element("id", "threshold-value").text == "100 %"
    assert {label for _, label in page.execute_script(f"return {MARKS}")} == {"other"}
    slider.send_keys(Keys.HOME)
    assert page.execute_script(f"return {MARKS}") == before


def test_what_is_copied_can_be_read_again(browser: Any, address: str) -> None:
    page = opened(browser, address)
    page.find_element("css selector", "#examples button").click()
    wait(page, "document.querySelector('mark')")
    page.execute_cdp_cmd(
        "Browser.grantPermissions",
        {"permissions": ["clipboardReadWrite", "clipboardSanitizedWrite"], "origin": address},
    )
    page.find_element("id", "copy-json").click()
    wait(page, "/Copied as JSON/.test(document.getElementById('message').textContent)")
    copied = page.execute_async_script("navigator.clipboard.readText().then(arguments[0])")
    statements = json.loads(copied)["statements"]
    assert len(statements) == len(page.find_elements("css selector", "#statements li"))
    assert {"quote", "speaker", "label", "scores"} <= statements[0].keys()


def test_script_in_an_article_stays_text(browser: Any, address: str) -> None:
    page = opened(browser, address)
    text = (
        "“They stole it <img src=x onerror=\"document.title='hit'\">,” said <script>document.title='hit'</script> Ana."
    )
    assert "1 quoted statement" in give(page, text)
    assert page.title == "rejoinder"
    assert "<img src=x" in page.find_element("id", "article").text
    assert page.execute_script("return document.querySelectorAll('#article img, #article script').length") == 0


def test_no_text_no_quotes_and_too_much_of_it_are_told(browser: Any, address: str) -> None:
    page = opened(browser, address)
    assert give(page, "  ") == "Paste an article first: there is no text to read."
    assert give(page, "Nobody said a word.") == "No quoted statements found in this text."
    message = give(page, "“It is false,” he said. " * 10_000)
    assert message == "This could not be read: 240000 characters; at most 200000 at once."
    assert "1 quoted statement" in give(page, "🎺🎺 Trumpets. “They stole the trumpets,” he said.")
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
    page.find_element("css selector", "#examples button:nth-child(3)").click()
    wait(page, "document.querySelector('mark')")
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
for (const name of ["h1", "header p", "#message", ".name", ".who", ".said", "mark", "footer p", "th"])
  for (const one of document.querySelectorAll(name)) {
    const text = light(getComputedStyle(one).color);
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
