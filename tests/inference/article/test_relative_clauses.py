"""Accusations and denials in clauses with `who`, `which` and `that`."""

import pytest

from tests.inference.article.test_indirect import found

BULLIED = "she was bullied when she spoke up"


@pytest.mark.parametrize(
    ("text", "words", "speaker", "target"),
    [
        # a document or people that accuse
        ("A lawsuit that accuses Acme of fraud was filed on Monday.", "fraud", "A lawsuit", "Acme"),
        ("The firm faces a lawsuit that accuses it of fraud.", "fraud", "a lawsuit", "it"),
        ("Acme was hit by a lawsuit that blames it for the fire.", "the fire", "a lawsuit", "it"),
        ("Critics that accuse the mayor of greed marched.", "greed", "Critics", "the mayor"),
        ("It was the union that accused the mayor of greed.", "greed", "the union", "the mayor"),
        ("Thousands read a post that accused the club of racism.", "racism", "a post", "the club"),
        ("The suit that alleged it had hidden leaks was settled.", "it had hidden leaks", "The suit", None),
        ("Vela sued a paper that had accused him of theft.", "theft", "a paper", "him"),
        ("The paper printed a letter that denied the charges.", "the charges", "a letter", None),
        # words between the accuser and the relative clause
        ("The firm faces a lawsuit filed on Monday that accuses it of fraud.", "fraud", "a lawsuit", "it"),
        ("The firm is battling a complaint, filed in May, that accuses it of fraud.", "fraud", "a complaint", "it"),
        ("The firm faces a report by the union that accused it of fraud.", "fraud", "a report", "it"),
        ("The firm faces a report by the union, which accused it of fraud.", "fraud", "the union", "it"),
        ("The firm faces a report by Ana Melo, who accused it of fraud.", "fraud", "Ana Melo", "it"),
        ("Vela left Norvik Lines, which denies fraud.", "fraud", "Norvik Lines", None),
        ("The plaintiffs, whose lawsuit accuses Acme of fraud, left.", "fraud", "lawsuit", "Acme"),
        # the sentence continues after the relative clause
        ("Critics who accuse the mayor of greed marched on Sunday.", "greed", "Critics", "the mayor"),
        ("Lawyers who allege that Acme hid the leaks spoke up.", "Acme hid the leaks", "Lawyers", None),
        ("Lawyers who allege that they were cheated met prosecutors.", "they were cheated", "Lawyers", None),
        (f"A nurse who alleged that {BULLIED} lost her job.", BULLIED, "A nurse", None),
        ("A dossier that alleges widespread cheating was sent to us.", "widespread cheating", "A dossier", None),
        ("A couple who allege they were cheated sued.", "they were cheated", "A couple", None),
        ("Three women who accused him of assault will testify.", "assault", "Three women", "him"),
        ("A report by Ana Melo, 40, that accuses him of greed was leaked.", "greed", "A report", "him"),
        ("She met lawyers who allege that Acme hid the leaks.", "Acme hid the leaks", "lawyers", None),
        ("— Aid workers who accuse both of firing on us said so.", "firing on us", "Aid workers", "both"),
        # a charge ends before a reporting clause, also within `the claim that` or `knowing that`
        ("Critics who accuse the mayor of greed, Melo said, are wrong.", "greed", "Critics", "the mayor"),
        ("Lawyers who allege that Acme hid leaks, Melo said, are wrong.", "Acme hid leaks", "Lawyers", None),
        ("The claim that Melo accused him of theft, Vela said, was false.", "theft", "Melo", "him"),
        ("The claim that Melo accused him of theft was false.", "theft", "Melo", "him"),
        ("Knowing that Melo accused the firm of theft, Vela said it was over.", "theft", "Melo", "the firm"),
        ("Given that Melo accused the firm of theft, votes will be cast.", "theft", "Melo", "the firm"),
        ("Noting that Melo accused the firm of theft and fraud, Vela left.", "theft and fraud", "Melo", "the firm"),
        # an introductory phrase ends at its comma
        ("After a report that accused the firm of theft, its shares fell.", "theft", "a report", "the firm"),
        ("After a report filed in May that accused Acme of theft, its shares fell.", "theft", "a report", "Acme"),
        ("After a report that accused it of theft, Acme, which had risen, fell.", "theft", "a report", "it"),
        ("In a lawsuit that accuses Acme of fraud, Melo quoted Emerson.", "fraud", "a lawsuit", "Acme"),
        ("In a suit that accuses Acme of lies and fraud, Melo quoted it.", "lies and fraud", "a suit", "Acme"),
        ("In a suit that accuses him of lies, theft and fraud, Bell wept.", "lies, theft and fraud", "a suit", "him"),
        ("On Monday, in a lawsuit that accuses Acme of fraud, Melo quoted it.", "fraud", "a lawsuit", "Acme"),
        ("In a report that alleges that Acme hid leaks, Melo quoted it.", "Acme hid leaks", "a report", None),
        ("In a suit that alleges that, in May, it lied, Melo quoted it.", "in May, it lied", "a suit", None),
        ("Despite a report that accused him of theft, Melo stayed.", "theft", "a report", "him"),
        # clauses about the target: `whom he accused`
        ("Acme, which a lawsuit accuses of fraud, left.", "fraud", "a lawsuit", "Acme"),
        ("The man whom police accuse of murder has fled.", "murder", "police", "The man"),
        ("He met Ana Vela, 43, whom he has repeatedly accused of theft.", "theft", "he", "Ana Vela"),
        ("It came in an indictment of six agents whom it accused of spying.", "spying", "it", "six agents"),
        # joined clauses are about the same person or body
        ("Melo, who is the youngest of the clerks and who denied theft, left.", "theft", "Melo", None),
        ("Melo, who chairs the board and who accused Acme of theft, left.", "theft", "Melo", "Acme"),
        ("Melo, who was the first to resign and who denied theft, left.", "theft", "Melo", None),
        ("Vela met Melo, who is a friend of Jane Holt and who denied theft.", "theft", "Melo", None),
        ("Ana Melo, whose firm went bust but who denied theft, left.", "theft", "Ana Melo", None),
        ("Acme, which is a rival of Norvik, and which denied theft, left.", "theft", "Acme", None),
        ("They met Ana Vela, who left, and Jo Melo, who denied theft.", "theft", "Jo Melo", None),
        # a document that accuses, after the main clause
        ("Melo was seen, in a suit that accuses Acme of greed.", "greed", "a suit", "Acme"),
    ],
)
def test_charge_speaker_and_target_in_relative_clauses(text: str, words: str, speaker: str, target: str | None) -> None:
    assert found(text) == [(words, speaker, target)]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("The women who accused him of having lied and stolen have left.", "having lied and stolen"),
        ("Critics who accuse him of having knowingly lied to us have left.", "having knowingly lied to us"),
        ("A union that backs Bell accuses Acme of having left e-mails unread.", "having left e-mails unread"),
        (
            "A woman who alleged that she was held, that her parents had been hurt and that it paid has sued.",
            "she was held, that her parents had been hurt and that it paid",
        ),
        ("Lawyers who allege that all men involved in it had died left.", "all men involved in it had died"),
        ("A suit that alleges that the ship used for the work sank was lost.", "the ship used for the work sank"),
        ("Critics who accuse him of hiding funds meant for schools have left.", "hiding funds meant for schools"),
        ("Critics who accuse him of hiding the line his party took have left.", "hiding the line his party took"),
        ("Lawyers who deny that the line his party has taken is bad left.", "the line his party has taken is bad"),
        ("Lawyers who deny that he lied because the judge was ill have left.", "he lied because the judge was ill"),
        # but the verb of the main clause does
        ("Critics who accuse him of greed also marched on Sunday.", "greed"),
        ("Lawyers who allege that Acme lied to them have left.", "Acme lied to them"),
        ("Lawyers who allege that after the vote the mayor lied have left.", "after the vote the mayor lied"),
        ("Critics who accuse the mayor of greed marched on Sunday and were held.", "greed"),
        ("Women who accused him of theft testified in court before the judge had ruled.", "theft"),
        ("Women who accused him of theft this year have left.", "theft this year"),
    ],
)  # fmt: skip
def test_a_verb_within_a_charge_does_not_end_it(text: str, words: str) -> None:
    assert [statement[0] for statement in found(text)] == [words]


