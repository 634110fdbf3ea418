"""What tests do with the page in a browser."""

from typing import Any


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
