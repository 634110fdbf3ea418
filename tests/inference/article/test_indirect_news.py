"""Indirect denials and accusations as courts, news agencies and trade papers report them."""

import pytest

from tests.inference.article.test_indirect import found


@pytest.mark.parametrize(
    ("text", "words", "speaker"),
    [
        ("Two officers planted the knife, prosecutors allege.", "Two officers planted the knife", "prosecutors"),
        ("But the owner knew of it, alleges the lawsuit.", "the owner knew of it", "the lawsuit"),
        ("The pump had been off, the union alleged on Monday.", "The pump had been off", "the union"),
        ("The pump was off, a person familiar with it alleged.", "The pump was off", "a person familiar with it"),
    ],
)
def test_an_allegation_may_precede_its_verb(text: str, words: str, speaker: str) -> None:
    assert found(text) == [(words, speaker, None)]


def test_a_claim_that_precedes_its_verb_is_not_certain() -> None:
    expected = [("The rig was sold in May", "the company", None)]
    assert found("The rig was sold in May, the company insists.") == []
    assert found("The rig was sold in May, the company insists.", certain=False) == expected
    assert found("In May, the company insists on a deposit.", certain=False) == []
    assert found("The rig was sold in May, the company said on Monday.", certain=False) == expected
    assert found("The rig was sold in May, the company argued.", certain=False) == expected
    assert found("Was the rig sold, the company insists?", certain=False) == []
    assert found("In May, the company said on Monday, it sold the rig.", certain=False) == []
    assert found("Through her lawyers, she insisted on Monday.", certain=False) == []
    assert found("In a letter to the board, she insisted: “No.”", certain=False) == []
    in_may = [("In May they hid the books", "the union", None)]
    assert found("In May they hid the books, the union insists.", certain=False) == in_may


@pytest.mark.parametrize(
    ("text", "words", "speaker"),
    [
        ("Vela was fined for theft, which she denies.", "Vela was fined for theft", "she"),
        ("The audit speaks of fraud, which the firm has always denied.", "The audit speaks of fraud", "the firm"),
        ("Melo left over allegations he denies.", "allegations", "he"),
    ],
)
def test_what_is_denied_may_precede_its_verb(text: str, words: str, speaker: str) -> None:
    assert found(text) == [(words, speaker, None)]


def test_a_statement_that_precedes_its_verb_is_found_once() -> None:
    text = "Vela was fined for theft, which she denies, and for fraud, which she also denies."
    assert found(text) == [("Vela was fined for theft", "she", None)]
    assert found("Melo faces charges he denies.") == [("charges", "he", None)]
    assert found("LONDON (AP) — Two men planted it, prosecutors allege.") == [
        ("Two men planted it", "prosecutors", None)
    ]
    assert found("A charge\n, which she denies.") == []


def test_a_denial_ends_where_its_speaker_accuses_somebody() -> None:
    text = "Melo denied taking bribes and accused prosecutors of making it up."
    assert found(text) == [("taking bribes", "Melo", None), ("making it up", "Melo", "prosecutors")]


def test_an_accusation_and_its_denial_in_one_sentence_are_two_statements() -> None:
    assert found("Ash accused Melo of theft, a charge he denies.") == [
        ("theft", "Ash", "Melo"),
        ("a charge", "he", None),
    ]
    assert found("Ash accused Norvik of theft, an allegation Norvik denied.") == [
        ("theft", "Ash", "Norvik"),
        ("an allegation", "Norvik", None),
    ]
    assert found("Ash accused Melo of theft, which he denies.") == [("theft", "Ash", "Melo"), ("theft", "he", None)]