def test_a_charge_ends_before_the_lawsuit_that_makes_another() -> None:
    text = "The bank accused Acme of inventing sales, in a lawsuit that also accuses its auditor of looking away."
    assert found(text) == [("inventing sales", "The bank", "Acme"), ("looking away", "a lawsuit", "its auditor")]


@pytest.mark.parametrize(
    "text",
    [
        "Anyone who accuses him of fraud will be sued.",
        "The mayor, whom nobody accuses of fraud, left.",
        "Melo, whom the union may accuse of fraud, left.",
        "Melo, who was accused of fraud, left.",
        "It is the town where a man accused of murder lives.",
        "He said on Monday that disputed ballots were burnt.",
        "The council rejected that disputed plan.",
        "The texts, which Melo denies sending, were read to us.",
    ],
)
def test_clauses_that_are_not_charges_are_ignored(text: str) -> None:
    assert found(text) == []


@pytest.mark.parametrize(
    "text", ["She told reporters that alleged victims had lied.", "She told reporters that accused men have rights."]
)
def test_an_adjective_after_that_is_not_a_certain_accusation(text: str) -> None:
    assert found(text) == []
    assert [statement[1] for statement in found(text, certain=False)] == ["She"]


@pytest.mark.parametrize(
    ("text", "words", "speaker"),
    [
        ("The claims were dismissed on Monday by the company.", "The claims", "the company"),
        ("The claims were rejected late on Tuesday night by Bell.", "The claims", "Bell"),
        ("The claims were strongly denied in a statement by the firm.", "The claims", "the firm"),
        ("The claim that he had lied was rejected as absurd by the firm.", "he had lied", "the firm"),
        ("The claims were rejected by email on Monday by Bell.", "The claims", "Bell"),
        ("Melo was accused late on Tuesday night by the union of theft.", "theft", "the union"),
        ("Pell hit back on Friday at claims that he had lied.", "he had lied", "Pell"),
        ("The firm pushed back Wednesday on the allegations.", "the allegations", "The firm"),
    ],
)
def test_adverbials_may_separate_a_verb_from_its_complements(text: str, words: str, speaker: str) -> None:
    assert [statement[:2] for statement in found(text)] == [(words, speaker)]


