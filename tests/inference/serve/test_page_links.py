"""The page's lines and links from answers to what they answer, in a real browser."""

import pytest

from tests.conftest import ROOT
from tests.inference.serve.browsing import Visit, give, mark_of, resize, settle, show_example, wait

pytestmark = pytest.mark.large


LINES = """
const middle = id => {
  const row = document.querySelector(`#article [data-id="${id}"], #article [data-told="${id}"]`).getClientRects()[0];
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


def test_lines_connect_answers_with_what_they_answer_after_resizing_and_scrolling(visit: Visit) -> None:
    from selenium.webdriver.common.keys import Keys

    page = visit()
    statements = show_example(page)
    answers = [answer for answer in statements if answer["answers"]]
    charges = [answer["answers"]["id"] or f"told-{answer['answers']['span'][0]}" for answer in answers]
    wanted = sorted([answer["id"], charge, answer["label"]] for answer, charge in zip(answers, charges, strict=True))
    assert wanted
    lines = page.execute_script(LINES)
    assert sorted([*line["pair"], line["label"]] for line in lines) == wanted

    def check() -> None:
        for line in page.execute_script(LINES):
            assert abs(line["start"]) < 8, line  # in the row where the statement begins
            assert abs(line["end"]) < 8, line
            assert line["beyond"] <= 0, line  # next to the text, not over it
            assert line["outside"] <= 0, line

    check()
    places = page.execute_script("return [...document.querySelectorAll('mark')].map(one => one.offsetTop)")
    resize(page, 900)
    assert page.execute_script("return [...document.querySelectorAll('mark')].map(one => one.offsetTop)") != places
    check()
    page.execute_script("scrollTo(0, 400)")
    check()
    slider = page.find_element("id", "threshold")
    slider.send_keys(Keys.END)  # no statement counts as an act now, so none answers or accuses
    settle(page)
    assert page.execute_script(LINES) == []
    assert not page.find_elements("css selector", "#statements .links, #statements .whom")
    assert "answers" not in page.find_element("id", "article").get_attribute("textContent")
    slider.send_keys(Keys.HOME)
    settle(page)
    assert len(page.execute_script(LINES)) == len(wanted)
    check()


def test_a_charge_and_its_denial_in_the_same_words_both_have_a_mark(visit: Visit) -> None:
    page = visit()
    text = "Ana Melo, who was accused by Jon Brandt of stealing the money, which she denies, left the court."
    give(page, text)
    charge, denial = mark_of(page, "s1"), mark_of(page, "s2")
    words = [mark.find_element("css selector", ".words").get_attribute("textContent") for mark in (charge, denial)]
    assert words == ["stealing the money", ""]
    denial.click()
    assert "on" in denial.get_attribute("class").split()
    shown = """
    const shown = document.getElementById("article").cloneNode(true);
    shown.querySelectorAll(".hidden").forEach(one => one.remove());
    return shown.textContent;
    """
    assert page.execute_script(shown) == text


def test_a_denial_by_its_reporting_verb_stays_a_denial_at_another_threshold(visit: Visit) -> None:
    page = visit()
    [statement, *_] = show_example(page)
    script = """
    const [act, done] = arguments;
    import('/shared.js').then(({ state }) => {
      const scores = { allegation: 0.1, denial: 0.5, counter_accusation: 0.6 };
      Object.assign(state.article.statements[0], { label: act, score: scores[act], scores });
      state.article.statements[0].acts = act === "denial" ? ["denial", "counter_accusation"] : [act];
      const slider = document.getElementById("threshold");
      slider.value = 40;
      slider.dispatchEvent(new Event("input"));
      done();
    });
    """
    for act in ("denial", "counter_accusation"):
        page.execute_async_script(script, act)
        settle(page)
        assert act in mark_of(page, statement["id"]).get_attribute("class").split()


def test_the_keyboard_can_follow_a_link_from_an_answer_to_what_it_answers(visit: Visit) -> None:
    from selenium.webdriver.common.keys import Keys

    page = visit()
    statements = show_example(page)
    answer = next(answer for answer in statements if answer["answers"] and answer["answers"]["id"])
    mark_of(page, answer["id"]).send_keys(Keys.ENTER)
    assert page.switch_to.active_element.tag_name == "button"
    page.switch_to.active_element.send_keys(Keys.TAB)
    link = page.switch_to.active_element
    number = [statement["id"] for statement in statements].index(answer["answers"]["id"]) + 1
    assert link.text.startswith(f"answers {number} ({round(100 * answer['answers']['score'])} %)")
    link.send_keys(Keys.ENTER)
    assert page.switch_to.active_element == mark_of(page, answer["answers"]["id"])
    assert "on" in mark_of(page, answer["answers"]["id"]).get_attribute("class").split()
    assert "near" in mark_of(page, answer["id"]).get_attribute("class").split()
    line = page.find_element("css selector", f"#lines .line[data-id='{answer['id']}']")
    assert "on" in line.get_attribute("class").split()
    page.switch_to.active_element.send_keys(Keys.ESCAPE)
    assert not page.find_elements("css selector", "#result .on")


@pytest.mark.parametrize("earlier", [False, True])
@pytest.mark.parametrize("motion", ["reduce", "no-preference"])
def test_following_a_link_keeps_its_target_and_the_card_visible(visit: Visit, motion: str, earlier: bool) -> None:
    from selenium.webdriver.common.keys import Keys

    page = visit(reduced_motion=motion)
    answer = [answer for answer in show_example(page) if answer["answers"] and answer["answers"]["id"] is None][-1]
    card = f"#statements li[data-id='{answer['id']}']"
    page.execute_script("document.addEventListener('scroll', () => { window.moved = performance.now(); }, true)")
    if earlier:  # an earlier scroll ends just after this one has started
        end = "setTimeout(() => document.dispatchEvent(new Event('scrollend')))"
        page.execute_script(f"document.addEventListener('focusin', () => {end})")
    page.find_element("css selector", f"{card} .links a").send_keys(Keys.ENTER)
    wait(page, "document.activeElement.dataset.told")
    # The page may scroll smoothly twice, with a pause in between: wait until nothing has moved for a while.
    wait(
        page,
        f"""[document.activeElement, document.querySelector("{card}")].every(one => {{
          const {{top, bottom}} = one.getBoundingClientRect();
          return 0 <= top && top < bottom && bottom <= 901;
        }}) && performance.now() - (window.moved ?? Infinity) > 500""",
    )


def test_a_charge_in_the_narration_is_marked_and_linked_to_its_answer(visit: Visit) -> None:
    page = visit()
    statements = show_example(page)
    answers = [answer for answer in statements if answer["answers"] and answer["answers"]["id"] is None]
    assert answers
    answer = answers[-1]
    start, end = answer["answers"]["span"]
    text = (ROOT / "data/demo.txt").read_text("utf8")
    charge = page.find_element("css selector", f"#article [data-told='told-{start}']")
    assert (
        charge.find_element("css selector", ".hidden")
        .get_attribute("textContent")
        .startswith(" (a charge, answered by")
    )
    assert page.execute_script("return arguments[0].firstChild.data", charge) == text[start:end]
    [line] = [line for line in page.execute_script(LINES) if line["pair"] == [answer["id"], f"told-{start}"]]
    assert abs(line["end"]) < 8
    mark_of(page, answer["id"]).click()
    assert "near" in charge.get_attribute("class").split()
    link = page.find_element("css selector", f"#statements li[data-id='{answer['id']}'] .links a")
    assert link.text == f"answers a charge in the text ({round(100 * answer['answers']['score'])} %)"
    link.click()
    assert page.switch_to.active_element == charge
    assert "on" in mark_of(page, answer["id"]).get_attribute("class").split()


def test_the_keyboard_can_return_from_a_charge_to_its_answer(visit: Visit) -> None:
    from selenium.webdriver.common.keys import Keys

    page = visit(height=500, reduced_motion="reduce")
    statements = show_example(page)
    answer = [answer for answer in statements if answer["answers"] and answer["answers"]["id"] is None][-1]
    card = f"#statements li[data-id='{answer['id']}']"
    charge = page.find_element("css selector", f"#article [data-told='told-{answer['answers']['span'][0]}']")
    page.find_element("css selector", f"{card} .links a").send_keys(Keys.ENTER)
    assert page.switch_to.active_element == charge
    top = page.execute_script("return scrollY")
    charge.send_keys(Keys.SPACE)
    wait(page, f"scrollY > {top}")
    page.switch_to.active_element.send_keys(Keys.ENTER)
    assert page.switch_to.active_element == page.find_element("css selector", f"{card} button")
    assert page.get_log("browser") == []


def test_reduced_motion_disables_smooth_scrolling(visit: Visit) -> None:
    page = visit(390, reduced_motion="reduce")
    show_example(page)
    top = page.execute_script(
        """
        document.querySelector("#list").scrollIntoView();
        document.querySelector("#statements button").click();
        return document.querySelector("mark").getBoundingClientRect().top;
        """
    )
    assert 0 < top < 900
