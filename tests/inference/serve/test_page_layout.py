"""The layout of the page, in a real browser."""

from typing import Any

import pytest

from tests.inference.serve.browsing import Visit, give, mark_of, settle, show_example, wait
from tests.inference.serve.test_page_links import LINES

pytestmark = pytest.mark.large


def test_tapping_a_statement_in_a_narrow_window_shows_its_card_and_line(visit: Visit) -> None:
    page = visit(390)
    statements = show_example(page)
    answer = next(answer for answer in statements if answer["answers"] and answer["answers"]["id"])
    mark = mark_of(page, answer["id"])
    page.execute_script("arguments[0].scrollIntoView({block: 'center'})", mark)
    assert not any(line["visible"] for line in page.execute_script(LINES))
    page.execute_script("arguments[0].click()", mark)
    card = page.find_element("css selector", f"#statements li[data-id='{answer['id']}']")
    box = page.execute_script("const {top, bottom} = arguments[0].getBoundingClientRect(); return [top, bottom]", card)
    assert box[0] > 300
    assert box[1] == 900  # at the bottom of the window
    assert card.find_element("css selector", ".scores").is_displayed()
    shown = [line["pair"] for line in page.execute_script(LINES) if line["visible"]]
    assert [answer["id"], answer["answers"]["id"]] in shown
    assert page.execute_script("return [document.documentElement.scrollWidth, innerWidth]") == [390, 390]
    card.find_element("css selector", ".links a").click()
    answered = page.find_element("css selector", f"#statements li[data-id='{answer['answers']['id']}']")
    assert "peek" in answered.get_attribute("class").split()
    assert "peek" not in card.get_attribute("class").split()


EDGES = """
const left = document.getElementById("lines").getBoundingClientRect().left;
return [...document.querySelectorAll("#lines .line.on .stroke")].map(one => {
  return left + one.getBBox().x - parseFloat(getComputedStyle(one).strokeWidth) / 2;
});
"""


def test_lines_in_a_narrow_window_are_wholly_visible(visit: Visit) -> None:
    page = visit(390)
    edges = []
    for statement in show_example(page):
        page.execute_script("arguments[0].click()", mark_of(page, statement["id"]))
        edges += page.execute_script(EDGES)
    assert len({round(edge) for edge in edges}) > 1  # lines in several lanes
    assert min(edges) >= 0


CENTRE = """
const {left, top, width, height} = arguments[0].getBoundingClientRect();
return [left + width / 2, top + height / 2];
"""


