"""Denials and accusations reported without quotation marks."""

import pytest

from rejoinder.article.grammar.sentences import sentence_starts
from rejoinder.article.indirect.indirect import find_indirect
from rejoinder.article.quotes.quotes import find_quotes


def found(text: str, *, certain: bool = True) -> list[tuple[str, str, str | None]]:
    """Return the words, speaker and target of each indirect statement whose `certain` attribute equals `certain`."""
    quoted = [span for quote in find_quotes(text) for span in quote.spans]
    return [
        (
            text[slice(*statement.span)],
            text[slice(*statement.attribution.speaker_span)],
            text[slice(*statement.target_span)] if statement.target_span else None,
        )
        for statement in find_indirect(text, quoted, sentence_starts(text))
        if statement.certain == certain
    ]


@pytest.mark.parametrize(
    ("text", "words", "speaker", "target"),
    [
        ("The firm denied that it had set a limit.", "it had set a limit", "The firm", None),
        ("The packer denied using phosphate, although it has.", "using phosphate", "The packer", None),
        ("Lamine denied ever having received a loan.", "having received a loan", "Lamine", None),
        ("Melo rejected the claim that she lied to us.", "she lied to us", "Melo", None),
        ("Brandt denied in a short letter that it was his.", "it was his", "Brandt", None),
        ("The union accused the firm of hiding the books.", "hiding the books", "The union", "the firm"),
        ("He blames Norvik Lines for the dead fish.", "the dead fish", "He", "Norvik Lines"),
        ("Residents allege that the owner shut the water off.", "the owner shut the water off", "Residents", None),
        ("The firm denied any links to the fund.", "any links to the fund", "The firm", None),
        ("Melo accused him of theft.", "theft", "Melo", "him"),
        ("Deputies -- Melo too -- accused Petrov of bribery.", "bribery", "Deputies", "Petrov"),
        ("In a speech, Melo, a doctor and member, accused him of it all.", "it all", "Melo", "him"),
        ("Melo dismissed Petrov's charges about it.", "Petrov's charges about it", "Melo", None),
        ("Ash rejects all insinuations that Melo ran the firm.", "Melo ran the firm", "Ash", None),
        ("The state accused him of murder and Melo fired his chief.", "murder", "The state", "him"),
        ("Ash accused the firm, which is in Lisbon, of theft.", "theft", "Ash", "the firm"),
        ("Ash accused them of jailing Melo and not telling us.", "jailing Melo and not telling us", "Ash", "them"),
        (
            "Ash accused him of jailing Melo and Petrov based on lies.",
            "jailing Melo and Petrov based on lies",
            "Ash",
            "him",
        ),
        ("Ash accused him of taking what he and she owned.", "taking what he and she owned", "Ash", "him"),
        ("The firm denied, as did its bank, that it had lied.", "it had lied", "The firm", None),
        ("In Austin, Texas, Melo, 45, accused him of it all.", "it all", "Melo", "him"),
        ("Ash accused Melo of lying to Petrov and Silva.", "lying to Petrov and Silva", "Ash", "Melo"),
        ("Ash accused Melo of bribery and fraud, and Petrov resigned.", "bribery and fraud", "Ash", "Melo"),
        ("They blamed the firm for the delay and it paid a fine.", "the delay", "They", "the firm"),
        ("Melo denied that he sold it and Petrov bought it.", "he sold it and Petrov bought it", "Melo", None),
        ("Melo denied that a change is due, explaining that it rained.", "a change is due", "Melo", None),
        ("Ash accused Melo and her allies of hiding it.", "hiding it", "Ash", "Melo and her allies"),
        ("Brandt hit back, accusing the trust of greed.", "greed", "Brandt", "the trust"),
        ("Melo accused Petrov of fraud.", "fraud", "Melo", "Petrov"),
        ("Others are accusing Norvik of theft.", "theft", "Others", "Norvik"),
        ("Melo has been accusing Norvik of theft.", "theft", "Melo", "Norvik"),
        ("NHB deputy commissioner Kim Vela denied the report.", "the report", "NHB deputy commissioner Kim Vela", None),
        ("Its lawyers denied the charges, and the case is pending.", "the charges", "Its lawyers", None),
        ("The mayor denied the charges on Monday in a letter.", "the charges", "The mayor", None),
        ("Nunes denied the accusations in the report.", "the accusations in the report", "Nunes", None),
        ("Nunes denied the claims, in a complaint to us.", "the claims", "Nunes", None),
        ("The mayor denied the charges he faced.", "the charges he faced", "The mayor", None),
        # Words after an article belong to its noun phrase even if they look like adverbs or verbs: `family`, `housing`.
        ("The DA denied that he had lied.", "he had lied", "The DA", None),
        ("The family denied that it had lied.", "it had lied", "The family", None),
        ("An elderly woman denied that she had lied.", "she had lied", "An elderly woman", None),
        (
            "The Danish shipping company denied that it lied twice.",
            "it lied twice",
            "The Danish shipping company",
            None,
        ),
        (
            "The firm’s marketing director denied that he had lied.",
            "he had lied",
            "The firm’s marketing director",
            None,
        ),
        ("A local housing trust accused Melo of theft.", "theft", "A local housing trust", "Melo"),
        ("Melo called the plan false, and the union accused it of lies.", "lies", "the union", "it"),
        ("Harbour and Norvik accused each other of theft.", "theft", "Harbour and Norvik", None),
        ("The union accused the firm of fraud.", "fraud", "The union", "the firm"),
        ("Ash accused the Bank of England of fraud.", "fraud", "Ash", "the Bank of England"),
        ("Ash accused Petrov of abuse of power.", "abuse of power", "Ash", "Petrov"),
        ("He blames the lawyer for the delay.", "the delay", "He", "the lawyer"),
        ("Ash blamed the fire on the owner.", "the fire on the owner", "Ash", "the owner"),
        ("Melo was accused by the union of hiding the books.", "hiding the books", "the union", "Melo"),
        ("Melo will resign after being accused by the union of theft.", "theft", "the union", "Melo"),
        ("Ana Melo, who herself denied that she had lied, left.", "she had lied", "Ana Melo", None),
        ("Melo has herself accused the union of hiding it.", "hiding it", "Melo", "the union"),
        ("The firm, which runs ferries, on Tuesday accused the port of greed.", "greed", "The firm", "the port"),
        ("The firm denied the charges.", "the charges", "The firm", None),
        ("The firm denied the claims, and will appeal.", "the claims", "The firm", None),
        ("Melo has denied wrongdoing.", "wrongdoing", "Melo", None),
        ("Melo denied all the allegations against him.", "all the allegations against him", "Melo", None),
        ("She denied she had lied to the court.", "she had lied to the court", "She", None),
        ("Petrov, who denies that he stole it, left.", "he stole it", "Petrov", None),
    ],
)
def test_denials_and_accusations_are_found(text: str, words: str, speaker: str, target: str | None) -> None:
    assert found(text) == [(words, speaker, target)]