@pytest.mark.parametrize(
    ("text", "words", "speaker", "target"),
    [
        ("Police allege he stabbed her.", "he stabbed her", "Police", None),
        ("Vela alleged in court papers that she was pushed.", "she was pushed", "Vela", None),
        ("Melo, 40, denies murder.", "murder", "Melo", None),
        ("Melo denied two counts of rape.", "two counts of rape", "Melo", None),
        ("Melo denied sexually assaulting her.", "sexually assaulting her", "Melo", None),
        ("Melo denied ever sexually assaulting her.", "sexually assaulting her", "Melo", None),
        ("Police denied the assault was racially motivated.", "the assault was racially motivated", "Police", None),
        ("The minister denied funding the rebels.", "funding the rebels", "The minister", None),
        ("Melo and her family blame the firm for the fire.", "the fire", "Melo", "the firm"),
        ("Melo and her lawyers alleged that she was pushed.", "she was pushed", "Melo", None),
        ("Ash accused Melo of hiding the books, prosecutors said.", "hiding the books", "Ash", "Melo"),
        ("Melo denies fraud charges.", "fraud charges", "Melo", None),
        ("The club denied rumours that it was for sale.", "it was for sale", "The club", None),
        ("The ministry rejected U.S. claims that it sold them.", "it sold them", "The ministry", None),
        ("The firm denied media reports.", "media reports", "The firm", None),
        ("Two nurses filed a lawsuit accusing the trust of neglect.", "neglect", "Two nurses", "the trust"),
        ("The school issued a statement denying the charges.", "the charges", "The school", None),
        ("He continues to deny the charges.", "the charges", "He", None),
        ("Melo denied Petrov faced charges over it.", "Petrov faced charges over it", "Melo", None),
        ("The two men continue to deny the charges.", "the charges", "The two men", None),
        ("Ash accused Ana Melo, the head of the port, on Monday of fraud.", "fraud", "Ash", "Ana Melo"),
        ("Ash accused Melo, head of the Osthaven port authority, of fraud.", "fraud", "Ash", "Melo"),
        ("Ash accused Melo, a friend of hers, of fraud.", "fraud", "Ash", "Melo"),
        ("Both deny the charges.", "the charges", "Both", None),
        ("Melo has long denied the charges.", "the charges", "Melo", None),
        ("Melo has since denied that he was there.", "he was there", "Melo", None),
        ("Ash accused the mayor of a breach of trust.", "a breach of trust", "Ash", "the mayor"),
        ("Ash accused the head of a union of fraud.", "fraud", "Ash", "the head of a union"),
    ],
)
def test_denials_and_accusations_in_court_and_agency_reports_are_found(
    text: str, words: str, speaker: str, target: str | None
) -> None:
    assert found(text) == [(words, speaker, target)]