@pytest.mark.parametrize("touch", [True, False])
def test_tapping_the_list_while_a_card_is_open_selects_the_tapped_statement(visit: Visit, touch: bool) -> None:
    from selenium.webdriver import ActionChains

    page = visit(390 if touch else 800, 844, reduced_motion="reduce")
    page.execute_cdp_cmd("Emulation.setTouchEmulationEnabled", {"enabled": touch})
    show_example(page)

    def tap(target: Any) -> None:
        page.execute_script("arguments[0].scrollIntoView({block: 'center'})", target)
        if touch:
            x, y = page.execute_script(CENTRE, target)
            for kind, points in (("touchStart", [{"x": x, "y": y}]), ("touchEnd", [])):
                page.execute_cdp_cmd("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})
        else:
            ActionChains(page).move_to_element(target).click().perform()
        settle(page)

    try:
        for card, number in ((3, 6), (2, 9), (5, 2), (1, 11)):
            page.execute_script("arguments[0].focus()", mark_of(page, f"s{card}"))
            settle(page)  # until the card is shown
            assert page.find_elements("css selector", f"li.peek[data-id='s{card}']")
            tap(page.find_element("css selector", f"#statements li[data-id='s{number}'] .who"))
            wait(page, f"document.querySelector('#statements li.on')?.dataset.id == 's{number}'")  # taps are delayed
            assert len(page.find_elements("css selector", "#statements li.on")) == 1
    finally:
        page.execute_cdp_cmd("Emulation.setTouchEmulationEnabled", {"enabled": False})


# Returns [width, id] of each mark that a line break separates from the punctuation after it, at several widths.
DETACHED = """
const end = (node, at) => {
  const one = document.createRange();
  one.setStart(node, at);
  one.setEnd(node, at + 1);
  return [...one.getClientRects()].at(-1);
};
const torn = [];
for (let width = arguments[0]; width <= arguments[1]; width += 10) {
  document.getElementById("article").style.width = `${width}px`;
  for (const mark of document.querySelectorAll("mark")) {
    const words = document.createTreeWalker(mark, NodeFilter.SHOW_TEXT).nextNode();
    const [before, after] = [end(words, words.length - 1), end(mark.nextSibling, 0)];
    if (/^[”"’'.,]/.test(mark.nextSibling.data) && (after.bottom - before.bottom > 8 || after.left < before.right)) {
      torn.push([width, mark.dataset.id]);
    }
  }
}
return torn;
"""


def test_label_and_closing_quotation_mark_stay_on_the_line_of_the_quote(visit: Visit) -> None:
    page = visit()
    for number in range(3):
        show_example(page, number)
        assert page.execute_script(DETACHED, 260, 720) == []
    give(page, "He asked her twice. “Who was it that stole the money from us?” said the mayor of Sankt Aldegund.")
    assert page.execute_script(DETACHED, 260, 720) == []


def test_a_direction_override_in_a_quote_does_not_affect_the_text_after_it(visit: Visit) -> None:
    page = visit()
    give(page, "“They stole \u202eit,” said Ana Melo, who came from far away.")
    left, right = page.execute_script(
        """
        const after = document.querySelector("mark").nextSibling;
        return ["said", "who"].map(word => {
          const one = document.createRange();
          one.setStart(after, after.data.indexOf(word));
          one.setEnd(after, after.data.indexOf(word) + 1);
          return one.getBoundingClientRect().left;
        });
        """
    )
    assert left < right


def test_a_right_to_left_name_does_not_reorder_the_text_around_it(visit: Visit) -> None:
    page = visit()
    first_name, second_name = "\u05de\u05e9\u05d4 \u05db\u05d4\u05df", "\u05d3\u05e0\u05d4 \u05dc\u05d5\u05d9"
    give(
        page,
        f"The minister, {first_name}, said: “They stole it.” “It is a lie,” said {second_name}, who leads the union.",
    )
    assert [mark_of(page, id).get_attribute("data-who").strip() for id in ("s1", "s2")] == [first_name, second_name]
    places = page.execute_script(
        """
        const [first, second] = [...document.querySelectorAll("mark")].map(one => one.firstChild.firstChild);
        const [between, after] = [...document.querySelectorAll("mark")].map(one => one.nextSibling);
        return [[first, 0], [between, 0], [between, 2], [second, 0], [after, 0], [after, 2]].map(([node, at]) => {
          const one = document.createRange();
          one.setStart(node, at);
          one.setEnd(node, at + 1);
          return one.getBoundingClientRect().left;
        });
        """
    )
    assert places == sorted(places)  # words and quotation marks in the order of the text


def test_the_button_is_legible_with_forced_colours(visit: Visit) -> None:
    page = visit(forced_colors="active", color_scheme="dark")
    box = page.execute_script(
        """
        const one = document.createRange();
        one.selectNodeContents(document.querySelector("#ask .main"));
        return one.getBoundingClientRect().toJSON();
        """
    )
    clip = {name: box[name] for name in ("x", "y", "width", "height")} | {"scale": 1}
    taken = page.execute_cdp_cmd("Page.captureScreenshot", {"clip": clip})
    dark = page.execute_async_script(
        """
        const [data, done] = arguments;
        const image = new Image();
        image.onload = () => {
          const [width, height] = [image.width, image.height];
          const ground = Object.assign(document.createElement("canvas"), { width, height }).getContext("2d");
          ground.drawImage(image, 0, 0);
          const all = ground.getImageData(0, 0, width, height).data.filter((_, i) => i % 4 === 0);
          done(all.filter(one => one < 128).length / all.length);
        };
        image.src = `data:image/png;base64,${data}`;
        """,
        taken["data"],
    )
    assert 0.05 < dark < 0.6  # letters, and no box over them


def test_links_focus_ring_and_table_have_the_right_spacing_and_edges(visit: Visit) -> None:
    from selenium.webdriver.common.keys import Keys

    page = visit()
    show_example(page)
    gaps = page.execute_script(
        """
        return [...document.querySelectorAll(".links a")].filter(one => one.nextSibling).map(one => {
          const [word, sign] = [one, one.nextSibling].map(part => {
            const range = document.createRange();
            range.selectNodeContents(part);
            return range.getClientRects()[0];
          });
          return sign.left - word.right;
        });
        """
    )
    assert gaps
    assert max(map(abs, gaps)) < 1  # between a number and the comma after it
    page.find_element("id", "copy-csv").send_keys(Keys.TAB)
    ring = page.execute_script("return getComputedStyle(document.activeElement).outlineOffset")
    assert (page.switch_to.active_element.tag_name, ring) == ("mark", "0px")
    page.execute_script("document.getElementById('result').scrollIntoView()")
    page.find_element("css selector", "summary").click()
    bottom, edge, heading = page.execute_script(
        """
        const [table, heading] = ["#overview", "#list > h2"].map(one => document.querySelector(one));
        return [table.getBoundingClientRect().bottom, getComputedStyle(table).borderBottomStyle,
          heading.getBoundingClientRect().top];
        """
    )
    assert edge == "solid"
    assert heading - bottom >= 12
