"""Text and files that the page accepts, its requests to the service, and its error messages, in a real browser."""

import json
import signal
from pathlib import Path
from typing import Any

import pytest

from tests.inference.serve.browsing import Visit, give, opened, show_example, wait
from tests.inference.serve.services import ended, serving

pytestmark = pytest.mark.large
TEXT = "“They stole it,” said Ana Melo."


def test_empty_texts_texts_without_quotes_and_too_long_texts_get_a_message(visit: Visit) -> None:
    page = visit()
    assert give(page, "  ") == "Paste an article first: there is no text to read."
    assert give(page, "Nobody said a word.") == "No statements found in this text."
    for times, count in ((10_000, "240,000"), (125_000, "3,000,000")):
        message = give(page, "“It is false,” he said. " * times)
        limit = "this service reads at most 200,000 characters"
        assert message == f"This could not be read: the text has {count} characters; {limit}."
    requests = "return performance.getEntriesByType('resource').filter(one => one.name.endsWith('/read')).length"
    assert page.execute_script(requests) == 1  # texts that are too long are not even sent
    assert "1 statement." in give(page, "🎺🎺 Trumpets. “They stole the trumpets,” he said.")
    assert (
        page.execute_script("return document.querySelector('mark').firstChild.textContent")
        == "They stole the trumpets,"
    )  # offsets are right after 🎺, which takes two UTF-16 code units


def drop_files(
    page: Any, name: str, content: str, *, onto: str = "document.body", kind: str = "text/plain", count: int = 1
) -> str:
    """Drop files with this content (a JavaScript expression) onto the page and return the message that it shows."""
    page.execute_script(
        f"""
        document.getElementById("message").textContent = "";
        const data = new DataTransfer();
        const file = new File([{content}], arguments[0], {{type: arguments[1]}});
        for (let n = 0; n < arguments[2]; n++) data.items.add(file);
        const event = new DragEvent("drop", {{dataTransfer: data, bubbles: true, cancelable: true}});
        if ({onto}.dispatchEvent(event)) throw new Error("the browser would leave the page for the file");
        """,
        name,
        kind,
        count,
    )
    wait(page, "/\\.$/.test(document.getElementById('message').textContent)")
    return str(page.find_element("id", "message").text)


def test_unexpected_responses_are_explained_in_the_message(visit: Visit) -> None:
    page = visit()
    give(page, "Nobody said a word.")
    for answer, message in {
        "new Response('<h1>Bad Gateway</h1>', {status: 502})": "the service answered with the error 502.",
        "new Response('Internal Server Error', {status: 500})": "the service answered with the error 500.",
        "Response.json({detail: 'no'}, {status: 403})": "the service answered with the error 403.",
        "Response.json({error: {code: 502}}, {status: 502})": "the service answered with the error 502.",
        "Response.json({})": "the answer does not come from rejoinder; another service seems to be running",
        "Response.json({error: 'too many wait', error_type: 'overloaded'}, {status: 429})": "too many wait.",
        "new Response('<p>Log in first')": "the answer of the service is incomplete or not in the expected format.",
        "Response.json({statements: [{}]})": "there is an error in this page (TypeError: ",
    }.items():
        page.execute_script(f"window.fetch = async () => {answer}")
        assert give(page, TEXT).startswith(f"This could not be read: {message}")


def test_the_page_notices_when_the_service_changes_its_model(visit: Visit) -> None:
    page = visit()
    give(page, TEXT)
    script = """
    return import('/shared.js').then(({ state }) => [
      state.info.model_id, document.getElementById("model").textContent,
    ]);
    """
    [model, shown] = page.execute_script(script)
    page.execute_script("return import('/shared.js').then(({ state }) => { state.info.model_id = 'earlier'; })")
    give(page, TEXT)
    assert page.execute_script(script) == [model, shown]
    assert shown == f"Model: {model}."


@pytest.mark.parametrize("onto", ["document.getElementById('text')", "document.querySelector('footer')"])
def test_a_file_is_read_wherever_it_is_dropped(visit: Visit, onto: str) -> None:
    page = visit()
    assert drop_files(page, "article.txt", "'“They stole it,” said Ana Melo.'", onto=onto) == "1 statement."
    assert page.find_element("css selector", ".who").text == "Ana Melo"


def test_dropped_files_that_are_not_plain_text_are_refused_with_advice(visit: Visit) -> None:
    page = visit()
    for name, kind in (("page.html", ""), ("page", "text/html")):
        message = drop_files(page, name, "'<p>“They stole it,” said Ana Melo.'", kind=kind)
        assert f"{name} is a web page; read it with “rejoinder read”" in message
    for content in ("new Uint8Array([0xe9, 0x74, 0xe9])", "'PK\\0\\0'"):  # Latin-1; the start of a binary file
        assert "article.txt is not plain text in UTF-8; save it in that format" in drop_files(
            page, "article.txt", content
        )
    page.execute_script("document.getElementById('text').value = 'Kept.'")
    assert "article.txt is empty" in drop_files(page, "article.txt", "' \\n'")
    assert "only one file can be dropped at a time" in drop_files(page, "article.txt", "'“No,” he said.'", count=2)
    message = drop_files(page, "article.txt", "'“No,” he said. '.repeat(200_000)")
    assert message.endswith("article.txt is too large; this service reads at most 200,000 characters.")
    assert page.find_element("id", "text").get_attribute("value") == "Kept."
    assert page.get_log("browser") == []


