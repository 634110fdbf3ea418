"""Substitution of the names, countries, parties, religions and sexes in statements, on none of which an act depends.

Training does this to some statements (`substitute_names`), drawn again in each epoch, so that a model learns what is
said and not about whom the news mostly says it: name-based counterfactual data substitution (Hall Maudslay et al.,
It's All in the Name, EMNLP 2019). `benchmarks/names.py` measures with it how often a model's label changes.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from functools import cache, lru_cache
from random import Random

from faker import Faker

from rejoinder.article.grammar.noun_phrases import is_verb
from rejoinder.article.grammar.roles import BODIES, PERSONAL_TITLES, TITLES
from rejoinder.article.grammar.words import ADVERBS, FUNCTION_WORDS, without_possessive, word_set
from rejoinder.article.names.sexes import given_name_sex
from rejoinder.statement import Statement

LOCALES = (
    *("en_US", "en_GB", "en_IN", "en_NG", "en_IE", "es_ES", "fr_FR", "de_DE", "it_IT", "pt_BR", "nl_NL", "sv_SE"),
    *("pl_PL", "cs_CZ", "hr_HR", "tr_TR", "id_ID"),
)
"""The Faker locales that new names of persons come from."""
COUNTRIES = """
    Afghanistan Afghan Kabul, Albania Albanian Tirana, Algeria Algerian Algiers, Argentina Argentine -, Armenia
    Armenian Yerevan, Australia Australian Canberra, Austria Austrian Vienna, Azerbaijan Azerbaijani Baku,
    Bangladesh Bangladeshi Dhaka, Belarus Belarusian Minsk, Belgium Belgian -, Bolivia Bolivian -, Brazil Brazilian
    -, Bulgaria Bulgarian Sofia, Cambodia Cambodian -, Cameroon Cameroonian -, Canada Canadian Ottawa, Chile Chilean
    Santiago, China Chinese Beijing, Colombia Colombian -, Croatia Croatian Zagreb, Cuba Cuban Havana, Denmark
    Danish Copenhagen, Ecuador Ecuadorian Quito, Egypt Egyptian Cairo, Estonia Estonian Tallinn, Ethiopia Ethiopian
    -, Finland Finnish Helsinki, France French Paris, Germany German Berlin, Ghana Ghanaian Accra, Greece Greek
    Athens, Hungary Hungarian Budapest, India Indian -, Indonesia Indonesian Jakarta, Iran Iranian Tehran, Iraq
    Iraqi Baghdad, Ireland Irish Dublin, Israel Israeli -, Italy Italian Rome, Japan Japanese Tokyo, Kazakhstan
    Kazakh Astana, Kenya Kenyan Nairobi, Kuwait Kuwaiti -, Latvia Latvian Riga, Lebanon Lebanese Beirut, Libya
    Libyan Tripoli, Lithuania Lithuanian Vilnius, Malaysia Malaysian -, Mexico Mexican -, Morocco Moroccan Rabat,
    Myanmar Burmese -, Nepal Nepalese Kathmandu, Nigeria Nigerian Abuja, Norway Norwegian Oslo, Pakistan Pakistani
    Islamabad, Peru Peruvian Lima, Poland Polish Warsaw, Portugal Portuguese Lisbon, Qatar Qatari Doha, Romania
    Romanian Bucharest, Russia Russian Moscow, Rwanda Rwandan Kigali, Senegal Senegalese Dakar, Serbia Serbian
    Belgrade, Slovakia Slovak Bratislava, Somalia Somali Mogadishu, Spain Spanish Madrid, Sudan Sudanese Khartoum,
    Sweden Swedish Stockholm, Syria Syrian Damascus, Taiwan Taiwanese Taipei, Tanzania Tanzanian -, Thailand Thai
    Bangkok, Tunisia Tunisian Tunis, Turkey Turkish Ankara, Uganda Ugandan Kampala, Ukraine Ukrainian Kyiv,
    Venezuela Venezuelan Caracas, Vietnam Vietnamese Hanoi, Yemen Yemeni -, Zambia Zambian Lusaka, Zimbabwe
    Zimbabwean Harare
