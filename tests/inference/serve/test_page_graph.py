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
def test_graph_and_table_tell_who_says_what_about_whom(visit: Visit, number: int, width: int) -> None:
    page = visit(width)
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


def test_a_long_name_in_the_graph_is_shortened_and_kept_whole_in_its_title(visit: Visit) -> None:
    page = visit(390)
    give(page, ACCUSES)
    name = "the Interdepartmental Commissioner for Meters, Readings and Everything That Is Told About Them"
    name_target(page, name, f"{name}, too")
    texts = check_texts(page)
    for whole in (name, f"{name}, too"):
        [shown] = [one["shown"] for one in texts if one["whole"] == whole]
        assert shown.endswith("…")


def test_a_name_of_the_graph_stands_in_one_line_where_there_is_room_beside_two(visit: Visit) -> None:
    page = visit()
    give(page, ACCUSES)
    name_target(page, "Ana Melo", "the Commissioner for Meters and Bills")
    lines = page.execute_script(
        "return [...document.querySelectorAll('#graph text > title')].map(one => one.parentNode.childElementCount - 1)"
    )
    assert lines == [1, 2]
    check_texts(page)


def test_lines_to_one_target_have_an_arrow_each(visit: Visit) -> None:
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
    assert ends[1]["bottom"] - ends[0]["top"] < 30  # both at the one name


def test_a_graph_of_many_acts_stays_small_fades_where_it_is_cut_and_is_whole_at_its_end(visit: Visit) -> None:
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
    assert blank >= 24  # in which it fades


def test_lines_of_the_graph_take_the_room_that_names_leave(visit: Visit) -> None:
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
    assert min(ends) > 22  # from a row to an arrow
