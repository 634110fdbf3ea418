"""Accessibility of the page: screen readers, keyboard, contrast, colours, text size and print, in a real browser."""

from itertools import combinations, product
from typing import Any

import numpy as np
import pytest

from tests.inference.serve.browsing import Visit, mark_of, prefer, settle, show_example

pytestmark = pytest.mark.large
ACTS = ("allegation", "denial", "counter_accusation", "other")
COLOUR_VISION = {
    "everybody": np.eye(3),
    "protanopia": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
    "deuteranopia": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]],
    "tritanopia": [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]],
}
"""Matrices on linear sRGB that simulate colour blindness (Machado, Oliveira and Fernandes, 2009, severity 1)."""
XYZ = np.array(
    [[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750], [0.0193339, 0.1191920, 0.9503041]]
)
MIN_DISTANCE = 20
"""The minimum distance between the colours of two acts (CIE76; a trained eye sees a difference from about 2)."""


def accessibility_tree(browser: Any) -> list[tuple[str, str]]:
    """Return the role and name of each node that is exposed to screen readers."""
    nodes = browser.execute_cdp_cmd("Accessibility.getFullAXTree", {})["nodes"]
    return [
        (str(node["role"]["value"]), str(node.get("name", {}).get("value", "")))
        for node in nodes
        if not node["ignored"]
    ]


def test_screen_readers_get_the_act_and_speaker_of_each_statement(visit: Visit) -> None:
    from selenium.webdriver.common.keys import Keys

    page = visit()
    statements = show_example(page)
    buttons = [name for role, name in accessibility_tree(page) if role == "button"]
    for number, statement in enumerate(statements, 1):
        label = f"({number}: {statement['label'].replace('_', '-')}, {statement['speaker'] or 'speaker not found'}"
        assert any(label in name for name in buttons), label
        scores = {act: statement["scores"][act] for act in statement["acts"]} or {"other": statement["score"]}
        acts = ", ".join(f"{act.replace('_', '-')} {round(100 * score)} %" for act, score in scores.items())
        start = f"{number} {acts}"
        assert any(name.startswith(start) for name in buttons), start
    slider = page.find_element("id", "threshold")
    assert ("slider", "An act counts from") in accessibility_tree(page)
    assert slider.get_attribute("aria-valuetext") == "the model’s own"  # not in the accessibility tree of Chromium
    slider.send_keys(Keys.END)
    assert slider.get_attribute("aria-valuetext") == "100 %"
    slider.send_keys(Keys.HOME)
    settle(page)
    for key in (Keys.ENTER, Keys.SPACE):  # the keys that press a button
        mark_of(page, statements[1]["id"]).send_keys(key)
        focused = page.switch_to.active_element
        assert (focused.tag_name, focused.get_attribute("aria-pressed")) == ("button", "true")
    unnamed = [
        role for role, name in accessibility_tree(page) if role in ("button", "link", "slider", "textbox") and not name
    ]
    assert not unnamed


def test_hovering_over_a_statement_shows_its_probabilities(visit: Visit) -> None:
    from selenium.webdriver import ActionChains

    page = visit()
    statements = show_example(page)
    for statement in (statements[2], statements[0]):
        card = page.find_element("css selector", f"#statements li[data-id='{statement['id']}']")
        assert not card.find_element("css selector", ".scores").is_displayed()
        ActionChains(page).move_to_element(mark_of(page, statement["id"])).perform()
        acts = ", ".join(statement["acts"]).replace("_", "-")
        assert f": {acts} (allegation " in mark_of(page, statement["id"]).get_attribute("title")
        shown = [number.text for number in card.find_elements("css selector", ".scores .number")]
        assert shown == [f"{100 * statement['scores'][act]:.0f} %" for act in ACTS[:3]]


def test_acts_have_distinct_underlines_and_do_not_rely_on_colour(visit: Visit) -> None:
    page = visit()
    show_example(page)
    styles = page.execute_script(
        """
        return arguments[0].map(act => {
          const [mark] = document.getElementsByTagName("mark");
          mark.className = act;
          return getComputedStyle(mark.firstChild).textDecorationStyle;
        });
        """,
        ACTS,
    )
    assert len(set(styles)) == len(ACTS)


