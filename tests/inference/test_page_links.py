"""The page's lines from answers to what they answer, and its graph, in a real browser."""

import json
from typing import Any

import pytest

from tests.conftest import ROOT
from tests.inference.browsing import give, mark_of, opened, prefer, resize, settle, show_example, wait

pytestmark = pytest.mark.large
ACCUSES = "“They stole the tenders from us,” said Ana Melo."
EXAMPLES = json.loads((ROOT / "inference/rejoinder/serve/page/articles.json").read_text("utf8"))


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


def test_lines_join_answers_to_what_they_answer_wherever_these_move(browser: Any, address: str) -> None:
    from selenium.webdriver.common.keys import Keys

    page = opened(browser, address)
    statements = show_example(page)
    answering = [one for one in statements if one["answers"]]
    charges = [one["answers"]["id"] or f"told-{one['answers']['span'][0]}" for one in answering]
    wanted = sorted([one["id"], charge, one["label"]] for one, charge in zip(answering, charges, strict=True))
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
    slider = page.find_element("id", "threshold")
    slider.send_keys(Keys.END)  # what does nothing answers nothing and accuses nobody
    settle(page)
    assert page.execute_script(LINES) == []
    assert not page.find_elements("css selector", "#statements .links, #statements .whom")
    assert "answers" not in page.find_element("id", "article").get_attribute("textContent")
    slider.send_keys(Keys.HOME)
    settle(page)
    assert len(page.execute_script(LINES)) == len(wanted)
    check()


def test_a_charge_and_its_denial_in_the_same_words_both_have_a_mark(browser: Any, address: str) -> None:
    page = opened(browser, address)
    text = "Ana Melo, who was accused by Jon Brandt of stealing the money, which she denies, left the court."
    give(page, text)
    charge, denial = mark_of(page, "s1"), mark_of(page, "s2")
    words = [one.find_element("css selector", ".words").get_attribute("textContent") for one in (charge, denial)]
    assert words == ["stealing the money", ""]
    denial.click()
    assert "on" in denial.get_attribute("class").split()
    shown = """
    const shown = document.getElementById("article").cloneNode(true);
    shown.querySelectorAll(".hidden").forEach(one => one.remove());
    return shown.textContent;
    """
    assert page.execute_script(shown) == text


def test_what_a_verb_of_denying_reports_stays_a_denial_at_another_threshold(browser: Any, address: str) -> None:
    page = opened(browser, address)
    [one, *_] = show_example(page)
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
        assert act in mark_of(page, one["id"]).get_attribute("class").split()


def test_the_keyboard_goes_from_an_answer_to_what_it_answers(browser: Any, address: str) -> None:
    from selenium.webdriver.common.keys import Keys

    page = opened(browser, address)
    statements = show_example(page)
    one = next(one for one in statements if one["answers"] and one["answers"]["id"])
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


@pytest.mark.parametrize("earlier", [False, True])
@pytest.mark.parametrize("motion", ["reduce", "no-preference"])
def test_a_link_leaves_the_card_of_what_is_looked_at_in_sight(
    browser: Any, address: str, motion: str, earlier: bool
) -> None:
    from selenium.webdriver.common.keys import Keys

    prefer(browser, reduced_motion=motion)
    page = opened(browser, address)
    one = [one for one in show_example(page) if one["answers"] and one["answers"]["id"] is None][-1]
    card = f"#statements li[data-id='{one['id']}']"
    page.execute_script("document.addEventListener('scroll', () => { window.moved = performance.now(); }, true)")
    if earlier:  # another way ends just when this one has begun
        end = "setTimeout(() => document.dispatchEvent(new Event('scrollend')))"
        page.execute_script(f"document.addEventListener('focusin', () => {end})")
    page.find_element("css selector", f"{card} .links a").send_keys(Keys.ENTER)
    wait(page, "document.activeElement.dataset.told")
    # It may glide twice, with a pause between: both are where they stay when nothing has moved for a while.
    wait(
        page,
        f"""[document.activeElement, document.querySelector("{card}")].every(one => {{
          const {{top, bottom}} = one.getBoundingClientRect();
          return 0 <= top && top < bottom && bottom <= 901;
        }}) && performance.now() - (window.moved ?? Infinity) > 500""",
    )
    prefer(page)


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
    speakers = {one["id"]: one["speaker"] or "" for one in statements}
    for one in statements:
        who, target = one["speaker"] or "speaker not found", (one["target"] or {}).get("name", "")
        for act in one["acts"]:
            whom = speakers.get(one["answers"]["id"], "") if act == "denial" and one["answers"] else target
            edges[who, act.replace("_", "-"), whom] = edges.get((who, act.replace("_", "-"), whom), 0) + 1
        if not one["acts"]:
            others.add((who, "other", target))
    assert edges
    labels = [label + (f" ×{count}" if count > 1 else "") for (_, label, _), count in edges.items()]
    texts = check_texts(page)
    assert sorted(one["shown"] for one in texts if not one["whole"]) == sorted(labels)
    names = {(who, "left") for who, _, _ in edges} | {(whom, "right") for _, _, whom in edges if whom}
    middle = page.execute_script("return document.querySelector('#graph .line text').getBoundingClientRect().left")
    assert {(one["whole"], "left" if one["left"] < middle else "right") for one in texts if one["whole"]} == names
    told = page.find_element("css selector", "#graph svg").get_attribute("aria-label")
    for (who, label, whom), count in edges.items():
        about = f" {'to' if label == 'denial' else 'about'} {whom}" if whom else ""
        assert f"{who}: {label}{f' ×{count}' if count > 1 else ''}{about}." in told
    page.find_element("css selector", "summary").click()
    rows = page.execute_script(
        "return [...document.querySelectorAll('#said tbody tr')].map(row => [...row.cells].map(one => one.innerText))"
    )
    assert {(who, label.partition(" ×")[0], whom.replace("–", "")) for who, label, whom in rows} == {*edges, *others}