def test_a_dropped_file_with_windows_line_endings_keeps_its_offsets(visit: Visit) -> None:
    page = visit()
    text = "Two said so.\r\n\r\n“They stole it,” said Ana Melo.\r\n\r\n“It is false,” said Bea Okoro.\r\n"
    assert drop_files(page, "article.txt", json.dumps(text)).startswith("2 statements.")
    statements = page.execute_async_script(
        "const done = arguments[0]; import('/shared.js').then(({state}) => done(state.article.statements))"
    )
    quotes = [text[start:end] for statement in statements for start, end in statement["spans"]]
    assert quotes == ["They stole it,", "It is false,"]
    shown = page.execute_script("return [...document.querySelectorAll('mark')].map(one => one.firstChild.textContent)")
    assert shown == quotes
    assert "\r" not in page.find_element("id", "article").get_attribute("textContent")
    page.find_element("id", "text").send_keys(" “We know nothing,” said Cem Novak.")  # no longer the file's text
    page.find_element("css selector", "#ask .main").click()
    wait(page, "document.querySelectorAll('mark').length == 3")


def test_repeated_clicks_send_one_request_and_a_new_text_aborts_it(visit: Visit) -> None:
    page = visit()
    give(page, "Nobody said a word.")
    page.execute_script(
        """
        const later = window.setTimeout;
        window.setTimeout = (call, milliseconds, ...more) => later(call, milliseconds / 10, ...more);
        const known = window.fetch;
        window.asked = [];
        window.fetch = (path, request) => {
          asked.push(request);
          return asked.length > 1 ? known(path, request) : new Promise((_, fail) => {
            request.signal.addEventListener("abort", () => fail(request.signal.reason));
          });
        };
        document.getElementById("text").value = "“It is so,” he said.";
        for (let n = 0; n < 5; n++) document.querySelector("#ask .main").click();
        """
    )
    wait(page, "asked.length")
    assert page.execute_script("return [asked.length, document.getElementById('ask').ariaBusy]") == [1, "true"]
    wait(page, "document.getElementById('message').textContent == 'Still reading: a long article takes a while …'")
    assert give(page, TEXT) == "1 statement."
    found = "return [asked.map(one => one.signal.aborted), document.getElementById('ask').ariaBusy]"
    assert page.execute_script(found) == [[True, False], "false"]
    assert page.find_element("css selector", ".who").text == "Ana Melo"


def test_the_page_asks_for_a_token_and_reports_a_wrong_one_and_a_dead_service(browser: Any, tmp_path: Path) -> None:
    (tmp_path / "token").write_text("secret", "utf8")
    with serving("--token-file", tmp_path / "token") as (address, process):
        page = opened(browser, address)
        assert give(page, TEXT) == "This could not be read: a bearer token is needed."
        assert page.switch_to.active_element.get_attribute("id") == "token"
        button, label = (
            page.find_element("css selector", selector).rect for selector in ("#ask .main", "#token-row label")
        )
        assert label["y"] - button["y"] - button["height"] >= 12
        for token, message in {
            "wrong": "This could not be read: this bearer token is not the right one.",
            "sécret": "This could not be read: the token contains characters that are not allowed in a token.",
            "€": "This could not be read: the token contains characters that are not allowed in a token.",
            "secret": "1 statement.",
        }.items():
            page.execute_script("document.getElementById('token').value = arguments[0]", token)
            assert give(page, TEXT) == message
        ended(process, signal.SIGKILL)
        assert give(page, TEXT) == "This could not be read: the service cannot be reached."


def test_no_examples_are_offered_if_they_cannot_be_loaded(visit: Visit) -> None:
    page = visit()
    page.execute_cdp_cmd("Network.enable", {})
    page.execute_cdp_cmd("Network.setBlockedURLs", {"urls": ["*articles.json"]})
    try:
        page.refresh()
        assert give(page, TEXT) == "1 statement."
        assert not page.find_element("css selector", ".examples").is_displayed()
        assert not [entry for entry in page.get_log("browser") if "Uncaught" in entry["message"]]
    finally:
        page.execute_cdp_cmd("Network.setBlockedURLs", {"urls": []})


def test_the_message_describes_what_is_shown(visit: Visit) -> None:
    from selenium.webdriver.common.keys import Keys

    message = "document.getElementById('message').textContent"
    page = visit()
    count = len(show_example(page))
    wait(page, f"/A line in the margin leads from/.test({message})")
    page.find_element("id", "threshold").send_keys(Keys.END)
    wait(page, f"{message} == '{count} statements, 0 of them acts.'")
    page.find_element("id", "threshold").send_keys(Keys.HOME)
    wait(page, f"/^{count} statements. A line/.test({message})")
    visit(390)
    show_example(page)
    wait(page, f"/^{count} statements. Tap a statement to see what it answers.$/.test({message})")