@pytest.mark.parametrize(
    ("text", "words", "speaker", "target"),
    [
        ("Philip Ash, 43, who ran the bank, denies two counts of fraud.", "two counts of fraud", "Philip Ash", None),
        ("Ms Choi, from Leeds, who chairs it, accused the firm of bullying.", "bullying", "Ms Choi", "the firm"),
        ("The hospital denied there was a cover-up.", "there was a cover-up", "The hospital", None),
        ("Tully denied he hit her.", "he hit her", "Tully", None),
        ("The force denies officers laughed at Mr Bell.", "officers laughed at Mr Bell", "The force", None),
        ("The family sued the city, alleging officers used force.", "officers used force", "The family", None),
        ("Nowak denies money laundering.", "money laundering", "Nowak", None),
        ("Nowak denies murder, arson and lying to police.", "murder, arson and lying to police", "Nowak", None),
        ("Mann has been charged with assisting an offender, which she denies.", "assisting an offender", "she", None),
        ("Tensa denied any wrongdoing in a statement.", "any wrongdoing", "Tensa", None),
        ("She denied that he authorized it, according to the complaint.", "he authorized it", "She", None),
        ("She denied her office had rushed it, as Pierce has claimed.", "her office had rushed it", "She", None),
        ("The army denied it was there and called the charge odd.", "it was there", "The army", None),
        ("Tensa accused neighbouring Belmora of theft.", "theft", "Tensa", "neighbouring Belmora"),
        ("Brekke filed a lawsuit on Monday accusing the bank of theft.", "theft", "Brekke", "the bank"),
        ("Shares fell after Orm Bay released a report accusing it of theft.", "theft", "Orm Bay", "it"),
        ("Tensa lost a third once Orm Bay had issued a letter accusing it of theft.", "theft", "Orm Bay", "it"),
        ("Nowak filed a suit after the talks failed accusing it of theft.", "theft", "Nowak", "it"),
        ("Privacy campaigners accused the firm of spying.", "spying", "Privacy campaigners", "the firm"),
        ("The suit alleges the firm knowingly dumped waste.", "the firm knowingly dumped waste", "The suit", None),
        ("Brekke denied that the charges were true.", "the charges were true", "Brekke", None),
        ("Brekke denied he ever took money.", "he ever took money", "Brekke", None),
        ("Brekke denies she personally signed it.", "she personally signed it", "Brekke", None),
        ("The club denies players deliberately took it.", "players deliberately took it", "The club", None),
        ("Vela sued it, alleging the bank secretly sold them.", "the bank secretly sold them", "Vela", None),
        ("Nowak denied bullying her staff.", "bullying her staff", "Nowak", None),
        ("The club denied doping its riders.", "doping its riders", "The club", None),
        ("Nowak denied bullying and theft.", "bullying and theft", "Nowak", None),
        ("Nowak denied assault on a pupil.", "assault on a pupil", "Nowak", None),
        ("Nowak denied assault on Monday.", "assault", "Nowak", None),
        ("Nowak denied the charges on his blog.", "the charges", "Nowak", None),
        ("The state accused it of inflating sales by 20%.", "inflating sales by 20%", "The state", "it"),
        ("Nowak denied that it lied (and that she knew).", "it lied (and that she knew)", "Nowak", None),
        ("The plan (Nowak denied that she knew of it) failed.", "she knew of it", "Nowak", None),
        ("Police allege that, in May, Nowak stole it.", "in May, Nowak stole it", "Police", None),
        ("Pell denied, under questioning from a panel, that it lied to us.", "it lied to us", "Pell", None),
        ("Jane Oakes called the bishop “brave and right” and accused Tensa of theft.", "theft", "Jane Oakes", "Tensa"),
    ],
)  # fmt: skip
def test_statements_once_missed_in_invented_articles_are_found(
    text: str, words: str, speaker: str, target: str | None
) -> None:
    assert found(text) == [(words, speaker, target)]


@pytest.mark.parametrize(
    ("text", "words", "speaker"),
    [
        ("Brekke hit back at claims that he stole it.", "he stole it", "Brekke"),
        ("Brekke brushed aside suggestions she had lied.", "suggestions she had lied", "Brekke"),
        ("Brekke has laughed off reports that he was fired.", "he was fired", "Brekke"),
        ("The firm pushed back on the allegations.", "the allegations", "The firm"),
        ("The firm contested the claim that it had lied.", "it had lied", "The firm"),
        ("The envoy described the charge as baseless and false.", "the charge", "The envoy"),
        ("The envoy called the claims false.", "the claims", "The envoy"),
        ("The envoy described claims that he had lied as untrue.", "he had lied", "The envoy"),
        ("The envoy termed the allegations entirely unfounded.", "the allegations", "The envoy"),
        ("Brekke branded the accusations a pack of lies.", "the accusations", "Brekke"),
        ("Fans struck a guard, something the club denies.", "Fans struck a guard", "the club"),
    ],
)
def test_idioms_of_denial_are_found(text: str, words: str, speaker: str) -> None:
    assert found(text) == [(words, speaker, None)]


