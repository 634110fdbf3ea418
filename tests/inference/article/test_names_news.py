"""Whom mentions refer to in court reports, local papers and agency reports."""

import pytest

from rejoinder.article.names.names import Names
from rejoinder.article.quotes.quotes import find_quotes
from tests.inference.article.test_names import resolved


@pytest.mark.parametrize(
    ("text", "mention", "name"),
    [
        # a person is not the body that they belong to, but a spokesman stands for it
        ("A former employee of Norvik Lines spoke.", "A former employee of Norvik Lines", None),
        ("The bishop of Saltmarsh spoke.", "The bishop of Saltmarsh", None),
        ("A spokesman of Norvik Lines spoke.", "A spokesman of Norvik Lines", "Norvik Lines"),
        ("Superintendent of Police Ana Melo spoke.", "Superintendent of Police Ana Melo", "Ana Melo"),
        # a firm is not a union
        ("The carrier Fleetline said so. Fleetline left. Fleetline sued. The union met.", "The union", None),
        # a plural possessive inside a body's name, or at its end
        ("The Norvik Workers' Union met.", "The Norvik Workers' Union", "Norvik Workers' Union"),
        ("The Norvik Lines' board met.", "Norvik Lines", "Norvik Lines"),
        # somebody else's spokesman or lawyer is another person
        ("Harker's spokesman, Ty Bell, left. Then Vela's spokesman came.", "Vela's spokesman", None),
        ("Harker's spokesman, Ty Bell, left. Then Harker's spokesman came.", "Harker's spokesman", "Ty Bell"),
        ("The mayor's lawyer, Ty Bell, left. The firm's lawyer came.", "The firm's lawyer", None),
        # a noun that only modifies another (`board president`) does not describe the person
        ("The board president, Linda Farr, left. The board met.", "The board", None),
        # an introductory phrase is not a description, but may contain one
        ("According to the indictment, Marcus Teo paid. The indictment is long.", "The indictment", None),
        ("In a letter to the trust, Ana Melo resigned. The trust met.", "The trust", None),
        ("By its director, Ana Melo, the firm was told. The director left.", "The director", "Ana Melo"),
        # a contraction is not part of a name
        ("“I'm Janine Harker,” she says. Harker left.", "Harker", "Janine Harker"),
        # honours after a name, a surname inside a longer name, an occupation before a name
        ("Helen Marsh KC rose. Then Ms Marsh sat.", "Ms Marsh", "Helen Marsh KC"),
        ("Jason Teo Wei Liang rose. Then Mr Teo sat.", "Mr Teo", "Jason Teo Wei Liang"),
        ("Sprinter Ana Melo rose. Then Melo sat.", "Melo", "Ana Melo"),
        # abbreviated and full titles
        ("Rep. Luis Vela came. The congressman left.", "The congressman", "Luis Vela"),
        ("Sen. Luis Vela came. The senator left.", "The senator", "Luis Vela"),
        # titles and offices may be part of a body's name
        ("A spokesman for the State Department spoke.", "A spokesman for the State Department", "State Department"),
        ("A lawyer for the Central Bank spoke.", "the Central Bank", "Central Bank"),
        ("The Premier League spoke.", "The Premier League", "Premier League"),
        ("The Attorney General's Office spoke.", "The Attorney General's Office", "Attorney General's Office"),
        ("The Queen Mary University spoke.", "The Queen Mary University", "Queen Mary University"),
        ("Captain Ana Church spoke. Church left.", "Church", "Ana Church"),
        ("Chair of the Finance Committee Ana Melo rose. Melo sat.", "Melo", "Ana Melo"),
        ("Leader of the Opposition Ana Melo rose. Melo sat.", "Melo", "Ana Melo"),
        (
            "The Department for Work and Pensions met.",
            "The Department for Work and Pensions",
            "Department for Work and Pensions",
        ),
        ("The Department of Justice and Norvik met.", "Norvik", "Norvik"),
        # words before a name at the start of a sentence
        ("Mum Gemma Platt rose. Then Platt sat.", "Platt", "Gemma Platt"),
        ("Mum-of-three Gemma Platt rose. Then Platt sat.", "Platt", "Gemma Platt"),
        ("Ex-wife Gemma Platt rose. Then Platt sat.", "Platt", "Gemma Platt"),
        ("Attorney-General Gemma Platt rose. Then Platt sat.", "Platt", "Gemma Platt"),
        ("Co-director Gemma Platt rose. Then Platt sat.", "Platt", "Gemma Platt"),
        ("Jean-Pierre Platt rose. Then Platt sat.", "Platt", "Jean-Pierre Platt"),
        ("Engr. Musa Bello rose. Then Bello sat.", "Bello", "Musa Bello"),
        # nicknames in quotation marks
        ("Jim “The Fish” Vela rose. Then Vela sat.", "Vela", "Jim Vela"),
        ('The boxer Jim "The Fish" Vela rose.', 'The boxer Jim "The Fish" Vela', "Jim Vela"),
        ("Vela said “Norvik Lines” Brandt left.", "Brandt", "Brandt"),
        # lower-case words inside names
        ("Ursula von der Leyen rose. Leyen sat.", "Leyen", "Ursula von der Leyen"),
        ("Piet van Loon rose. Van Loon sat.", "Van Loon", "Piet van Loon"),
        # capitalised words next to a name, and one inside it
        ("Heartbroken Gemma Platt rose. Then Platt sat.", "Platt", "Gemma Platt"),
        ("Shamed Ana Platt rose. Then Platt sat.", "Platt", "Ana Platt"),
        ("United Airlines Group rose. United sat.", "United", "United Airlines Group"),
        ("Gemma Platt SLAMS council. Then Platt sat.", "Platt", "Gemma Platt"),
        # an office with only the surname
        ("President Trump rose. Ivanka Trump sat. Then Trump spoke.", "Trump spoke", "Trump"),
        ("President Trump rose. Ivanka Trump sat.", "President Trump", "Trump"),
        ("President Trump rose. Donald J. Trump sat. Then Trump spoke.", "Trump spoke", "Donald J. Trump"),
        ("President Trump rose. President Jo Trump sat. Then Trump spoke.", "Trump spoke", "Jo Trump"),
        ("President Vela rose. Ivana Vela sat. Then Vela spoke.", "Vela spoke", "Ivana Vela"),
        # the subject of a verb does not describe its object (`Minister backs Ana Melo`)
        ("Minister backs Ana Melo\n\nIt rained. The minister left.", "The minister", None),
        ("Council sacks Ana Melo\n\nIt rained. The council left.", "The council", None),
        ("The judge jails Jon Brandt. The judge left.", "The judge", None),
        ("Drummer and boss Ana Melo rose. The boss left.", "The boss", "Ana Melo"),
        # the place where a body speaks is not that body, but `At Norvik` names the company
        ("On Twitter, the company said so. The company left.", "the company", None),
        ("At Norvik, the company says so.", "the company", "Norvik"),
        ("At a meeting in Brussels, the commission said so.", "the commission", None),
        ("On Instagram, the union rejected it. The union left.", "The union", None),
        # titles may be part of a firm's name
        ("Shares of General Mills fell.", "General Mills", "General Mills"),
        ("The Premier Inn burnt down.", "The Premier Inn", "Premier Inn"),
        ("Major League Baseball met.", "Major League Baseball", "Major League Baseball"),
        ("They watched Prime Video there.", "Prime Video", "Prime Video"),
        ("Prime Minister Ana Platt rose. General Jo Brandt sat. Then Platt left.", "Platt left", "Ana Platt"),
        # two people with the same surname
        ("Ms Khan rose. Sarah Khan sat. Her brother, Imran Khan, spoke.", "Ms Khan", "Sarah Khan"),
        ("Sarah Khan rose. Ms Khan sat. Her brother, Imran Khan, spoke. Mr Khan left.", "Mr Khan", "Imran Khan"),
        ("Mrs Doyle met Mr Doyle.", "Mr Doyle", "Mr Doyle"),
        ("Mrs Doyle met Ana Melo.", "Mrs Doyle", "Doyle"),
        # a time at the beginning of a line
        ("It rained.\n\n11:02 GMT Marsh spoke. Jo Marsh sat.", "Marsh", "Jo Marsh"),
        ("It rained.\n\n[3.15pm] - Jo Marsh spoke. Marsh sat.", "Marsh sat", "Jo Marsh"),
        # `an opponent of Melo` is not Melo, but her spokeswoman stands for her
        ("Ana Melo rose. An opponent of Melo spoke.", "An opponent of Melo", None),
        ("Ana Melo rose. A former pupil of Melo spoke.", "A former pupil of Melo", None),
        ("Ana Melo rose. The cousin of Melo spoke.", "The cousin of Melo", None),
        ("Ana Melo rose. An aide to Melo spoke.", "An aide to Melo", None),
        ("Norvik Lines rose. A subsidiary of Norvik spoke.", "A subsidiary of Norvik", None),
        ("Ana Melo rose. A spokeswoman of Melo spoke.", "A spokeswoman of Melo", "Ana Melo"),
        # nested `of` phrases, a plural, and a name after the phrase
        ("The mayor of the city of Saltmarsh spoke.", "The mayor of the city of Saltmarsh", None),
        ("Supporters of Norvik Lines spoke.", "Supporters of Norvik Lines", None),
        ("A member of the board Ana Melo rose.", "A member of the board Ana Melo", "Ana Melo"),
        # a headline within the text capitalises all its words
        ("News\n\nAna Melo Denies Bullying Staff\n\nAna Melo rose. Then Melo sat.", "Melo", "Ana Melo"),
        # the place of a dateline is not a candidate, but a name before a dash is
        ("BRISTOL, Jan. 14 — The firm left. “No,” it said.", "it", None),
        ("Norvik Lines – Europe's largest ferry firm – left. “No,” it said.", "it", "Norvik Lines"),
        ("AIPEC – which spent a million – left. “No,” it said.", "it", "AIPEC"),
        # words before a name: a handle, a party, an interjection
        ("@HarbourWatch Ana Melo lied. Then Melo sat.", "Melo", "Ana Melo"),
        ("All thank GOP Ana Melo here. Then Melo sat.", "Melo", "Ana Melo"),
        ("Oh Ana Melo, sit. Then Melo sat.", "Melo", "Ana Melo"),
        # firms and books named after somebody
        ("Mark Vela, owner of Mark Vela Motorsports, rose. Then Mark Vela sat.", "Mark Vela", "Mark Vela"),
        ("He wrote The Last Days of Mark Vela. Then Vela sat.", "Vela", "Vela"),
        # months and other times as surnames; pairs of names; a weekday that is not a surname
        ("Theresa May rose. Then May sat.", "May", "Theresa May"),
        ("Kim Weeks, his niece, rose.", "Kim Weeks", "Kim Weeks"),
        (
            "Irish Chair Ana Melo and Danish Chair Jo Vela left.",
            "Irish Chair Ana Melo and Danish Chair Jo Vela",
            "Ana Melo and Jo Vela",
        ),
        (
            "Ana Melo rose. Melo and Finance Minister Jo Vela sat.",
            "Melo and Finance Minister Jo Vela",
            "Ana Melo and Jo Vela",
        ),
        ("The United Isles and Korvo agreed.", "The United Isles and Korvo", "United Isles and Korvo"),
        ("Theresa Melo rose. Theresa Monday told them.", "Theresa Monday", "Theresa Melo"),
        # the place of a person's university; nouns that do not describe a name next to them
        ("Mark Melo of Oak University, Harbourton, rose.", "Mark Melo of Oak University, Harbourton", "Mark Melo"),
        ("The centre in Policy, experts said, is new. Then experts left.", "experts", None),
        ("The major JVL networks met. The major left.", "The major", None),
    ],
)
def test_mentions_resolve_to_the_right_name(text: str, mention: str, name: str | None) -> None:
    assert resolved(text, mention) == (mention if name is None else name)