def test_an_accusation_after_a_denial_is_a_separate_statement() -> None:
    text = "The firm denied that it had lied, and the union accused Melo of hiding the books."
    assert [words for words, _, _ in found(text)] == ["it had lied", "hiding the books"]


def test_a_title_after_blank_lines_is_not_a_statement() -> None:
    assert found("\n\nNorvik denies that it sold the mill\n\nHARBOUR — It rained.") == []


def test_a_very_long_sentence_is_read_to_its_end() -> None:
    text = "it rained and " * 200 + "Melo denied that it had set a limit"
    statements = find_indirect(text, [], sentence_starts(text))
    assert [text[slice(*statement.span)] for statement in statements] == ["it had set a limit"]


@pytest.mark.parametrize(
    "text",
    [
        "The firm did not deny that it had set a limit.",
        "She refused to deny that it was hers.",
        "Melo was accused of hiding the books.",
        "They denied entry to forty people at the gate.",
        "“He denied that it was his,” said Ana Melo.",
        "The firm denied that it had “set any limit at all on gates”.",
        "Nobody disputes that it rained on the day.",
        "The court denied the appeal.",
        "The appeal court rejected the findings of the inquiry.",
        "The draft rejected in May is much like one that Ash wrote for us.",
    ],
)
def test_sentences_without_an_indirect_denial_or_accusation_are_ignored(text: str) -> None:
    assert found(text) == []