@pytest.mark.parametrize(
    ("text", "words", "speaker", "target"),
    [
        ("The union slammed the firm for hiding the books.", "hiding the books", "The union", "the firm"),
        ("Vela sued Norvik for dumping waste in it.", "dumping waste in it", "Vela", "Norvik"),
        ("Melo was condemned by the union for hiding all debts.", "hiding all debts", "the union", "Melo"),
    ],
)
def test_reasons_for_criticism_are_not_certain(text: str, words: str, speaker: str, target: str) -> None:
    assert found(text) == []
    assert found(text, certain=False) == [(words, speaker, target)]


def test_an_accusation_after_criticism_is_a_separate_statement() -> None:
    text = "Vela condemned the firm for selling its old mine, charging that it had hidden the books."
    assert found(text) == [("it had hidden the books", "Vela", None)]


def test_a_denial_after_an_accusation_is_not_part_of_it() -> None:
    text = "Stern accused Brandt of fraud, an accusation the dentist strongly denies."
    assert found(text) == [("fraud", "Stern", "Brandt"), ("an accusation", "the dentist", None)]


def test_an_indirect_statement_next_to_a_quote_has_the_same_speaker() -> None:
    text = "“This is a cover-up,” Vela said, accusing the board of hiding it."
    assert found(text) == [("hiding it", "Vela", "the board")]
    assert found("Melo denied taking bribes and said he was “shocked by all of it”.") == [
        ("taking bribes", "Melo", None)
    ]


@pytest.mark.parametrize(
    "text",
    [
        "The minister resigned amid claims that he took bribes.",
        "Melo faces charges that he ran a scam.",
        "The strike follows a bitter pay dispute that has lasted months.",
        "Councillors rejected planning permission.",
        "The airline denied boarding to two men.",
        "The embassy denied entry to the crew.",
        "Two alleged thefts were looked into.",
        "The clinic dropped a lawsuit accusing the trust of neglect.",
        "Melo was sent a letter accusing him of theft.",
        "Melo has not filed a lawsuit accusing the firm of fraud.",
        "Thousands read a post accusing the club of racism.",
        "An investigation into alleged bribery has been launched.",
        "Melo’s alleged victims were teenagers.",
        "Five alleged members of the gang were arrested.",
        "The trial against alleged gunman Jon Melo was put off.",
        "Melo applied for bail, which the judge denied.",
        "Hundreds filed claims the insurer denied.",
        "The judge denied the murder suspect bail.",
        "The board denied the abuse survivors’ request for a meeting.",
        "The party denied him a role in the campaign.",
        "The firm will continue to deny the charges.",
        "Melo may go on to accuse the firm of fraud.",
        "Melo was not forced to deny the charges.",
        "It will fall if they continue to deny the charges.",
        "Melo’s lawyers moved to dismiss the charges.",
        "The firm charged more for a card that the state hands out for free.",
        "The union alleged fraud recently uncovered by the press.",
        "The embassy denied visas previously granted to the men.",
        "The mayor hit back at the union.",
        "The mayor countered that the charges against her were false.",
        "The club won a contest that had lasted for months.",
        "Investors brushed aside the warning.",
        "The court brushed aside claims that she was ill.",
        "Vela described the allegations as serious, not false.",
        "Vela described the allegations of false accounting.",
        "Vela described the claims that fake doctors had worked there.",
        "Brekke may hit back at claims that she lied.",
        "The union slammed the firm for its long silence.",
    ],
)
def test_other_uses_of_denying_and_accusing_words_are_ignored(text: str) -> None:
    assert found(text) == []