@pytest.mark.parametrize(
    ("text", "pronoun", "name"),
    [
        ("Brightcot Homes disputed it. Then it said so.", "it", "Brightcot Homes"),
        ("The HSE rejects the charge. In a note, it said so.", "it", "HSE"),
        ("The Open Trust spoke on Instagram. Then it said so.", "it", "Open Trust"),
        ("Norvik Lines left. The dock union disputes this. Then it said so.", "it", "The dock union"),
        ("At the Rosary Cathedral, the archbishop spoke. Then he said so.", "he", "he"),
        ("Jon Brandt came with his lawyer, Carl Moss. Then he spoke.", "he", "Jon Brandt"),
        # whom a pronoun refers to remains the likeliest for the next pronoun
        ("Thandi Vela rose. She turned to Lourens, who sat. “No,” she said.", "she", "Thandi Vela"),
        ("Thandi Vela rose. She sat. She turned to Lourens, who sat. “No,” she said.", "she", "Thandi Vela"),
        ("Thandi Vela rose. Lourens, who sat, turned to her. “No,” she said.", "she", "Lourens"),
        ("The chair of the Elders' Forum, Chief Ferdinand Brandt, left. Then he spoke.", "he", "Ferdinand Brandt"),
        ("Prosecutors said the coach, Jon Brandt, had lied. Then he spoke.", "he", "Jon Brandt"),
        ("The St. Brendan sank. Jon Brandt swam, and later he spoke.", "he", "Jon Brandt"),
        # the speaker takes precedence over people named only in a description or clause about them
        ("Ana Melo, a friend of Jane Holt, said it rained. “They lied,” she said.", "she", "Ana Melo"),
        ("Kim Melo KC, for Jane Holt, told the jury so. “They lied,” she said.", "she", "Kim Melo KC"),
        ("Kim Melo, representing Jane Holt, said so. “They lied,” she said.", "she", "Kim Melo"),
        ("Kim Melo, who had met Jane Holt, said so. “They lied,” she said.", "she", "Kim Melo"),
        ("“No,” said Kim Melo, a friend of Jane Holt. “They lied,” she said.", "she", "Kim Melo"),
        ("The friend, Jane Holt of Leeds, said so. “They lied,” she said.", "she", "Jane Holt"),
        ("The Press Secretary to the mayor, Kim Holt, said so. “They lied,” she said.", "she", "Kim Holt"),
        ("Ana Melo, a friend of Jon Holt, said so. “They lied,” he said.", "he", "Jon Holt"),
        # `she` is neither the person who asks her nor the one she speaks to
        ("Ana Melo left. Pressed by prosecutor Anna Vale, she spoke.", "she", "Ana Melo"),
        ("Jane Holt met Ana Melo. “You lied,” she told Ms Melo.", "she", "Jane Holt"),
        ("Jane Holt met Ana Melo. She later told Ms Melo so.", "She", "Jane Holt"),
        ("Jane Holt met Ana Melo. “You lied,” she said to Melo.", "she", "Jane Holt"),
        ("Jane Holt met Ana Melo. “You lied,” she told Jane Holt.", "she", "Ana Melo"),
        # a name of one word is a person's if it speaks
        ("Tom Vela accused Rivaldo. Rivaldo, who plays for Leeds, denied it. “No,” he said.", "he", "Rivaldo"),
        ("Tom Vela rose. On Tuesday Prasetyo rejected it. “No,” he said.", "he", "Prasetyo"),
        ("Tom Vela rose. Prasetyo on Tuesday rejected it. “No,” he said.", "he", "Prasetyo"),
        ("Tom Vela rose. Hitting back, Basavaiah termed it false. He left.", "He", "Basavaiah"),
        # but not the name of a body or place, nor the first word of a sentence
        ("Tom Vela worked at Norvik. Norvik rejected it. “No,” he said.", "he", "Tom Vela"),
        ("Tom Vela left. Norvik denied that it had lied. “No,” he said.", "he", "Tom Vela"),
        ("Tom Vela left. Norvik said its ships were safe. “No,” he said.", "he", "Tom Vela"),
        ("Tom Vela left. On Monday Israel denied it. “No,” he said.", "he", "Tom Vela"),
        ("Ana Vela left. Rule one she says to all. “No,” she said.", "she", "Ana Vela"),
        ("Jo Lund left. First Bus said it was full. It added that it was safe. He left.", "He", "Jo Lund"),
        ("Jo Lund left. First Bus said it was full. It rained. He left.", "He", "First Bus"),
        # the sex must match
        ("Mr Dunn told them so. She left.", "She", "She"),
        ("Anne Price rose. Mr Dunn denied it. She left.", "She", "Anne Price"),
        ("Tom Hale rose. Ms Dunn denied it. He left.", "He", "Tom Hale"),
        ("Sarah Khan met her brother, Imran Khan. Mr Khan spoke. He left.", "He", "Imran Khan"),
        # a document may go on alleging, but does not deny
        ("Norvik left. The complaint alleges fraud. It further alleges theft.", "It", "The complaint"),
        ("Norvik Lines fell. The report said that Norvik lied. It denied that.", "It", "Norvik Lines"),
        # words that nothing marks as somebody's name; the speaker of the sentence before; links to other articles
        ("Tom Vela rose. He won, and with Best Harbour Light he sat.", "he", "Tom Vela"),
        ("Kim Vela rose. It was seen in Harbour Light. “No,” she said.", "she", "Kim Vela"),
        ("Kim Vela won Best Director. “No,” she said.", "she", "Kim Vela"),
        ("Jo Vela rose. The major JVL networks met. “No,” he said.", "he", "Jo Vela"),
        ("Jo Vela rose. The thief got away, he said. “It was dark,” he added.", "he", "Jo Vela"),
        ("Mark Vela rose. Tom Lind got away, he said. “It was dark,” he added.", "he", "Mark Vela"),
        ("Jo Vela rose.\n\nRelated: Tom Lind’s firm wins again\n\n“It was dark,” he said.", "he", "Jo Vela"),
        ("Jo Vela rose.\n\nRelated: Tom Lind wins again. “It was dark,” he says", "he", "Tom Lind"),
        ("Jo Vela met a crowd.\n\nIt was late.\n\nStory Continued Below\n\nIn the end he left.", "he", "Jo Vela"),
        ("Jo Vela met a girl. The girl left. “No,” she said.", "she", "The girl"),
    ],
)
def test_pronouns_resolve_to_the_right_name(text: str, pronoun: str, name: str) -> None:
    assert resolved(text, pronoun) == name


