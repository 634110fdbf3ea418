"""The page's graph of who says what about whom, and the table below it, in a real browser."""

from typing import Any

import pytest

from tests.inference.serve.browsing import Visit, give, show_example
from tests.inference.serve.test_page import EXAMPLES

pytestmark = pytest.mark.large
ACCUSES = "“They stole the tenders from us,” said Ana Melo."


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
    """Check that the names and labels of the graph lie inside it and do not overlap, and return them."""
    texts: list[dict[str, Any]] = browser.execute_script(TEXTS)
    assert all(text["inside"] for text in texts), texts
    for i, text in enumerate(texts):
        for other in texts[:i]:
            apart = text["left"] >= other["right"] or other["left"] >= text["right"]
            assert apart or text["top"] >= other["bottom"] - 4 or other["top"] >= text["bottom"] - 4, (text, other)
    return texts


@pytest.mark.parametrize("width", [390, 1280])
@pytest.mark.parametrize("number", range(len(EXAMPLES)))
def test_graph_and_table_show_who_says_what_about_whom(visit: Visit, number: int, width: int) -> None:
    page = visit(width)
    statements = show_example(page, number)
    edges: dict[tuple[str, str, str], int] = {}
    others: set[tuple[str, str, str]] = set()
    speakers = {statement["id"]: statement["speaker"] or "" for statement in statements}
    for statement in statements:
        who, target = statement["speaker"] or "speaker not found", (statement["target"] or {}).get("name", "")
        answered = speakers.get((statement["answers"] or {}).get("id"), "")
        for act in statement["acts"]:
            whom = answered if act == "denial" else target
            edges[who, act.replace("_", "-"), whom] = edges.get((who, act.replace("_", "-"), whom), 0) + 1
        if not statement["acts"]:
            others.add((who, "other", target))
    assert edges
    labels = [label + (f" ×{count}" if count > 1 else "") for (_, label, _), count in edges.items()]
    texts = check_texts(page)
    assert sorted(text["shown"] for text in texts if not text["whole"]) == sorted(labels)
    names = {(who, "left") for who, _, _ in edges} | {(whom, "right") for _, _, whom in edges if whom}
    middle = page.execute_script("return document.querySelector('#graph .line text').getBoundingClientRect().left")
    assert {(text["whole"], "left" if text["left"] < middle else "right") for text in texts if text["whole"]} == names
    description = page.find_element("css selector", "#graph svg").get_attribute("aria-label")
    for (who, label, whom), count in edges.items():
        about = f" {'to' if label == 'denial' else 'about'} {whom}" if whom else ""
        assert f"{who}: {label}{f' ×{count}' if count > 1 else ''}{about}." in description
    page.find_element("css selector", "summary").click()
    rows = page.execute_script(
        "return [...document.querySelectorAll('#said tbody tr')].map(row => [...row.cells].map(one => one.innerText))"
    )
    assert {(who, label.partition(" ×")[0], whom.replace("–", "")) for who, label, whom in rows} == {*edges, *others}


def redraw_with_names(browser: Any, speaker: str, target: str) -> None:
    """Redraw the graph with another speaker and target of the first statement."""
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


def test_a_long_name_in_the_graph_is_shortened_and_complete_in_its_title(visit: Visit) -> None:
    page = visit(390)
    give(page, ACCUSES)
    name = "the Interdepartmental Commissioner for Meters, Readings and Everything That Is Told About Them"
    redraw_with_names(page, name, f"{name}, too")
    texts = check_texts(page)
    for whole in (name, f"{name}, too"):
        [shown] = [text["shown"] for text in texts if text["whole"] == whole]
        assert shown.endswith("…")


def test_a_name_in_the_graph_stays_on_one_line_if_it_fits_next_to_a_name_on_two(visit: Visit) -> None:
    page = visit()
    give(page, ACCUSES)
    redraw_with_names(page, "Ana Melo", "the Commissioner for Meters and Bills")
    lines = page.execute_script(
        "return [...document.querySelectorAll('#graph text > title')].map(one => one.parentNode.childElementCount - 1)"
    )
    assert lines == [1, 2]
    check_texts(page)


def test_a_denial_that_answers_nothing_is_not_drawn_to_the_accused_of_the_same_statement(visit: Visit) -> None:
    page = visit()
    give(page, ACCUSES)
    page.execute_async_script(
        """
        const done = arguments[0];
        Promise.all([import("/shared.js"), import("/graph.js")]).then(([{state}, {showSaid}]) => {
          const acts = ["denial", "allegation"];
          Object.assign(state.article.statements[0], {acts, target: {name: "the mayor"}, answers: null});
          showSaid();
          done();
        });
        """
    )
    description = page.find_element("css selector", "#graph svg").get_attribute("aria-label")
    assert description == "Ana Melo: denial. Ana Melo: allegation about the mayor."
    arrows = page.execute_script(
        "return [...document.querySelectorAll('#graph .line')].map(one => !!one.querySelector('.arrow'))"
    )
    assert arrows == [False, True]
    cells = """
        const rows = [...document.querySelectorAll('#said tbody tr')];
        return rows.map(row => [...row.children].map(one => one.textContent));
    """
    assert [row[:3] for row in page.execute_script(cells)] == [
        ["Ana Melo", "denial", "–"],
        ["Ana Melo", "allegation", "the mayor"],
    ]


def test_lines_to_the_same_target_have_separate_arrows(visit: Visit) -> None:
    page = visit()
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
    assert ends[1]["bottom"] - ends[0]["top"] < 30  # both point at the same name


def test_a_large_graph_is_limited_to_the_most_frequent_acts_and_fades_at_its_cut_edge(visit: Visit) -> None:
    page = visit()
    names = [f"{first} {last}" for first in ("Ana", "Bea", "Cem", "Dag") for last in ("Melo", "Novak", "Okoro", "Pohl")]
    give(page, "\n\n".join(f"“They stole lot {i} from us,” said {name}." for i, name in enumerate(names)))
    acts, rows = page.execute_script(
        "const all = [...document.querySelectorAll('#said tbody tr')];"
        "return [all.filter(row => !row.querySelector('.other')).length, all.length]"
    )
    assert rows >= acts > 14
    assert len(page.find_elements("css selector", "#graph .line")) == 14
    assert page.find_element("id", "graph-told").text == f"The graph shows the 14 most frequent of {acts}."
    check_texts(page)
    cut, mask, blank = page.execute_script(
        """
        const all = document.getElementById("overview");
        all.scrollTop = all.scrollHeight;
        const [end, last] = [all, document.querySelector("details")].map(one => one.getBoundingClientRect().bottom);
        return [all.scrollHeight > all.clientHeight, getComputedStyle(all).maskImage, end - last];
        """
    )
    assert cut
    assert mask.startswith("linear-gradient")
    assert blank >= 24  # blank space at the end, so that the fade covers no text


def test_lines_of_the_graph_fill_the_space_between_the_names(visit: Visit) -> None:
    page = visit()
    show_example(page, 2)
    left, ends = page.execute_script(
        """
        const graph = document.getElementById("graph").getBoundingClientRect();
        const names = [...document.querySelectorAll("#graph text")].map(one => one.getBoundingClientRect().right);
        const ends = [...document.querySelectorAll("#graph .stroke")].map(one => {
          const [, to, tip] = one.getAttribute("d").match(/H([\\d.]+)C.* ([\\d.]+),/);
          return tip - to;
        });
        return [graph.right - Math.max(...names), ends];
        """
    )
    assert -1 < left < 4
    assert min(ends) > 22  # the width of each line between its row and its arrow
