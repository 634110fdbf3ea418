"""Function words of English, and other words used to analyse sentences, in lower case."""

import re


def word_set(text: str) -> frozenset[str]:
    """Return the words of a text as a set."""
    return frozenset(text.split())


def without_possessive(word: str) -> str:
    """Return a word without `’s`, or without the apostrophe after a plural."""
    return _POSSESSIVE.sub("", word)


PRONOUNS = word_set(
    """
    i you he she it we they who nobody everyone everybody someone somebody
    """
)
DETERMINERS = word_set(
    """
    the a an his her its their our my your this that these those some many several both no another one two three
    four five six seven eight nine ten eleven twelve most any each every all
    """
)
PREPOSITIONS = word_set(
    """
    in on at by with from to into over under about after before during since until till as than through throughout
    against among between within without near outside inside despite across around behind beyond beside besides like
    unlike upon following including amid per via for alongside towards toward above below off regarding
    concerning
    """
)
RELATIVES = word_set(
    """
    who whom whose which where when
    """
)
AUXILIARIES = word_set(
    """
    is are was were be been being am has have had do does did will would can could may might shall should must
    isn’t isn't wasn’t wasn't didn’t didn't hasn't hasn’t hadn't hadn’t won't won’t doesn't doesn’t not
    weren’t weren't aren’t aren't don’t don't can’t can't couldn’t couldn't wouldn’t wouldn't haven’t haven't
    shouldn’t shouldn't cannot never
    """
)
ARTICLES = word_set("the a an his its their our my your")
"""Determiners that cannot stand alone as a noun phrase."""
COUNTS = word_set("one two three four five six seven eight nine ten eleven twelve many several")
"""Determiners that may follow another one: `the two men`."""
POSSESSIVES = ("’s", "'s", "s’", "s'")
_POSSESSIVE = re.compile(r"(?:[’']s|(?<=s)[’'])$")
MODIFYING = word_set(
    """
    housing mining shipping marketing banking trading building training advertising engineering manufacturing publishing
    broadcasting fishing farming planning teaching nursing operating gambling gaming betting lending brewing printing
    ruling governing leading visiting founding opposing neighbouring neighboring outgoing incoming surviving testing
    managing acting armed consulting recycling cleaning catering accounting hunting drilling logging polling policing
    """
)
"""Words with the form of a verb that modify a noun for a firm, body or person: `a local housing association`."""
ADJECTIVES = word_set(
    """
    current former past present senior junior local national foreign young old rich poor black white male female public
    private civil political religious medical regional federal small large
    """
)
"""Adjectives to which `and` may add another: `current and former students`."""
BE = word_set("is are was were be been being")
ORDERING = frozenset(["first", "second", "third", "fourth", "next", "lastly"])
"""Words that may begin a sentence before a comma: `First, the firm left`."""
CONJUNCTIONS = word_set(
    """
    and but or nor so yet because although though while whereas if unless when whenever wherever whether that what how
    why then as once
    """
)
CLAUSE_WORDS = frozenset(
    ["that", "because", "although", "though", "while", "if", "but", "so", "when", "what", "how", "why", "as", "than"]
)
"""Words that may begin another clause, and so are not part of a subject."""
ADVERBS = word_set(
    """
    also later then again still even just once twice often always now today yesterday tomorrow tonight ago
    earlier more less instead however further meanwhile simply rather already soon afterwards afterward previously
    nevertheless nonetheless too only ever here there out up back down away last next perhaps maybe surely
    """
)
NOT_ADVERBS = word_set("family assembly ally supply monopoly bully reply anomaly disassembly")
TIMES = word_set(
    """
    monday tuesday wednesday thursday friday saturday sunday january february march april june july august
    september october november december morning afternoon evening night week weeks month months year years
    hour hours minute minutes second seconds moment moments day days decade decades
    """
)
UNITS = word_set("week weeks day days night month months year years")
"""Units of time, which are only capitalised in names."""
FUNCTION_WORDS = PRONOUNS | DETERMINERS | PREPOSITIONS | RELATIVES | AUXILIARIES | CONJUNCTIONS | TIMES
VERBS = word_set(
    """
    took gave came went got made held stood ran sat left put kept began broke brought chose drew fell grew led
    lost met paid rose saw sent shook sold struck threw wore won became sought set let cut leant hung heard told
    stole hid lied bought knew built hit hurt did spent taught caught fed fled shot slept swam wrote bit beat
    takes gives comes goes gets makes holds stands runs sits leaves keeps begins brings sees sends wants seems
    remains sued used died
    """
)
"""Common verb forms that do not report speech and are not recognised by -ed or -ing: they end a subject."""
ROLES = word_set(
    """
    spokesman spokeswoman spokesperson spokesmen spokespeople lawyer lawyers attorney attorneys counsel
    solicitor barrister official officials officer officers chief chairman chairwoman chair president vice
    executive director manager minister ministry secretary leader leaders member members police prosecutor
    prosecutors judge professor analyst analysts researcher researchers representative representatives
    government campaign company council report statement adviser advisor aide aides source sources supporters
    team family ambassador agency department board union editor reporter reporters correspondent host senator
    senators congressman congresswoman mayor governor candidate authorities residents lawmakers republicans
    democrats study scientists group groups campaigners activists experts critics bosses
    """
)
"""Lower-case nouns for a speaker, after the name of whom they speak for."""
CHARGE_NOUNS = word_set(
    """
    claim claims charge charges accusation accusations allegation allegations suggestion suggestions report reports
    assertion assertions critique critiques implication implications insinuation insinuations finding findings rumour
    rumours rumor rumors speculation contention contentions
    """
)
"""Nouns for what is said of somebody, after which a name begins a clause: `an allegation Hamas dismissed`."""
SEVERAL = re.compile(
    r"(?:[eo]rs|ists|[^u]men|people|ians|[^fr]ees|ants|[^m]ents|ates|ives|police|staff|management|parliament|congress|"
    r"critics|academics|rivals|officials|families|unions|neighbours|children|groups|firms|companies|authorities|banks|"
    r"media|parties|bosses|troops|forces|crews|"
    r"victims|friends|sons|daughters|wives|widows|deputies|countries|councils|girls|boys|youths|colleagues|judges|nurses|"
    r"witnesses|nations|charities|agencies|fans|locals|dozens|hundreds|thousands)$"
)
"""Endings of nouns for several people, or for a body that needs no article."""
PARTICLES = word_set(
    """
    de del della der den di da do dos das degli du la le van von zu zum zur op al el bin binti bint ibn ben ould y e af
    av ten ter of
    """
)
REPRESENTING = re.compile(
    r"(?:spokes\w+|lawyers?|attorneys?|counsel|solicitors?|barristers?|advis[eo]rs?|representatives?|secretary|minister|"
    r"agents?|campaigners?|director|commissioner|officers?|speaker|voice)$"
)
"""Nouns for people who speak or act `for` somebody."""
AIDES = word_set("aide aides adviser advisers advisor advisors assistant assistants")
"""Nouns for people who are an aide `to` somebody."""
SIDES = {"close": "to", "loyal": "to", "allied": "to", "acting": "for", "representing": ""}
"""Links, with their preposition, from a person to the one they side with: `a source close to the firm`."""
RELATIONS = SIDES | {"familiar": "with", "briefed": "on"}
"""`SIDES` and other links, with their preposition, from a person to the rest of their description."""
RELATING = frozenset([*RELATIONS, *filter(None, RELATIONS.values())])