@pytest.mark.parametrize(
    "text",
    [
        "A judge dismissed the charges against Melo on Friday.",
        "Judge Ana Melo dismissed the charges.",
        "A judge rejected his claim that he was ill.",
        "One of the judges rejected the claims.",
        "The Court of Appeal rejected the allegations.",
        "The Supreme Court denied the claim.",
        "The court denied her bail.",
        "The panel dismissed the allegations against Melo.",
        "The regulator dismissed the charges against Norvik.",
        "The Home Office denied her asylum claim.",
        "Officials denied her refugee claim.",
        "The embassy denied his visa application.",
        "The council rejected a claim by residents.",
        "The ministry denied the claim against Norvik.",
        "Prosecutors dismissed the charges against Melo.",
        "The insurer rejected her claim.",
        "The firm rejected a claim for damages.",
        "The minister rejected the idea of a merger.",
        "The insurer rejected claim after claim for years.",
    ],
)
def test_rulings_and_rejected_requests_are_not_denials(text: str) -> None:
    assert found(text) == []


@pytest.mark.parametrize(
    ("text", "words", "speaker"),
    [
        ("The Home Office denied the claims.", "the claims", "The Home Office"),
        ("The Home Office rejected the claim that it had lost files.", "it had lost files", "The Home Office"),
        ("The ministry dismissed the charge as false.", "the charge as false", "The ministry"),
        ("The council dismissed the allegations against it.", "the allegations against it", "The council"),
        ("The regulator rejected claims that it had been slow.", "it had been slow", "The regulator"),
        ("The judge denied the allegations.", "the allegations", "The judge"),
        ("The judge’s lawyer rejected the charges.", "the charges", "The judge’s lawyer"),
        ("A court official rejected the claims.", "the claims", "A court official"),
        ("The insurer denied the allegations.", "the allegations", "The insurer"),
        ("The airline rejected the claim.", "the claim", "The airline"),
        ("The union rejected claims of fraud.", "claims of fraud", "The union"),
        ("Melo rejected her claim.", "her claim", "Melo"),
    ],
)
def test_rejecting_an_accusation_against_oneself_is_a_denial(text: str, words: str, speaker: str) -> None:
    assert found(text) == [(words, speaker, None)]


@pytest.mark.parametrize(
    "text",
    [
        *(
            f"Prosecutors {modal} charge the firm with fraud."
            for modal in ("may", "might well", "could soon", "would", "should", "will", "can", "must")
        ),
        "They’ll accuse the firm of fraud.",
        "She’d deny the charges.",
        "Prosecutors may have accused the firm of fraud.",
        "Melo threatened to accuse the firm of fraud.",
        "Melo threatened to publicly accuse the firm of fraud.",
        "Melo threatened to sue and accuse the firm of fraud.",
        "The firm may deny the charges and accuse Melo of fraud.",
        "Melo is expected to deny the charges.",
        "If they accuse the firm of fraud, it will fall.",
        "If the firm, which runs ferries, accuses the port of greed, it will fall.",
        "It will fall if they accuse the firm of fraud.",
        "Unless the union accuses the firm of fraud, it stays.",
        "Nobody knows whether the firm denied the charges.",
        "Did the firm deny the charges?",
        "Melo could be accused by the union of fraud.",
        "Melo is expected to be accused of fraud by the union.",
        "The firm no longer denies that it dumped waste.",
        "No minister has denied that the files were burnt.",
        "Not one of the men denied that they were there.",
        "She hardly denied that it was so.",
    ],
)
def test_hypothetical_and_negated_statements_are_ignored(text: str) -> None:
    assert found(text) == []