@pytest.mark.parametrize(
    ("text", "words", "speaker"),
    [
        ("The mayor resigned after the union accused him of theft.", "theft", "the union"),
        ("Shares fell after Grayfin accused Helvona of fraud.", "fraud", "Grayfin"),
        ("It came a day before the union accused him of theft.", "theft", "the union"),
        ("The talks broke down once Melo accused the firm of theft.", "theft", "Melo"),
        ("A note sent after the hearing denied that he had lied.", "he had lied", "A note"),
        ("A witness before the committee denied that he had lied.", "he had lied", "A witness"),
        ("A firm named after Ana Melo denied that it had lied.", "it had lied", "A firm"),
        ("On his part, the builder, Chief Jon Brandt, denied stealing it.", "stealing it", "Chief Jon Brandt"),
        ("The mayor of Leeds, Ana Melo, denied stealing it.", "stealing it", "Ana Melo"),
        ("Twelve current and former students accused it of theft.", "theft", "Twelve current and former students"),
        ("Members of the Nyeru county assembly accused it of theft.", "theft", "Members of the Nyeru county assembly"),
        ("The audit found a gap, a charge that Norvik denies.", "The audit found a gap", "Norvik"),
        ("Pell refuted the claim in a video and left.", "the claim", "Pell"),
        # age, place and post after a name
        ("Peter Doyle, 55, who denies fraud, will appear.", "fraud", "Peter Doyle"),
        ("Mrs Doyle, 52, of Leeds, who denies fraud, will appear.", "fraud", "Mrs Doyle"),
        ("Norvik Lines, based in Oslo, which denies fraud, will appear.", "fraud", "Norvik Lines"),
        ("John Reed, a former clerk, who denies fraud, will appear.", "fraud", "John Reed"),
        ("Peter Doyle (55), who denies fraud, will appear.", "fraud", "Peter Doyle"),
        ("Peter Doyle (55), of Leeds, denies fraud.", "fraud", "Peter Doyle"),
        ("In Leeds, a former clerk, who denies fraud, will appear.", "fraud", "a former clerk"),
        ("Ana Melo, a clerk from Oslo who denies taking bribes, will stand.", "taking bribes", "Ana Melo"),
        ("The mine denied that he had paid and urged a court to look.", "he had paid", "The mine"),
        ("The mine denied that he had paid and pointed out an error.", "he had paid", "The mine"),
        ("The mine denied that he had paid, an inquest has heard.", "he had paid", "The mine"),
    ],
)
def test_the_subjects_and_ends_of_clauses_are_found(text: str, words: str, speaker: str) -> None:
    assert [statement[:2] for statement in found(text)] == [(words, speaker)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "The mayor denied the claim and the council accused him of fraud.",
            [("the claim", "The mayor", None), ("fraud", "the council", "him")],
        ),
        (
            "The union accused the firm of theft and the firm accused the union of lying.",
            [("theft", "The union", "the firm"), ("lying", "the firm", "the union")],
        ),
        (
            "Reds accused Ana Melo of playing games and Blues accused Reds of fraud.",
            [("playing games", "Reds", "Ana Melo"), ("fraud", "Blues", "Reds")],
        ),
    ],
)
def test_two_joined_clauses_are_two_statements(text: str, expected: list[tuple[str, str, str | None]]) -> None:
    assert found(text) == expected


def test_that_before_a_noun_does_not_introduce_a_clause() -> None:
    assert found("Pell rejected that version of events.") == []
    assert found("Vela disputed that account.") == [("that account", "Vela", None)]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        # a verdict before what is denied
        ("The trust dismissed as absurd the claim that it hid the leak.", "it hid the leak"),
        # verbs that deny if a charge follows
        ("The trust bristled at the claim that it hid the leak.", "it hid the leak"),
        ("The trust shrugged off allegations of a leak.", "allegations of a leak"),
        ("The trust took issue with the claim that it hid the leak.", "it hid the leak"),
        ("The trust poured scorn on claims of a leak.", "claims of a leak"),
        ("The trust took issue with the mayor.", None),
        ("The trust called the allegation a smear.", "the allegation"),
        # another clause begins with a participle
        ("The trust denied that it hid the leak, stating that it had told the mayor.", "it hid the leak"),
        ("The trust accused the mayor of hiding the leak, prompting her to call a meeting.", "hiding the leak"),
    ],
)
def test_denials_in_other_words_and_where_they_end(text: str, words: str | None) -> None:
    said = [quote for quote, speaker, _ in found(text) if speaker == "The trust"]
    assert said == ([words] if words else [])