"""
"""For each country its name, its adjective, and the capital that stands for its government in news, or a dash."""
PARTIES = """
    Republican Republicans Republican, Democrat Democrats Democratic, Conservative Conservatives Conservative,
    Liberal Liberals Liberal, Socialist Socialists Socialist
"""
"""For each party its member, its members, and its adjective."""
RELIGIONS = """
    Muslim Muslims Muslim Islam, Christian Christians Christian Christianity, Jew Jews Jewish Judaism, Hindu Hindus
    Hindu Hinduism, Sikh Sikhs Sikh Sikhism, Buddhist Buddhists Buddhist Buddhism
"""
"""For each religion its follower, its followers, its adjective, and its name."""
SEXES = """
    he she, himself herself, man woman, men women, boy girl, boys girls, father mother, son daughter, sons
    daughters, brother sister, brothers sisters, husband wife, uncle aunt, nephew niece, grandfather grandmother,
    spokesman spokeswoman, spokesmen spokeswomen, chairman chairwoman, businessman businesswoman, congressman
    congresswoman, councilman councilwoman, assemblyman assemblywoman, policeman policewoman, gentleman lady,
    gentlemen ladies, male female, actor actress, mr ms
"""
"""Pairs of a male and a female word."""
_HERS = {"his": "her", "him": "her", "her": "his", "hers": "his", "mrs": "mr"}
"""Replacements that `SEXES` cannot express, since they are not in one-to-one pairs."""
_HER = "her (object)"
"""The key of `her` that means `him` rather than `his`."""
_OBJECT = re.compile(r"\s*(?:[^\w\s]|$)|\s(?:to|for|in|on|at|of|and|or|as|that|the|an?|with|from|by|into|about|when)\b")
"""What follows `her` if it means `him` rather than `his`: punctuation, the end, or a function word."""
_MEMBER = "{} (member)"
"""The key of the noun for a member, which is often the same word as the adjective: `Republican`."""
_NEXT_WORD = re.compile(r"([ -])(\w+)")
_AFTER_NOUN = FUNCTION_WORDS | ADVERBS
"""Before these words, as before a verb or given name, `Republican` is a noun: `a Republican who`."""
_TITLES = PERSONAL_TITLES - word_set("democrat republican head king major me miss prime")
"""Titles, without those that begin names of parties, leagues or contests as often: `Major League`, `Miss Universe`."""
_TITLED = re.compile(rf"\b(?:{'|'.join(sorted(_TITLES)).title()})\.? (?=([A-Z][\w’'-]*[a-z]))")
_NO_SURNAMES = (TITLES | BODIES) - word_set("bishop brewer king shepherd")
"""Words that may follow a title but are not surnames: `Prime Minister`, `Justice Department`."""
_GIVEN = re.compile(r"\b[A-Z][a-z]+\b")
_SURNAME = re.compile(
    r" (?:(?:[A-Z]\.|[A-Z][a-z]+|[Dd]el?|[Dd]a|[Vv][ao]n|der|bin|al) ){0,2}?([A-Z][\w’'-]*[a-z])(?! [A-Z])"
)
"""The surname after a given name, with up to two initials, middle names or particles before it."""
_NO_GIVEN = frozenset(["will", "hope"])
"""Given names that are more often another word at the start of a sentence: `Will Congress act?`."""
_WORD = re.compile(r"[^\W\d_]+")
_WOMAN = 1


def substitute(statement: Statement, seed: str) -> tuple[Statement, Callable[[str], str]]:
    """Return a statement with its names substituted, and a function that does the same to any of its words.

    With the same `seed`, a name gets the same substitute, so that the statements of an article stay consistent.
    """
    parts = (statement.quote, statement.before, statement.after, statement.speaker)
    fixed = _fixed_substitutes(seed)
    substitutes = dict(_persons(" ".join(parts), seed, fixed)) | fixed

    def put(words: str) -> str:
        return _WORD.sub(lambda found: _substitute_for(found, substitutes), words)

    return Statement(*map(put, parts)), put


def _substitute_for(found: re.Match[str], substitutes: Mapping[str, str]) -> str:
    word, lower = found[0], found[0].lower()
    if word in substitutes and not word.islower():
        member = substitutes.get(_MEMBER.format(word))
        return member if member and _is_noun(found) else substitutes[word]
    if lower == "her" and _OBJECT.match(found.string, found.end()):
        lower = _HER
    other = substitutes.get(lower, word)
    return other.title() if word.istitle() else other.upper() if word.isupper() else other


def _is_noun(found: re.Match[str]) -> bool:
    """Return whether a word is a noun for a person: `a Republican said`, not `a Republican leader`."""
    following = _NEXT_WORD.match(found.string, found.end())
    if not following or following[1] == "-":  # `Republican-led`
        return not following
    word = following[2].lower()
    return word in _AFTER_NOUN or is_verb(word) or given_name_sex(word) != 0


@lru_cache(maxsize=1024)
def _fixed_substitutes(seed: str) -> dict[str, str]:
    """Return the substitutes for words of countries, parties and religions and, for half of the seeds, of sexes."""
    substitutes: dict[str, str] = {}
    for table in (countries(), _rows(PARTIES), _rows(RELIGIONS)):
        order = Random(f"{seed}/{table[0][0]}").sample(table, len(table))
        for olds, news in zip(table, order, strict=True):
            substitutes |= dict(zip(olds, news, strict=True))
            if table is not countries():
                substitutes[_MEMBER.format(olds[0])] = news[0]
    if _swaps_sex(seed):
        pairs = [pair for his, hers in _rows(SEXES) for pair in ((his, hers), (hers, his))]
        substitutes |= dict(pairs) | _HERS | {_HER: "him"}
    return substitutes


def _swaps_sex(seed: str) -> bool:
    return Random(f"{seed}/sex").random() < 0.5


@cache
def countries() -> list[tuple[str, ...]]:
    """Return for each country its capital (its name if none is given), name, people, and adjective."""
    return [
        (name if capital == "-" else capital, name, own if own.endswith(("s", "sh", "ch", "ese")) else f"{own}s", own)
        for name, own, capital in _rows(COUNTRIES)
    ]


@cache
def _rows(table: str) -> list[tuple[str, ...]]:
    return [tuple(row.split()) for row in table.split(",")]


def _persons(text: str, seed: str, taken: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Yield the words of persons' names with their substitutes, for persons with a usual given name or a title."""
    for given in _GIVEN.finditer(text):
        sex = 0 if given[0].lower() in _NO_GIVEN else given_name_sex(given[0].lower())
        if sex and (found := _SURNAME.match(text, given.end())):
            locale = Random(f"{seed}/{found[1]}").choice(LOCALES)
            names = _names(locale, f"{seed}/{given[0]}")
            woman = (sex == _WOMAN) != _swaps_sex(seed)
            yield given[0], _last(names.first_name_female() if woman else names.first_name_male())
            yield from _surname(found[1], seed, taken)
    for found in _TITLED.finditer(text):
        if not given_name_sex(found[1].lower()) and without_possessive(found[1].lower()) not in _NO_SURNAMES:
            yield from _surname(found[1], seed, taken)


def _surname(surname: str, seed: str, taken: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    locale = Random(f"{seed}/{surname}").choice(LOCALES)
    for word in _WORD.findall(re.sub(r"[’']s?$", "", surname)):
        if len(word) > 1 and word not in taken:
            yield word, _last(_names(locale, f"{seed}/{word}").last_name())


def _last(name: str) -> str:
    return name.split()[-1]


def _names(locale: str, seed: str) -> Faker:
    names = _faker(locale)
    names.seed_instance(seed)
    return names


@cache
def _faker(locale: str) -> Faker:
    return Faker(locale)