@pytest.mark.parametrize(
    "text",
    [
        "Mrs May denied the charges.",
        "The firm did deny the charges.",
        "He’d denied the charges.",
        "Asked whether she knew, Melo denied the charges.",
        "If it rains, they pay, but Melo denied the charges.",
        "Melo, who will stand trial in May, denied the charges.",
        "They went to the court and deny the charges.",
        "The judge will rule whether it rained, but the firm denied the charges.",
    ],
)
def test_a_denial_near_a_condition_or_modal_word_is_still_found(text: str) -> None:
    assert [words for words, _, _ in found(text)] == ["the charges"]


@pytest.mark.parametrize(
    ("text", "words", "speaker"),
    [
        ("Melo was accused of fraud by the union.", "fraud", "the union"),
        ("Melo was accused of fraud by the union on Friday.", "fraud", "the union"),
        ("Melo, who was accused of fraud by the union, left.", "fraud", "the union"),
        ("Melo was charged with fraud by prosecutors.", "fraud", "prosecutors"),
        ("Melo was charged by prosecutors with fraud.", "fraud", "prosecutors"),
        ("Melo has been accused of hiding debts by two former partners.", "hiding debts", "two former partners"),
        ("Melo was blamed for the fire by the owner.", "the fire", "the owner"),
        ("Melo was accused of greed, theft and fraud by Ana Brandt.", "greed, theft and fraud", "Ana Brandt"),
        ("Melo was accused of bias by the head of the union.", "bias", "the head of the union"),
        ("Melo was accused of abuse by three women.", "abuse", "three women"),
        ("Melo was accused of theft by her.", "theft", "her"),
        ("Melo was accused of lying by thousands of customers.", "lying", "thousands of customers"),
        ("Melo was accused of fraud by mail by the union.", "fraud by mail", "the union"),
        ("Melo was accused by the union of fraud by mail.", "fraud by mail", "the union"),
    ],
)
def test_the_accuser_in_a_passive_clause_is_the_speaker(text: str, words: str, speaker: str) -> None:
    assert found(text) == [(words, speaker, "Melo")]


@pytest.mark.parametrize(
    "what",
    [
        "of fraud by mail",
        "of fraud by phone",
        "by mail of fraud",
        "of fraud by hiding losses",
        "of fraud by means of forged papers",
        "of fraud by Friday",
        "of fraud by the end of May",
        # The verb before `by` is not the accusing one.
        "of taking money paid by the firm",
        "of ties to a group led by Petrov",
        "of fraud and arrested by the police",
        "of fraud in a report that was written by the union",
        "of ignoring abuse by priests",
    ],
)
def test_by_does_not_always_introduce_the_accuser(what: str) -> None:
    assert found(f"Melo was accused {what}.") == []


def test_a_sentence_that_nobody_was_accused_is_not_an_accusation() -> None:
    assert found("Nobody was accused of fraud by the union.") == []


def test_a_statement_that_continues_in_a_quote_is_not_indirect() -> None:
    text = "She said that the officer had “cut two sisters apart on a Friday”."
    assert found(text, certain=False) == []


def test_statements_after_verbs_of_saying_are_not_certain() -> None:
    text = "The coach told reporters that nobody was paid. He said the bag was empty."
    assert found(text) == []
    assert found("Melo told reporters on Friday that nobody was paid.", certain=False) == [
        ("nobody was paid", "Melo", None)
    ]
    assert found(text, certain=False) == [("nobody was paid", "The coach", None), ("the bag was empty", "He", None)]