# Returns the minimum contrast of each kind of text, also in statements that are selected (`on`) or linked to the
# selected one (`near`), and of the borders of fields. Translucent colours are blended with the background.
CONTRAST = """
const parse = color => {
  const numbers = color.match(/[\\d.]+/g).map(Number);
  const scale = color.startsWith("color(") ? 255 : 1;
  return [...numbers.slice(0, 3).map(one => one * scale), numbers[3] ?? 1];
};
const over = (top, below) => below.map((one, i) => (i > 2 ? 1 : one * (1 - top[3]) + top[i] * top[3]));
const light = color => {
  const parts = color.slice(0, 3).map(one => one / 255)
    .map(one => (one <= .03928 ? one / 12.92 : ((one + .055) / 1.055) ** 2.4));
  return .2126 * parts[0] + .7152 * parts[1] + .0722 * parts[2];
};
const groundOf = one => {
  const above = one.parentElement ? groundOf(one.parentElement) : [255, 255, 255, 1];
  return over(parse(getComputedStyle(one).backgroundColor), above);
};
const ratio = (color, one) => {
  const ground = groundOf(one);
  const [low, high] = [light(over(parse(color), ground)), light(ground)].sort((a, b) => a - b);
  return (high + .05) / (low + .05);
};
const found = {};
const note = (name, color, one) => { found[name] = Math.min(found[name] ?? 99, ratio(color, one)); };
const names = ["h1", "header p", "#message", ".name", ".who", ".whom", ".said", ".number", ".soft", ".links a", "mark",
  "#graph text", "footer p", "th", "button"];
for (const state of ["", "near", "on"])
  for (const act of arguments[0]) {
    for (const one of document.querySelectorAll("mark, #statements > li")) one.className = `${act} ${state}`;
    for (const one of document.querySelectorAll("#statements .name")) one.className = `${act} name`;
    for (const one of document.querySelectorAll("mark"))
      note(`${act} ${state} ::after`, getComputedStyle(one, "::after").color, one);
    for (const name of names)
      for (const one of document.querySelectorAll(name))
        note(`${state} ${name}`, getComputedStyle(one)[one instanceof SVGElement ? "fill" : "color"], one);
  }
note("placeholder", getComputedStyle(document.getElementById("text"), "::placeholder").color,
  document.getElementById("text"));
const fields = {};
for (const one of document.querySelectorAll("textarea, input[type=password], #examples button, .copy button")) {
  const border = getComputedStyle(one).borderTopColor;
  fields[one.id || one.textContent] = Math.min(ratio(border, one), ratio(border, one.parentElement));
}
return [found, fields];
"""


OUTLINES = (
    CONTRAST[: CONTRAST.index("const names")]
    + """
const looked = ["mark.on", "#statements > li.on"].map(one => document.querySelector(one));
for (const one of document.querySelectorAll(".scores .bar > span"))
  note("bar", getComputedStyle(one).backgroundColor, one.parentElement);
for (const one of document.querySelectorAll("mark > .words"))
  note("underline", getComputedStyle(one).textDecorationColor, document.querySelector("#article"));
for (const one of document.querySelectorAll(".line .stroke"))
  note("line", getComputedStyle(one).stroke, document.querySelector("#article"));
return [looked.map(one => getComputedStyle(one).outlineStyle), found];
"""
)


@pytest.mark.parametrize("width", [390, 1280])
def test_nothing_overflows_and_all_text_has_enough_contrast(visit: Visit, width: int) -> None:
    page = visit(width)
    show_example(page, 2)
    assert page.execute_script("return [document.documentElement.scrollWidth, innerWidth]") == [width, width]
    assert not page.find_element("id", "token-row").is_displayed()
    for scheme, colors in product(("light", "dark"), ("none", "active")):
        prefer(page, color_scheme=scheme, forced_colors=colors)
        settle(page)
        texts, borders = page.execute_script(CONTRAST, ACTS)
        assert len(texts) > 40
        assert min(texts.values()) >= 4.5, (scheme, colors, texts)  # WCAG 2.2, level AA, 1.4.3
        assert len(borders) >= 6
        assert min(borders.values()) >= 3, (scheme, colors, borders)  # 1.4.11
        outlines, drawn = page.execute_script(OUTLINES)
        assert min(drawn.values()) >= 3, (scheme, colors, drawn)
        # Forced colours remove the tint, so outlines replace it.
        assert outlines == (["solid", "solid"] if colors == "active" else ["none", "none"])


def to_cielab(color: str, vision: Any) -> Any:
    """Convert a CSS colour (#rrggbb) to CIELAB, as it appears with the colour vision `vision`."""
    parts = np.array([int(color[i : i + 2], 16) / 255 for i in (1, 3, 5)])
    linear = np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4)
    xyz = XYZ @ np.clip(np.array(vision) @ linear, 0, 1) / XYZ.sum(axis=1)
    x, y, z = np.where(xyz > 216 / 24389, np.cbrt(xyz), (24389 / 27 * xyz + 16) / 116)
    return np.array([116 * y - 16, 500 * (x - y), 200 * (y - z)])


def test_colour_blind_readers_can_tell_the_acts_apart(visit: Visit) -> None:
    page = visit()
    shown = "const all = getComputedStyle(document.documentElement);"
    for scheme in ("light", "dark"):
        prefer(page, color_scheme=scheme)
        colors = page.execute_script(
            f"{shown} return arguments[0].map(act => all.getPropertyValue(`--${{act}}`))", ACTS
        )
        for name, vision in COLOUR_VISION.items():
            for (act, color), (other_act, other_color) in combinations(zip(ACTS, colors, strict=True), 2):
                distance = np.linalg.norm(to_cielab(color, vision) - to_cielab(other_color, vision))
                assert distance >= MIN_DISTANCE, (scheme, name, act, other_act, distance)


