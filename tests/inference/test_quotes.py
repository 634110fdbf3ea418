"""Which quoted words of an article are statements, and where they begin and end."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rejoinder.article.quotes import find_quotes


def quoted(text: str) -> list[list[str]]:
    return [[text[start:end] for start, end in quote.spans] for quote in find_quotes(text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('"We never sold it," the firm said.', [["We never sold it,"]]),
        ("“We never sold it”, the firm said.", [["We never sold it"]]),
        ("„We never sold it“, the firm said.", [["We never sold it"]]),
        ("„We never sold it”, the firm said.", [["We never sold it"]]),
        ("« We never sold it », the firm said.", [["We never sold it"]]),
        ("‘We never sold it,’ the firm said.", [["We never sold it,"]]),
        ("'We never sold it,' the firm said.", [["We never sold it,"]]),
        ("”We never sold it,” the firm said.", [["We never sold it,"]]),
        ("''We never sold it,'' the firm said.", [["We never sold it,"]]),
        ("(''The workers' 'big club' knew.'')", [["The workers' 'big club' knew."]]),
        ("“We never sold it,“ the firm said.", [["We never sold it,"]]),
        ('“We never sold it," the firm said.', [["We never sold it,"]]),
        ('The firm said:"We never sold it."', [["We never sold it."]]),
    ],
)
def test_every_kind_of_mark(text: str, expected: list[list[str]]) -> None:
    assert quoted(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("‘The workers’ union knew, didn’t it?’ he asked.", [["The workers’ union knew, didn’t it?"]]),
        ("'The workers' union knew, didn't it?' he asked.", [["The workers' union knew, didn't it?"]]),
        ("The workers' union and the drivers' club met.", []),
        ("It was rock 'n' roll, and the '90s were over for 'em.", []),
        ("'He told me \"go away at once\" and I went,' she said.", [['He told me "go away at once" and I went,']]),
        ("\"He told me 'go away at once' and I went,\" she said.", [["He told me 'go away at once' and I went,"]]),
        ("“She said “go away at once” to me,” he said.", [["She said “go away at once” to me,"]]),
        ("He said 'goodbye to all that' and left the drivers' club.", [["goodbye to all that"]]),
    ],
)
def test_apostrophes_and_nested_quotes_stay_inside(text: str, expected: list[list[str]]) -> None:
    assert quoted(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('"It was a 6" pipe and it broke," he said.', [['It was a 6" pipe and it broke,']]),
        ('The 6" pipe broke. "We are sorry for that," he said.', [["We are sorry for that,"]]),
        (
            'A "stray mark opened.\n\n"We are sorry for that," he said.',
            [["stray mark opened.", "We are sorry for that,"]],
        ),
        ('A "stray mark opened.\n\nNothing followed here. "We are sorry," he said.', [["We are sorry,"]]),
        ('A "stray mark opened, and "we are sorry for that," he said.', [["we are sorry for that,"]]),
        ("A stray mark closed.” “We are sorry for that,” he said.", [["We are sorry for that,"]]),
        ("", []),
        ('""', []),
        ('" "', []),
    ],
)
def test_stray_marks_swallow_nothing(text: str, expected: list[list[str]]) -> None:
    assert quoted(text) == expected


@pytest.mark.parametrize("mark", ["“”", '""', "‘’", "''"])
def test_a_quote_goes_on_over_paragraphs(mark: str) -> None:
    opening, closing = mark[0], mark[1]
    text = (
        f"She wrote: {opening}We looked for the book.\n\n{opening}It was gone.\n\n"
        f"{opening}Nobody asked.{closing}\n\nThat was all."
    )
    assert quoted(text) == [["We looked for the book.", "It was gone.", "Nobody asked."]]


def test_lines_are_paragraphs_where_no_line_is_blank() -> None:
    assert quoted("“We looked for the book.\n“It was gone,” she said.") == [["We looked for the book.", "It was gone,"]]
    assert quoted("“We looked for\nthe book,” she said.\n\nThat was all.") == [["We looked for\nthe book,"]]


@pytest.mark.parametrize(
    "text",
    [
        "“We never sold it,” the firm said, “and never will.”",
        "“We never sold it,” Gerhardt added. “And never will.”",
        "“We never sold it”, said Ana Melo, who leads the firm, “and never will”.",
        "“We never sold it!” shouted Gov. Tom Ray. “And never will.”",
        "“We never sold it —” she sighed — “and never will.”",
        "‘We never sold it,’ the firm said. ‘And never will.’",
        "''We never sold it,'' the firm said. ''And never will.''",
    ],
)
def test_a_reporting_clause_interrupts_a_quote(text: str) -> None:
    (parts,) = quoted(text)
    assert [part.strip(" ,.!—").lower() for part in parts] == ["we never sold it", "and never will"]


@pytest.mark.parametrize(
    "text",
    [
        '"It was a sad day," declared the Post. "It was a good day," determined the Herald.',
        "“It was a sad day,” said Melo. He shut the door. “It was a good day.”",
        "“It was a sad day.” Melo said so twice. “It was a good day.”",
        "“It was a sad day,” said Melo.\n\n“It was a good day.”",
        "“It was a sad day,” he said before adding: “It was a good day.”",
        "“It was a sad day,” “It was a good day,” and so on.",
    ],
)
def test_two_statements_stay_apart(text: str) -> None:
    assert [len(parts) for parts in quoted(text)] == [1, 1]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("The mayor called it “a hoax”.", [["a hoax"]]),
        ("The mayor said “no comment”.", [["no comment"]]),
        ("“Nonsense,” the mayor said.", [["Nonsense,"]]),
        ("He saw the film “A Long Night Out” in Lisbon.", []),
        ("He saw the film “where we slept” in Lisbon.", []),
        ("“Letters from the Harbour” opens on Friday.", []),
        ("She said: “Make Harbours Clean Again”", [["Make Harbours Clean Again"]]),
        ("The “experts” met in a “safe space” on Friday.", []),
        ("The plan to “close every second school” was dropped.", [["close every second school"]]),
    ],
)
def test_which_quoted_words_are_statements(text: str, expected: list[list[str]]) -> None:
    assert quoted(text) == expected


@given(st.text(alphabet="ab A.,?\n\"“”‘’'„«»0—s") | st.text())
def test_spans_are_ordered_and_inside_any_text(text: str) -> None:
    end = 0
    for quote in find_quotes(text):
        assert quote.spans
        for span in quote.spans:
            assert end <= span[0] < span[1] <= len(text)
            assert text[slice(*span)] == text[slice(*span)].strip()
            end = span[1]


@pytest.mark.parametrize("text", ['"', "“", "'", "’", '"a" ', "'s' s' ", '"a.\n\n', "‘a “b ", "''a'' "])
def test_a_million_marks_end(text: str) -> None:
    find_quotes(text * (1_000_000 // len(text)))
