"""Helpers for tests of the page in a browser; as a command, takes a screenshot of the page.

python -m tests.inference.serve.browsing docs/page.png                       # the page with the first bundled article
python -m tests.inference.serve.browsing phone.png --width 390 --scheme dark --whole
"""

import argparse
import base64
import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

Visit = Callable[..., Any]
"""Opens the page like `opened`, in the browser and from the service that all tests share."""


@contextmanager
def chromium(profile: Path) -> Iterator[Any]:
    """Yield headless Chromium, or None if it or chromedriver is not installed."""
    from selenium import webdriver

    browser_binary = os.environ.get("CHROME_PATH") or shutil.which("chromium") or shutil.which("google-chrome")
    driver_binary = shutil.which("chromedriver")
    if not browser_binary or not driver_binary:
        yield None
        return
    options = webdriver.ChromeOptions()
    options.binary_location = browser_binary
    for argument in ("--headless=new", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--no-first-run"):
        options.add_argument(argument)
    options.add_argument("--disable-background-networking")
    options.add_argument("--disable-dev-shm-usage")  # /dev/shm is small in containers
    options.add_argument(f"--user-data-dir={profile}")
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    driver = webdriver.Chrome(options=options, service=webdriver.ChromeService(driver_binary))
    clipboard = ["clipboardReadWrite", "clipboardSanitizedWrite"]
    driver.execute_cdp_cmd("Browser.grantPermissions", {"permissions": clipboard})
    try:
        yield driver
    finally:
        driver.quit()


def wait(browser: Any, until: str) -> Any:
    """Wait until a JavaScript expression is truthy and return its value."""
    from selenium.webdriver.support.ui import WebDriverWait

    return WebDriverWait(browser, 300, poll_frequency=0.02).until(lambda _: browser.execute_script(f"return {until}"))


def opened(browser: Any, address: str, width: int = 1280, height: int = 900, **features: str) -> Any:
    """Open the page in a window of this size, with these media features (see `prefer`), and return the browser."""
    prefer(browser, **features)
    resize(browser, width, height)
    browser.get_log("browser")  # discard what earlier pages have logged
    browser.get(address)
    wait(browser, "document.querySelectorAll('#examples button').length")
    return browser


def resize(browser: Any, width: int, height: int = 900) -> None:
    view = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", view)
    settle(browser)


def settle(browser: Any) -> None:
    """Wait until pending changes are drawn."""
    browser.execute_async_script("requestAnimationFrame(() => requestAnimationFrame(arguments[0]))")


def give(browser: Any, text: str) -> str:
    """Enter a text, submit it, and return the message that the page shows."""
    browser.execute_script("document.getElementById('text').value = arguments[0]", text)
    browser.execute_script("document.getElementById('message').textContent = ''")
    browser.find_element("css selector", "#ask .main").click()
    wait(browser, "/\\.$/.test(document.getElementById('message').textContent)")
    settle(browser)
    return str(browser.find_element("id", "message").text)


def show_example(browser: Any, number: int = 0) -> list[dict[str, Any]]:
    """Open a bundled article and return its statements as the page received them."""
    browser.find_elements("css selector", "#examples button")[number].click()
    wait(browser, "document.querySelector('mark') && !document.getElementById('result').hidden")
    settle(browser)  # lines and graph are drawn with the first frame
    got: list[dict[str, Any]] = browser.execute_async_script(
        "const done = arguments[0]; import('/shared.js').then(({state}) => done(state.article.statements))"
    )
    return got


def mark_of(browser: Any, id: str) -> Any:
    return browser.find_element("css selector", f"mark[data-id='{id}']")


def prefer(browser: Any, media: str = "", **features: str) -> None:
    """Emulate a media type and CSS media features, such as `color_scheme="dark"`; reset those that are not given."""
    names = {name: name if name == "forced_colors" else f"prefers_{name}" for name in features}
    wanted = [{"name": names[name].replace("_", "-"), "value": value} for name, value in features.items()]
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": media, "features": wanted})


def main() -> None:
    """Take a screenshot of the page with a bundled article and one of its answers selected."""
    from tests.inference.serve.services import serving

    parser = argparse.ArgumentParser()
    parser.add_argument("to", type=Path)
    parser.add_argument("--width", type=int, default=1280)
    parser.add_argument("--scheme", choices=("light", "dark"), default="light")
    parser.add_argument("--forced-colors", choices=("none", "active"), default="none")
    parser.add_argument("--article", type=int, default=0)
    parser.add_argument("--whole", action="store_true", help="The whole page instead of a window of it.")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as profile, chromium(Path(profile)) as browser, serving() as (address, _):
        if browser is None:
            sys.exit("no Chromium with chromedriver here")
        features = {"color_scheme": arguments.scheme, "forced_colors": arguments.forced_colors}
        page = opened(browser, address, arguments.width, **features, reduced_motion="reduce")
        statements = show_example(page, arguments.article)
        answering = next((statement["id"] for statement in statements if statement["answers"]), statements[0]["id"])
        page.execute_script("document.getElementById('result').scrollIntoView()")
        page.execute_script("arguments[0].click()", mark_of(page, answering))
        resize(page, arguments.width)  # waits until that is drawn
        taken = page.execute_cdp_cmd("Page.captureScreenshot", {"captureBeyondViewport": arguments.whole})
        arguments.to.write_bytes(base64.b64decode(taken["data"]))


if __name__ == "__main__":
    main()