@pytest.mark.parametrize("width", [390, 1280])
def test_print_shows_all_statements_in_full_and_hides_the_controls(visit: Visit, width: int) -> None:
    page = visit(width, 500)
    statements = show_example(page)
    page.execute_script("arguments[0].click()", mark_of(page, statements[1]["id"]))
    prefer(page, "print")
    card = page.find_element("css selector", "li.peek")
    assert card.value_of_css_property("position") == "static"
    cut = page.execute_script(
        """
        return ["#list", "#overview", "#statements", ...arguments[0].map(id => `#statements > li[data-id="${id}"]`)]
          .filter(one => {
            const shown = document.querySelector(one);
            return getComputedStyle(shown).overflowY != "visible" || shown.scrollHeight > shown.clientHeight + 1;
          });
        """,
        [statement["id"] for statement in statements],
    )
    assert cut == []
    tops = [
        page.execute_script("return arguments[0].getBoundingClientRect().bottom", page.find_element("id", id))
        for id in ("article", "overview", "statements")
    ]
    assert tops == sorted(tops)
    heading = page.find_element("css selector", "#list > h2")
    assert heading.rect["y"] - tops[1] >= 20
    assert heading.value_of_css_property("break-after") == "avoid"
    for name in ("ask", "copy-json", "threshold", "message"):
        assert not page.find_element("id", name).is_displayed()
    bar = card.find_element("css selector", ".bar > span")
    assert bar.value_of_css_property("print-color-adjust") == "exact"


@pytest.mark.parametrize("width", [390, 1280])
def test_text_scales_with_the_font_size_of_the_browser(visit: Visit, width: int) -> None:
    names = ("body", ".said", "#graph text", "#graph .line text", "mark", "button")
    heights = "return arguments[0].map(one => document.querySelector(one).getBoundingClientRect().height)"
    sizes = "return arguments[0].map(one => parseFloat(getComputedStyle(document.querySelector(one)).fontSize))"
    graph = [names[2]]
    page = visit(width)
    show_example(page)
    [height], wanted = page.execute_script(heights, graph), page.execute_script(sizes, names)
    page.execute_cdp_cmd("Page.enable", {})
    page.execute_cdp_cmd("Page.setFontSizes", {"fontSizes": {"standard": 32}})
    try:
        visit(width)
        show_example(page)
        found = page.execute_script(sizes, names)
        for name, before, after in zip(names, wanted, found, strict=True):
            assert after == pytest.approx(before if name.startswith("#graph") else 2 * before), name
        # The graph is scaled as a whole if there is room; a name that took one line may then take two.
        assert page.execute_script(heights, graph)[0] > (1.5 * height if width > 600 else 0.9 * height)
        names = page.execute_script("return [...document.querySelectorAll('#graph tspan')].map(one => one.textContent)")
        assert any("Solheim" in name for name in names)
        assert page.execute_script("return [document.documentElement.scrollWidth, innerWidth]") == [width, width]
    finally:
        page.execute_cdp_cmd("Page.setFontSizes", {"fontSizes": {"standard": 16}})


PLACE = """
const [one, done] = arguments;
requestAnimationFrame(() => requestAnimationFrame(() => {
  const {top, bottom} = one.getBoundingClientRect();
  const card = document.querySelector("li.peek");
  done({top, bottom, shown: card?.dataset.id, card: card?.getBoundingClientRect().top ?? innerHeight});
}));
"""


# A phone, and a desktop at 200 % and 400 % zoom.
@pytest.mark.parametrize(("width", "height"), [(390, 844), (640, 450), (320, 256)])
def test_the_card_in_a_narrow_window_never_covers_the_focused_or_hovered_element(
    visit: Visit, width: int, height: int
) -> None:
    from selenium.webdriver import ActionChains
    from selenium.webdriver.common.keys import Keys

    page = visit(width, height, reduced_motion="reduce")

    def check(element: Any, shown: str | None) -> None:
        place = page.execute_async_script(PLACE, element)
        assert place["shown"] == shown
        assert 0 <= place["top"] < place["card"], place  # WCAG 2.2, 2.4.11
        fits = place["bottom"] - place["top"] + 32 <= place["card"]
        assert place["bottom"] <= place["card"] or not fits, place

    for statement in show_example(page):
        mark = mark_of(page, statement["id"])
        for look in ("focus", "point"):
            page.execute_script("document.activeElement.blur(); arguments[0].scrollIntoView({block: 'end'})", mark)
            if look == "focus":
                page.execute_script("arguments[0].focus({preventScroll: true})", mark)
            else:
                ActionChains(page).move_to_element(mark).perform()
            check(mark, statement["id"])
            ActionChains(page).send_keys(Keys.ESCAPE).perform()
            assert not page.find_elements("css selector", "li.peek")
    last = page.find_elements("css selector", "mark")[-1]
    last.send_keys(Keys.TAB)
    assert page.switch_to.active_element.tag_name == "summary"
    check(page.switch_to.active_element, last.get_attribute("data-id"))