@pytest.mark.parametrize(
    "text",
    [
        "The claims were dismissed on Monday by a judge.",
        "The claims were denied on Monday.",
        "The claims were rejected and the case was taken up by Bell.",
    ],
)
def test_dismissals_by_a_judge_or_by_nobody_are_not_denials(text: str) -> None:
    assert found(text) == []


@pytest.mark.parametrize(
    ("text", "words", "speaker", "target"),
    [
        ("Dray accused the bank’s head of lending, Ana Rowe, of fraud.", "fraud", "Dray", "the bank’s head of lending"),
        ("LEEDS — Opposition councillors accused her of lying.", "lying", "Opposition councillors", "her"),
        ("The officer in charge of it, Sergeant Jo Voss, denied theft.", "theft", "Sergeant Jo Voss", None),
        ("Its whistleblower, former postdoc Chen Wu, denied theft.", "theft", "Chen Wu", None),
        ("Velmar’s ambassador to the UN, Petra Kolar, denied theft.", "theft", "Petra Kolar", None),
        ("The firm in Leeds, Norvik Lines, denied theft.", "theft", "The firm", None),
        # a name with an article and a description of its own
        ("Their leader, the former airline boss Pål Rud, denied theft.", "theft", "Pål Rud", None),
        ("The judge, the Rt Revd Jo Vela, denied theft.", "theft", "Rt Revd Jo Vela", None),
        ("Its rival, the Labour candidate Ana Melo, denied theft.", "theft", "Ana Melo", None),
        ("Its ally, a retired judge from Leeds, denied theft.", "theft", "Its ally", None),
        ("Later its smaller partner, the Agrarian League, denied theft.", "theft", "Agrarian League", None),
        ("The firm, the owner of Norvik Lines, denied theft.", "theft", "The firm", None),
        ("The firm, the Norvik Lines owner, denied theft.", "theft", "The firm", None),
        ("The mayor, the bishop and Ana Melo denied theft.", "theft", "the bishop", None),
        ("The mayor, the bishop, and Ana Melo denied theft.", "theft", "Ana Melo", None),
    ],
)
def test_names_with_an_apposition_or_a_dateline(text: str, words: str, speaker: str, target: str | None) -> None:
    assert found(text) == [(words, speaker, target)]