@pytest.mark.parametrize(
    ("text", "mention", "name"),
    [
        ("Jon Melo, 46, met Tom Vela, 31. “No,” the 46-year-old said.", "the 46-year-old", "Jon Melo"),
        ("Jon Melo met Norvik. “No,” the 46-year-old said.", "the 46-year-old", "Jon Melo"),
        ("Jon Melo, 46, met Tom Vela, 31. “No,” the 46-year-old builder said.", "the 46-year-old builder", "Jon Melo"),
        (
            "Jon Melo, 46, met Tom Vela, 31. “No,” the 31-year-old Dutchman said.",
            "the 31-year-old Dutchman",
            "Tom Vela",
        ),
        ("Kim Melo met Norvik. “No,” the mum-of-two said.", "the mum-of-two", "Kim Melo"),
        ("Dutch striker Ruud Melo met Tom Vela. “No,” the Dutchman said.", "the Dutchman", "Ruud Melo"),
        ("Ruud Melo met Ana Vela. “No,” the Dutchman said.", "the Dutchman", "Ruud Melo"),
        ("Kim Melo met Norvik. “No,” said the Italian.", "the Italian", "Kim Melo"),
        ("Democrat Kim Melo met Jo Vela, a Republican. “No,” the Democrat said.", "the Democrat", "Kim Melo"),
        ("Democrat Kim Melo met Jo Vela, a Republican. “No,” the Republican said.", "the Republican", "Jo Vela"),
        ("Kim Melo, D-Ohio, met Jo Vela. “No,” the Democrat said.", "the Democrat", "Kim Melo"),
        ("Kim Melo, D-Ohio, met Jo Vela. “No,” the Republican said.", "the Republican", "Jo Vela"),
        ("Ash Town manager Kim Melo met Jo Vela. “No,” the Town manager said.", "the Town manager", "Kim Melo"),
        ("Kim Melo, the Ash captain, met Jo Vela. “No,” the Ash captain said.", "the Ash captain", "Kim Melo"),
        # but not if the description does not fit, or is somebody else's
        ("Jon Melo, 46, met Norvik. “No,” the 31-year-old said.", "the 31-year-old", None),
        ("Jon Melo met a 14-year-old girl. “No,” the 14-year-old said.", "the 14-year-old", None),
        ("Jon Melo met Norvik. “No,” the 31-year-old builder said.", "the 31-year-old builder", None),
        ("Jon Melo, 46, met Norvik. It is the 46-year-old law.", "the 46-year-old law", None),
        ("Republican Kim Melo rose. “No,” the Democrat said.", "the Democrat", None),
        ("Ash manager Kim Melo met Jo Vela. “No,” the Norvik manager said.", "the Norvik manager", None),
        ("Jon Melo met the Guardian. “No,” the Guardian said.", "the Guardian", "Guardian"),
        ("Jon Melo read it. The Brandt lesson was long.", "The Brandt lesson", None),
        # somebody who speaks for a person is not that person
        ("Ana Melo left. A source close to Melo said so.", "A source close to Melo", None),
        ("Ana Melo left. A lawyer representing Melo said so.", "A lawyer representing Melo", None),
    ],
)
def test_descriptions_resolve_only_to_a_person_they_fit(text: str, mention: str, name: str | None) -> None:
    assert resolved(text, mention) == (mention if name is None else name)


