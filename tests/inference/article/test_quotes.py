"""Which quoted words of an article are statements, and where they begin and end."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rejoinder.article.grammar.sentences import sentence_starts
from rejoinder.article.quotes.quotes import find_quotes


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
        ("»We never sold it«, the firm said.", [["We never sold it"]]),
        ("»We never sold it», the firm said.", [["We never sold it"]]),
        ("‘We never sold it,’ the firm said.", [["We never sold it,"]]),
        ("'We never sold it,' the firm said.", [["We never sold it,"]]),
        ("”We never sold it,” the firm said.", [["We never sold it,"]]),
        ("''We never sold it,'' the firm said.", [["We never sold it,"]]),
        ("``We never sold it,'' the firm said.", [["We never sold it,"]]),
        ("The firm said: ``We never sold it.''", [["We never sold it."]]),
        ("(''The workers' 'big club' knew.'')", [["The workers' 'big club' knew."]]),
        ("“We never sold it,“ the firm said.", [["We never sold it,"]]),
        ('“We never sold it," the firm said.', [["We never sold it,"]]),
        ('The firm said:"We never sold it."', [["We never sold it."]]),
    ],
)
def test_all_kinds_of_quotation_marks_are_recognised(text: str, expected: list[list[str]]) -> None:
    assert quoted(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("‘The workers’ union knew, didn’t it?’ he asked.", [["The workers’ union knew, didn’t it?"]]),
        ("'The workers' union knew, didn't it?' he asked.", [["The workers' union knew, didn't it?"]]),
        ("'They took an' sold ol' huts wi' no right,' he said.", [["They took an' sold ol' huts wi' no right,"]]),
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
def test_stray_marks_do_not_swallow_later_quotes(text: str, expected: list[list[str]]) -> None:
    assert quoted(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Vela said: “We tried it all.\n\nThe firm closed in May.", [["We tried it all."]]),
        ("“We tried it all.\n\nThe firm closed in May.", [["We tried it all."]]),
        ("She said: “We tried it all.\n\n“It was no use.\n\nThat was it.", [["We tried it all.", "It was no use."]]),
        ("A “stray mark opened in the hall.\n\nNobody saw it.", []),
        ("“We tried it, she said. “It was no use,” she said.", [["It was no use,"]]),
        ("“We tried it,” she said. “It was no use.\n\nThat was it.", [["We tried it,", "It was no use."]]),
        ("She said: “He told me: ‘It was no use.’\n\nThat was it.", [["He told me: ‘It was no use.’"]]),
    ],
)
def test_a_quote_without_a_closing_mark_ends_with_its_paragraph(text: str, expected: list[list[str]]) -> None:
    assert quoted(text) == expected


@pytest.mark.parametrize("mark", ["“”", '""', "‘’", "''"])
def test_a_quote_may_span_several_paragraphs(mark: str) -> None:
    opening, closing = mark[0], mark[1]
    text = (
        f"She wrote: {opening}We looked for the book.\n\n{opening}It was gone.\n\n"
        f"{opening}Nobody asked.{closing}\n\nThat was all."
    )
    assert quoted(text) == [["We looked for the book.", "It was gone.", "Nobody asked."]]


@pytest.mark.parametrize("marks", ['“"”', '""”', '"“”', '“""'])
def test_a_quote_may_continue_with_another_kind_of_double_mark(marks: str) -> None:
    first, again, closing = tuple(marks)
    text = f"She wrote: {first}We looked for the book.\n\n{again}It was gone.{closing} That was all."
    assert quoted(text) == [["We looked for the book.", "It was gone."]]


@pytest.mark.parametrize(
    "ending",
    ["it was ‘safe.’", "it was ‘safe’.", "it was safe (as they said.)", "it was 'safe.'"],
)
def test_a_quote_continues_after_a_paragraph_that_ends_in_a_nested_mark(ending: str) -> None:
    assert quoted(f"She wrote: “They said {ending}\n\n“It was a lie.”") == [[f"They said {ending}", "It was a lie."]]


def test_lines_are_paragraphs_if_no_line_is_blank() -> None:
    assert quoted("“We looked for the book.\n“It was gone,” she said.") == [["We looked for the book.", "It was gone,"]]
    assert quoted("“We looked for\nthe book,” she said.\n\nThat was all.") == [["We looked for\nthe book,"]]


@pytest.mark.parametrize("line_end", ["\n\n", " \n\n", "\r\n\r\n", " \r\n \r\n", "\n", "\r\n", " \n"])
def test_a_quote_continues_across_any_kind_of_line_end(line_end: str) -> None:
    text = f"She wrote: “We looked for the book.{line_end}“It was gone,” she said.{line_end}"
    assert quoted(text) == [["We looked for the book.", "It was gone,"]]


_PARAGRAPH = "The harbour board met for the third time this year and put off its answer to the letter of the firm, "
_LINES = (
    "Harbour board puts off its answer\n\n"
    f"{_PARAGRAPH}as its own lawyers had asked it to.\n“We never sold it,” said Ana Melo.\n“We never bought it.”\n"
    f"{_PARAGRAPH}and it went home."
)


def test_lines_are_paragraphs_below_a_headline_too() -> None:
    assert quoted(_LINES) == [["We never sold it,"], ["We never bought it."]]
    assert len(sentence_starts(_LINES)) == 5


@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
def test_a_wrapped_line_ends_neither_a_quote_nor_a_sentence(line_end: str) -> None:
    text = "“We never sold it,” the firm\nsaid, “and never will.”\n\nMr.\nMelo left on\nMonday. So did\nwe."
    text = text.replace("\n", line_end)
    assert quoted(text) == [["We never sold it,", "and never will."]]
    assert [text[start:].split()[0] for start in sentence_starts(text)] == ["“We", "Mr.", "So"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a\nb", [0, 2]),
        ("a\nb\n\n", [0, 2, 5]),
        ("a\nb\n\nc", [0, 5]),
        ("He left. She\nstayed. Then", [0, 9, 13, 21]),
        ("Live\n\n10.15am GMT\nThe mayor denied it.\n", [0, 6, 18]),
        ("Live\n\n- The mayor of Leeds denies it\n- Her deputy says so too", [0, 6, 37]),
        ("Live\n\nNew claims\nThe mayor of Leeds has denied it all", [0, 6, 17]),
        ("Live\n\nThe deputy of the mayor of\nLeeds, a doctor, has denied", [0, 6]),
        ("Live\n\nIt was at\n10.15am that she left.", [0, 6]),
    ],
)
def test_offsets_of_sentence_starts(text: str, expected: list[int]) -> None:
    assert sentence_starts(text) == expected


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
        "“We never sold it,” he said, adding, “and never will.”",
        "“We never sold it,” he said, saying, “and never will.”",
        "“We never sold it,” he said, and he added, “and never will.”",
        "“We never sold it,” Melo said, and added, “and never will.”",
        "“We never sold it,” Melo, who told police, said, “and never will.”",
        "“We never sold it,” said Melo, whom police accused of lying, “and never will.”",
        "“We never sold it,” said Melo, a doctor and the mayor, who told police, “and never will.”",
        "“We never sold it,” said an adviser to Petrov, who asked not to be named, “and never will.”",
        "“We never sold it,” he said when a reporter asked, “and never will.”",
        "“We never sold it,” Melo shrugged. “And never will.”",
        "“We never sold it,” she snapped, “and never will.”",
        "“We never sold it,” Melo said, her voice breaking as she spoke, “and never will.”",
        "“We never sold it,” Melo went on to say, “and never will.”",
        "“We never sold it,” Melo said, urging Petrov to remember, “and never will.”",
        "“We never sold it,” Melo said, but the firm did not respond. “And never will.”",
        "“We never sold it,” Melo said, adding that Petrov denied it. “And never will.”",
        "Melo said, “We never sold it,” then paused and said, “and never will.”",
        "Melo said, “We never sold it,” Melo added, “and never will.”",
        "Melo said, “We never sold it,” he added, “and never will.”",
    ],
)
def test_a_quote_interrupted_by_a_reporting_clause_is_one_statement(text: str) -> None:
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
        "“It was a sad day,” Melo said, but the firm denied it. “It was a good day.”",
        "Melo shouted, “It was a sad day!” Petrov replied, “It was a good day.”",
        "She asked, “Was it a sad day?” He replied, “It was a good day.”",
        "Melo said “it was a sad day,” to which Petrov said, “it was a good day.”",
        "Melo said: “It was a sad day,” and Petrov, the mayor, said, “it was a good day.”",
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
        ('Melo posted this: <post author="@ana melo in porto" day="3 May">', []),
        ("The plan to “close every second school” was dropped.", [["close every second school"]]),
        ("Melo told CBS's “Face the Harbour” that it rained.", []),
        ("Melo said on “Meet the Harbour” that it rained.", []),
        ("Melo said: “Meet Kim Vela!”", [["Meet Kim Vela!"]]),
        ("Was it sold?\n\n“Never.”\n\nHe left.", [["Never."]]),
        ("They asked again. “Yes.” Then he left.", [["Yes."]]),
        ("It was a real “must.” Then he left.", []),
        ("It rained. “Jeopardy!” has a new host.", []),
        ("They saw the U.S. “Surge.” He left.", []),
        ("The word of the year: “Brexit.”", []),
        ("Jo Vela of the “Renewal” party claimed that it rained.", []),
        ("Jo Vela of the “Stop the Runway” campaign said that it rained.", []),
        ("The “we are ready” campaign said that it rained.", [["we are ready"]]),
        ("Melo said the “Today” show was over.", []),
        ("The “Full Harbour” actress said that it rained.", []),
        ("Ana Melo, author of “Rain Is a Joke: How it Falls,” said that it rained.", []),
        ("The series is called “Give Up Your Harbour,” and it rained.", []),
        ("Melo said of the miniseries called “What Can I Do?” that it rained.", []),
        ("Courts use what’s called “acquitted conduct”, Melo said.", []),
        ("Melo was called “a liar and a cheat” by Vela.", [["a liar and a cheat"]]),
    ],
)
def test_which_quoted_words_are_statements(text: str, expected: list[list[str]]) -> None:
    assert quoted(text) == expected


@given(st.text(alphabet="ab A.,?\n\"“”‘’'„«»0—s") | st.text())
def test_spans_of_any_text_are_ordered_and_within_it(text: str) -> None:
    end = 0
    for quote in find_quotes(text):
        assert quote.spans
        for span in quote.spans:
            assert end <= span[0] < span[1] <= len(text)
            assert text[slice(*span)] == text[slice(*span)].strip()
            end = span[1]


@pytest.mark.parametrize("text", ['"', "“", "'", "’", '"a" ', "'s' s' ", "‘a “b ", "''a'' "])
def test_many_marks_without_statements_give_no_quotes(text: str) -> None:
    assert find_quotes(text * 20_000) == []


@pytest.mark.parametrize(
    ("text", "quotes", "spans"),
    [
        ("“We never sold it,” he said.\n", 20_000, 20_000),
        ("He left. 'The workers' union knew it,' he said.\n\n", 20_000, 20_000),
        ("“a,” he said, ", 1, 20_000),
        ("“We never sold it.\n\n", 1, 20_000),
        ("“We sold it,” Melo said, but Petrov replied, “We did not.” ", 40_000, 40_000),
    ],
)
def test_all_quotes_of_a_long_text_are_found(text: str, quotes: int, spans: int) -> None:
    found = find_quotes(text * 20_000)
    assert (len(found), sum(len(quote.spans) for quote in found)) == (quotes, spans)


def test_a_sentence_may_begin_with_any_capital_or_mark() -> None:
    text = (
        "He left. Élodie Martin denied it. Öz said no. «We lied.» »We did«, he said. »No.« She left. „No“ he said. "
        "It cost 3 p. each. 4 came."
    )
    starts = [0, *(text.index(word) for word in ("Élodie", "Öz", "«We", "»We", "»No", "She", "„No", "It", "4 came"))]
    assert sentence_starts(text) == starts
    assert sentence_starts("He left.\n\nand came back") == [0, 10]