def test_a_charge_that_the_article_tells_is_marked_and_joined_to_what_answers_it(browser: Any, address: str) -> None:
    page = opened(browser, address)
    statements = show_example(page)
    told = [one for one in statements if one["answers"] and one["answers"]["id"] is None]
    assert told
    one = told[-1]
    start, end = one["answers"]["span"]
    charge = page.find_element("css selector", f"#article [data-told='told-{start}']")
    assert (
        charge.find_element("css selector", ".hidden")
        .get_attribute("textContent")
        .startswith(" (a charge, answered by")
    )
    assert page.execute_script("return arguments[0].firstChild.data", charge) == EXAMPLES[0]["text"][start:end]
    [line] = [line for line in page.execute_script(LINES) if line["pair"] == [one["id"], f"told-{start}"]]
    assert abs(line["end"]) < 8
    mark_of(page, one["id"]).click()
    assert "near" in charge.get_attribute("class").split()
    link = page.find_element("css selector", f"#statements li[data-id='{one['id']}'] .links a")
    assert link.text == f"answers a charge in the text ({round(100 * one['answers']['score'])} %)"
    link.click()
    assert page.switch_to.active_element == charge
    assert "on" in mark_of(page, one["id"]).get_attribute("class").split()


def test_the_keyboard_goes_back_from_a_charge_to_what_answers_it(browser: Any, address: str) -> None:
    from selenium.webdriver.common.keys import Keys

    prefer(browser, reduced_motion="reduce")
    page = opened(browser, address, height=500)
    statements = show_example(page)
    one = [one for one in statements if one["answers"] and one["answers"]["id"] is None][-1]
    card = f"#statements li[data-id='{one['id']}']"
    charge = page.find_element("css selector", f"#article [data-told='told-{one['answers']['span'][0]}']")
    page.find_element("css selector", f"{card} .links a").send_keys(Keys.ENTER)
    assert page.switch_to.active_element == charge
    top = page.execute_script("return scrollY")
    charge.send_keys(Keys.SPACE)
    wait(page, f"scrollY > {top}")
    page.switch_to.active_element.send_keys(Keys.ENTER)
    assert page.switch_to.active_element == page.find_element("css selector", f"{card} button")
    assert page.get_log("browser") == []
    prefer(page)


def name_target(browser: Any, speaker: str, target: str) -> None:
    """Show the graph again with other names in the first statement."""
    browser.execute_async_script(
        """
        const [speaker, name, done] = arguments;
        Promise.all([import("/shared.js"), import("/graph.js")]).then(([{state}, {showSaid}]) => {
          Object.assign(state.article.statements[0], {speaker, target: {name}});
          showSaid();
          done();
        });
        """,
        speaker,
        target,
    )


def test_a_long_name_in_the_graph_is_shortened_and_kept_whole_in_its_title(browser: Any, address: str) -> None:
    page = opened(browser, address, 390)
    give(page, ACCUSES)
    name = "the Interdepartmental Commissioner for Meters, Readings and Everything That Is Told About Them"
    name_target(page, name, f"{name}, too")
    texts = check_texts(page)
    for whole in (name, f"{name}, too"):
        [shown] = [one["shown"] for one in texts if one["whole"] == whole]
        assert shown.endswith("…")


def test_a_name_of_the_graph_stands_in_one_line_where_there_is_room_beside_two(browser: Any, address: str) -> None:
    page = opened(browser, address)
    give(page, ACCUSES)
    name_target(page, "Ana Melo", "the Commissioner for Meters and Bills")
    lines = page.execute_script(
        "return [...document.querySelectorAll('#graph text > title')].map(one => one.parentNode.childElementCount - 1)"
    )
    assert lines == [1, 2]
    check_texts(page)


def test_lines_to_one_target_have_an_arrow_each(browser: Any, address: str) -> None:
    page = opened(browser, address)
    give(
        page,
        "“Ana Melo stole the tenders from us,” said Bea Okoro.\n\n“Ana Melo stole the car from us,” said Cem Okoro.",
    )
    ends = page.execute_script(
        """
        return [...document.querySelectorAll("#graph .arrow")].map(one => one.getBoundingClientRect().toJSON());
        """
    )
    assert [name.text for name in page.find_elements("css selector", "#graph text") if "Melo" in name.text] != []
    assert len(ends) == 2
    assert abs(ends[0]["left"] - ends[1]["left"]) < 1
    assert ends[0]["bottom"] <= ends[1]["top"] + 1
    assert ends[1]["bottom"] - ends[0]["top"] < 30  # both at the one name


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


def test_nothing_glides_for_those_who_asked_for_less_motion(browser: Any, address: str) -> None:
    page = opened(browser, address, 390)
    prefer(page, reduced_motion="reduce")
    show_example(page)
    top = page.execute_script(
        """
        document.querySelector("#list").scrollIntoView();
        document.querySelector("#statements button").click();
        return document.querySelector("mark").getBoundingClientRect().top;
        """
    )
    prefer(page)
    assert 0 < top < 900
