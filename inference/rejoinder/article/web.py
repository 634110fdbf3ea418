"""The article text of saved web pages, without navigation, notices and readers' comments."""

import codecs
import logging
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from rejoinder.encoding import has_words
from rejoinder.errors import InputError, MissingExtraError, RejoinderError

_SUFFIXES = (".html", ".htm", ".xhtml")
_HEAD = re.compile(
    rb"(?:\xef\xbb\xbf)?\s*(?:<\?xml[^>]*>\s*)?(?:<!--(?:(?!-->).)*-->\s*)*<(?:!doctype\s+html|html|head|body)\b",
    re.I | re.S,
)
_PAGE_REACH = 1000
"""Characters at the beginning of a text by which a web page is recognised."""
_CHARSET = re.compile(rb"<meta[^>]+charset\s*=\s*[\"']?\s*([\w.:-]+)", re.I)
_CHARSET_REACH = 4096
"""Bytes of a page that are searched for its encoding; the standard says 1024."""
_LATIN = ("utf-8", "ascii", "iso8859-1")
"""Declared encodings that are read as Windows-1252, as the standard has browsers do: Latin-1 has no curly marks."""
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""Characters that an XML document cannot contain (https://www.w3.org/TR/xml/#charsets)."""
_SURROGATE = re.compile("[\ud800-\udfff]")
_MARKS = re.compile('["“”„«»]')


@dataclass(frozen=True, slots=True)
class WebPage:
    """The article of a web page."""

    text: str
    """Paragraphs with a blank line between them."""
    title: str | None


def is_web_page(name: str, data: bytes) -> bool:
    """Return whether a file is a web page, by its suffix or by how it begins."""
    return name.lower().endswith(_SUFFIXES) or _HEAD.match(data) is not None


def is_page_source(text: str) -> bool:
    """Return whether a text is the source of a web page, by how it begins: its attributes would be read as quotes."""
    return is_web_page("", text[:_PAGE_REACH].encode("utf8", "replace"))


def web_page(data: bytes | bytearray | str) -> WebPage:
    """Return the article of a page, found by trafilatura.

    Words that HTML quotes without marks, in `<q>` (browsers draw them) and most `<blockquote>` elements, get curly
    marks, because only the text is read.

    Raises:
        InputError: If it is not a page or contains no article.
        MissingExtraError: If trafilatura is not installed.
        RejoinderError: If trafilatura is installed but one of its dependencies is not.
    """
    if not isinstance(data, bytes | bytearray | str):
        raise InputError(f"page: is a {type(data).__name__}; give its bytes or text")
    bare_extraction, load_html = extractor("a web page")
    logging.getLogger("trafilatura").setLevel(logging.CRITICAL)  # it logs the errors raised below without naming a file
    # lxml ends a text at half a surrogate pair, as from an emoji cut in two.
    tree = load_html(_SURROGATE.sub("\ufffd", data) if isinstance(data, str) else _decoded(bytes(data)))
    document: Any = None
    if tree is not None:
        try:
            _add_marks(tree)
            document = bare_extraction(tree, include_comments=False, with_metadata=True)
        except ValueError as error:  # from lxml, on characters that no page should contain
            raise InputError(f"this page cannot be read ({error}); save its text as .txt") from error
    lines = map(str.strip, (document.text or "").split("\n") if document else ())
    text = "\n\n".join(filter(None, lines))
    if not has_words(text):
        raise InputError(
            "no article text found in this page; if a script fills it, save it from the browser once it is shown, "
            "or save its text as .txt"
        )
    return WebPage(text, document.title or None)


def extractor(needed_by: str) -> tuple[Callable[..., Any], Callable[..., Any]]:
    """Return trafilatura's functions that extract the text of a page and that parse it.

    Raises:
        MissingExtraError, RejoinderError: As `web_page`.
    """
    try:
        from trafilatura import bare_extraction, load_html
    except ImportError as error:
        if isinstance(error, ModuleNotFoundError) and error.name == "trafilatura":
            raise MissingExtraError(needed_by, "web") from error
        problem = f"trafilatura, which finds the text of web pages, cannot be imported ({' '.join(str(error).split())})"
        raise RejoinderError(f"{problem}; reinstall its dependencies: pip install -U 'rejoinder[web]'") from error
    return bare_extraction, load_html


def _decoded(data: bytes) -> str:
    """Decode a page: as UTF-8 if nearly all of it is valid, whatever it declares, else as it declares."""
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return data.decode("utf-16", "replace")
    text = data.decode("utf-8-sig", "replace")
    broken = text.count("\ufffd")
    if not broken or sum(map("\x7f".__lt__, text)) > 2 * broken:
        return text
    declared = _CHARSET.search(data, 0, _CHARSET_REACH)
    try:
        name = codecs.lookup(declared[1].decode()).name if declared else "utf-8"
        return data.decode("cp1252" if name in _LATIN else name, "replace")
    except (LookupError, UnicodeError):  # an unknown encoding, or one that is not for text
        return data.decode("cp1252", "replace")


def _add_marks(tree: Any) -> None:
    for quote in [*tree.iter("q")]:
        if not _MARKS.match(quote.text_content().lstrip()):
            _enclose([quote])
        quote.drop_tag()  # trafilatura would begin a paragraph at it
    for quote in tree.iter("blockquote"):
        if not _MARKS.search(quote.text_content()):
            # Text outside the paragraphs says whose words they are, as in embedded posts.
            _enclose([*quote.iter("p")] or [quote])


def _enclose(elements: list[Any]) -> None:
    """Add quotation marks as newspapers do: one opens each paragraph of a quote, one closes the last."""
    elements = [element for element in elements if has_words(element.text_content())]
    for element in elements:
        element.text = "“" + _allowed(element.text).lstrip()
    for last in elements[-1:]:
        if len(last):
            last[-1].tail = _allowed(last[-1].tail).rstrip() + "”"
        else:
            last.text = last.text.rstrip() + "”"


def _allowed(text: str | None) -> str:
    """Return a text without the characters that lxml reads (`&#11;`) but refuses to write."""
    return _NOT_XML.sub("", text or "")