@pytest.mark.parametrize(
    ("text", "mention", "side"),
    [
        ("A Home Office spokesman said so.", "A Home Office spokesman", "Home Office"),
        ("Norvik's director, Ana Melo, said so.", "Ana Melo", "Norvik"),
        ("Tom Reed's brother-in-law, Carl Moss, said so.", "Carl Moss", "Tom Reed"),
        ("The chairman of Norvik Lines said so.", "The chairman of Norvik Lines", "Norvik Lines"),
        ("Ana Melo, the chairman of Norvik Lines, said so.", "Ana Melo", "Norvik Lines"),
        ("Jon Brandt left. His lawyer said so.", "His lawyer", "Jon Brandt"),
        ("Ana Melo said so.", "Ana Melo", None),
        ("Ana Melo left. A source close to Melo said so.", "A source close to Melo", "Ana Melo"),
        ("Ana Melo left. An aide to Melo said so.", "An aide to Melo", "Ana Melo"),
        ("Ana Melo left. A lawyer representing her said so.", "A lawyer representing her", "Ana Melo"),
        ("Jo Vela, a lawyer acting for Norvik Lines, said so.", "Jo Vela", "Norvik Lines"),
        ("Jo Vela KC, for Ana Melo, said so.", "Jo Vela KC", "Ana Melo"),
        ("Jo Vela, a friend of Ana Melo, said so.", "Jo Vela", None),
        ("Jo Vela, for one, said so.", "Jo Vela", None),
        ("A person familiar with Norvik said so.", "A person familiar with Norvik", None),
        ("Norvik Lines spokesman Jon Vela said so.", "Norvik Lines spokesman Jon Vela", "Norvik Lines"),
        ("Norvik Lines chief executive Jon Vela spoke.", "Norvik Lines chief executive Jon Vela", "Norvik Lines"),
        ("The White House press secretary spoke.", "The White House press secretary", "White House"),
        ("Former Norvik director Jon Vela spoke.", "Former Norvik director Jon Vela", None),
        ("Norvik's deputy, Ana Melo, said so.", "Ana Melo", "Norvik"),
        ("Ana Melo, the president of Norvik Lines, said so.", "Ana Melo", "Norvik Lines"),
        # the author of a document, or the party that filed it
        ("Norvik said so in a statement. Ana Melo sat. The statement is short.", "The statement", "Norvik"),
        ("Norvik denied it. “No,” the statement read.", "the statement", "Norvik"),
        ("A report by Ash Watch accused Norvik. Norvik denied it. The report is long.", "The report", "Ash Watch"),
        ("A report by Ash Watch accused Norvik.", "A report", "Ash Watch"),
        ("The SEC sued Norvik Lines. The complaint is long.", "The complaint", "SEC"),
        ("Norvik Lines was sued by the SEC. The complaint is long.", "The complaint", "SEC"),
        ("Norvik's letter came. Ana Melo spoke. The letter is long.", "The letter", "Norvik"),
        ("The SEC sued Norvik. The complaint alleges theft. It also alleges fraud.", "It", "SEC"),
        ("Norvik met Ana Melo. The report is long.", "The report", None),
    ],
)
def test_spoken_for_returns_the_side_of_a_speaker_or_document(text: str, mention: str, side: str | None) -> None:
    start = text.index(mention)
    quoted = [span for quote in find_quotes(text) for span in quote.spans]
    assert Names(text, quoted).spoken_for((start, start + len(mention))) == side


def test_a_sentence_with_thousands_of_speakers_is_resolved_quickly() -> None:
    text = "Ana Melo said and " * 20_000 + "left. “No,” she said."
    assert resolved(text, "she") == "Ana Melo"
