"""Reported accusations and denials in longer sentences: with when and where, asides, and what the speaker does next."""

import pytest

from tests.inference.article.test_indirect import found


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Melo denied on Monday having delayed the report.", "having delayed the report"),
        ("Melo denied in a statement any involvement.", "any involvement"),
        ("Melo denied through its lawyers all the allegations.", "all the allegations"),
        ("Melo denied under oath taking bribes.", "taking bribes"),
        ("Melo denied last week it had met them.", "it had met them"),
        ("Melo denied during a May hearing that it had met them.", "it had met them"),
        ("Melo rejected on Monday allegations that it had lied.", "it had lied"),
        ("Melo denied on Monday planning permission.", None),
        ("Melo denied funding that the charity had sought.", None),
        ("The judge rejected on Monday allegations that Norvik had lied.", None),
        ("The judge rejected Melo’s account of the talks.", None),
        ("Melo rejected her version of the talks.", "her version of the talks"),
        ("Melo rejected that, saying it was late.", "that"),
        ("Melo rejected that step, saying it was late.", None),
        ("Melo rejected that and chose another.", None),
        ("Melo denied that she lied.", "she lied"),
        ("Melo rejected the contention that it had lied.", "it had lied"),
        ("Melo called the accusation a publicity stunt.", "the accusation"),
    ],
)
def test_a_denial_may_begin_after_when_where_and_to_whom(text: str, words: str | None) -> None:
    assert found(text) == ([(words, "Melo", None)] if words else [])


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "Melo insists that she won on merit and accuses the judges of lying.",
            [("the judges", "lying")],
        ),
        (
            "Melo denies that she cheated and says that she was framed.",
            [(None, "she cheated")],
        ),
        (
            "Melo accuses the mayor of lying and denies that she took money.",
            [("the mayor", "lying"), (None, "she took money")],
        ),
        ("Melo accuses the mayor of lying and demands an apology.", [("the mayor", "lying")]),
        ("Melo denied that it knew of the leak but conceded mistakes were made.", [(None, "it knew of the leak")]),
        ("Melo denied that it knew of the leak and declined to comment.", [(None, "it knew of the leak")]),
        ("Melo denied that the app lies and denies access.", [(None, "the app lies and denies access")]),
        (
            "Melo denied that the firm was corrupt but badly managed.",
            [(None, "the firm was corrupt but badly managed")],
        ),
        ("Melo alleged that he lied and admitted it to friends.", [(None, "he lied and admitted it to friends")]),
        (
            "Melo alleged that tenants were threatened, a claim Norvik called nonsense.",
            [(None, "tenants were threatened")],
        ),
        (
            "Melo alleged that tenants were threatened, claims Norvik called absurd.",
            [(None, "tenants were threatened")],
        ),
        ("Melo accused Norvik of pulping books, in a row that divides the town.", [("Norvik", "pulping books")]),
        ("Melo accused Norvik of pulping books, in what it called a purge.", [("Norvik", "pulping books")]),
        (
            "Melo accused Norvik of dumping oil, in a marina and in a canal.",
            [("Norvik", "dumping oil, in a marina and in a canal")],
        ),
        ("Melo alleged that Bell, who left in May, forged it.", [(None, "Bell, who left in May, forged it")]),
        ("Melo alleged that Bell forged it, which Bell’s firm regrets.", [(None, "Bell forged it")]),
        ("Melo denied that it had, as Bell claimed, hidden it.", [(None, "it had, as Bell claimed, hidden it")]),
        ("Melo denied that it had hidden it, as Bell claimed.", [(None, "it had hidden it")]),
    ],
)
def test_what_belongs_to_a_statement_and_what_does_not(text: str, expected: list[tuple[str | None, str]]) -> None:
    said = [(target, words) for words, speaker, target in found(text) if speaker == "Melo"]
    assert said == expected


def test_a_denial_and_an_accusation_by_others_after_a_comma_are_their_own() -> None:
    text = "Melo alleged that tenants were threatened, an allegation dismissed by Norvik as nonsense."
    assert [statement[:2] for statement in found(text)] == [
        ("tenants were threatened", "Melo"),
        ("an allegation", "Norvik"),
    ]


@pytest.mark.parametrize(
    ("text", "words", "speaker"),
    [
        ("She is awaiting trial on charges of tax fraud that Melo denies.", "charges of tax fraud", "Melo"),
        ("He took bribes for years, an allegation he denied on Monday.", "He took bribes for years", "he"),
        ("Bell is charged with misconduct, which he has denied repeatedly.", "misconduct", "he"),
        ("His win is overshadowed by claims of abuse, which he denies.", "claims of abuse", "he"),
        ("The club had cheated, a claim denied by Norvik.", "The club had cheated", "Norvik"),
    ],
)
def test_what_is_denied_may_come_first(text: str, words: str, speaker: str) -> None:
    assert [statement[:2] for statement in found(text)] == [(words, speaker)]


def test_what_a_judge_rejects_is_not_denied() -> None:
    assert found("The club had cheated, a claim rejected by the judge.") == []


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Melo insisted there was no deal with any firm.", "there was no deal with any firm"),
        ("Melo told reporters there was no deal with Norvik.", "there was no deal with Norvik"),
        ("Melo argued that there was no deal with Norvik.", "there was no deal with Norvik"),
        ("Melo maintained throughout that the searches were legal.", "the searches were legal"),
        ("Melo said that was a lie.", "that was a lie"),
        ("Melo said there on Monday was a deal.", None),
    ],
)
def test_there_and_that_may_begin_what_is_said(text: str, words: str | None) -> None:
    assert found(text, certain=False) == ([(words, "Melo", None)] if words else [])


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Melo accused two firms based in Dubai of theft.", [("Melo", "two firms", "theft")]),
        ("Melo accused deputies backed by Norvik of theft.", [("Melo", "deputies", "theft")]),
        ("Melo and Bell have each accused the other of theft.", [("Melo and Bell", None, "theft")]),
        ("The two clubs each accused the other of theft.", [("The two clubs", None, "theft")]),
        ("The clubs met, and each accused the other of theft.", [("The clubs", None, "theft")]),
        ("Melo accused Norvik of theft, days after talks collapsed.", [("Melo", "Norvik", "theft")]),
        ("Melo accused Norvik of theft, even as it hired her.", [("Melo", "Norvik", "theft")]),
        ("Melo accused Norvik of theft, despite a truce.", [("Melo", "Norvik", "theft")]),
        ("Melo accused Norvik of theft, a move that may cost it millions.", [("Melo", "Norvik", "theft")]),
        (
            "Melo accused Norvik of stealing cash, a car and a bus.",
            [("Melo", "Norvik", "stealing cash, a car and a bus")],
        ),
        ("Melo filed a grievance accusing Norvik of theft.", [("Melo", "Norvik", "theft")]),
        ("Bell helped, only to be accused by Melo of theft.", [("Melo", "Bell", "theft")]),
        ("Questioned by Bell, Melo admitted a meeting but denied theft.", [("Melo", None, "theft")]),
        ("Bell is likely to be accused by Melo of theft.", []),
        ("Bell was held on arson charges and the fraud charge that Quill feared.", []),
    ],
)
def test_who_accuses_whom_of_what(text: str, expected: list[tuple[str, str | None, str]]) -> None:
    assert [(speaker, target, words) for words, speaker, target in found(text)] == expected
