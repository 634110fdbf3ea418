"""The kinds of names, judged by their form: firms, other bodies, places."""

import re
from collections.abc import Sequence

from rejoinder.article.grammar.words import word_set

_FIRM = re.compile(
    r"(?:Inc|Corp|Co|Ltd|LLC|PLC|Plc|GmbH|AG|SA|NV|Group|Holdings?|Industries|Systems|Technologies|Utilities|Lines?|"
    r"Airlines?|Airways|Bank|Energy|Motors|Foods|Media|Mining|Minerals|Resources|Steel|Oil|Gas|Petroleum|Pharma\w*|"
    r"Insurance|Railways?|Rail|Logistics|Shipping|Electric|Electronics|Software|Labs?|Brewery|Breweries|Partners|"
    r"Capital|Solutions|Services|Networks?|Communications|Telecom|Power|Water|Cruises|Hotels|Resorts|Properties|"
    r"Estates|Construction|Studios?|Records|Entertainment|Chemicals|Textiles|Optics|Robotics|Dynamics|Aerospace)\.?$"
)
_BODY = re.compile(
    r"(?:News|Times(?:-\w+)?|Post|Journal|Tribune|Herald|Gazette|Guardian|Observer|Telegraph|Press|Review|Magazine|Radio|TV|"
    r"Association|International|Society|Union|Council|Agency|Department|Ministry|Office|Bureau|Commission|Committee|"
    r"Authority|Administration|Courts?|Senate|House|Congress|Parliament|Party|Republicans?|Democrats?|Army|Navy|Forces?|"
    r"District|Front|Clinic|Daily|Monitor|Patrol|Precinct|Brigade|Circuit|Syndicate|Inspectorate|Constabulary|"
    r"Police|Church|League|Alliance|Coalition|(?:Conf|F)ederation|Network|Project|Cent(?:er|re)|Institute|Foundation|University|"
    r"Watch|Oversight|Enforcement|Initiative|Movement|March|Caucus|Conference|Borders|Rights|Workers|Teachers|Voters|Patriots|"
    r"College|School|Library|Museum|Hospital|Club|Team|Service|Board|Bank|Fund|Trust|Group|Company|Campaign|"
    r"Organi[sz]ations?)$"
)
_THING = re.compile(
    r"(?:States|Kingdom|City|County|Islands?|Street|Road|Avenue|Bridge|Park|Square|Airport|Stadium|Hotels?|Towers?|Cathedral|Temple|Mosque|Hall|Palace|Prison|Jail|Theatre|Theater|Arena|Valley|River|Bay|Act|Law|"
    r"Award|Prize|Report|Check|Videos?|War|Day|Week|Shows?|Podcast)$"
)
"""Last words of the names of places and works."""
_PLACE = re.compile(
    r"(?:New|North|South|East|West|Northern|Southern|Eastern|Western|Central|San|Los|Las|El|Fort|Port|Mount|Lake|Great|"
    r"United|Saudi|Middle|Sri|Hong|Tel|Costa|Puerto|White|Supreme|High)$"
)
_ACRONYM = re.compile(r"(?![IVX]+$)(?:[A-Z]{2,6}|(?:[A-Z]\.){3,6})$")
"""An acronym with or without full stops, but not a Roman numeral."""
NAME_SUFFIXES = frozenset(["Jr.", "Jr", "Sr.", "Sr", "II", "III"])
HONOURS = frozenset(
    ["MP", "MEP", "MSP", "MS", "QC", "KC", "SC", "SAN", "TD", "MLA", "OBE", "MBE", "CBE", "MD", "PhD", "RN", "USN"]
)
"""Abbreviations in capitals after the names of persons."""
PLACES = word_set(
    """
    afghanistan africa alabama alaska albania algeria america amsterdam angola ankara argentina arizona arkansas
    armenia asia athens atlanta austin australia austria azerbaijan baghdad bahrain baltimore bangkok bangladesh
    barcelona beijing beirut belarus belfast belgium berlin birmingham bolivia bosnia boston brazil britain brussels
    bucharest budapest bulgaria cairo california cambodia cameroon canada chad chicago chile china cleveland colombia
    colorado congo connecticut copenhagen croatia cuba cyprus dallas damascus dc delaware delhi denmark denver detroit
    dubai dublin ecuador edinburgh egypt england eritrea estonia ethiopia eu europe finland florida france gaza geneva
    georgia germany ghana glasgow greece guatemala guinea haiti hawaii helsinki honduras houston hungary iceland idaho
    illinois india indiana indonesia iowa iran iraq ireland islamabad israel istanbul italy jakarta jamaica japan
    jerusalem johannesburg jordan kabul kansas karachi kazakhstan kentucky kenya kiev kosovo kuwait kyiv lagos laos
    latvia lebanon leeds liberia libya lima lisbon lithuania liverpool london louisiana luxembourg macedonia madrid
    maine malawi malaysia mali malta manchester manila maryland massachusetts melbourne mexico miami michigan milan
    minneapolis minnesota minsk mississippi missouri moldova mongolia montana montenegro montreal morocco moscow
    mozambique mumbai munich myanmar nairobi namibia nebraska nepal netherlands nevada nicaragua niger nigeria norway
    ohio oklahoma oman oregon oslo ottawa pakistan palestine panama paraguay paris pennsylvania peru philadelphia
    philippines phoenix poland portugal prague qatar riyadh romania rome russia rwanda scotland seattle senegal seoul
    serbia shanghai singapore slovakia slovenia somalia spain stockholm sudan sweden switzerland sydney syria taiwan
    tanzania tehran tennessee texas thailand tokyo toronto tripoli tunisia turkey uae uganda uk ukraine un uruguay us
    usa ussr utah uzbekistan venezuela vermont vienna vietnam virginia wales warsaw washington wisconsin wyoming yemen
    zambia zimbabwe zurich
    """
)
"""One-word countries, states and cities, which news writes about as if they acted."""
KNOWN_FIRMS = word_set(
    """
    adidas adobe airbnb airbus alibaba alphabet amazon amd apple aramco astrazeneca aviva bmw boeing bp bytedance
    chevron chick-fil-a cisco citigroup coca-cola comcast costco deliveroo diageo disney ebay enron equifax ericsson
    exxon exxonmobil facebook fedex fiat foxconn gazprom gm google gsk halliburton honda hsbc huawei hulu hyundai
    ibm ikea instagram intel jpmorgan kfc kia lenovo lg linkedin lockheed lufthansa lyft mastercard mcdonald’s
    mcdonald's mckinsey meta microsoft moderna monsanto motorola nestlé nestle netflix nike nintendo nissan nokia
    novartis nvidia openai oracle palantir paypal pepsico pfizer pinterest porsche qualcomm raytheon reddit
    robinhood rosneft ryanair samsung snapchat sony spacex spotify starbucks stellantis telegram tencent tesla
    theranos tiktok toshiba toyota twitter uber unilever verizon vodafone volkswagen volvo walmart wework whatsapp
    wirecard yahoo youtube zara zoom zte
    """
)
"""One-word firms that news most often names without saying what they are."""
HEADS_OF_STATE = {
    surname: frozenset(given.split())
    for surname, given in {
        "albanese": "anthony",
        "assad": "bashar hafez",
        "biden": "joe joseph",
        "blair": "tony",
        "bolsonaro": "jair",
        "bush": "george",
        "cameron": "david",
        "castro": "fidel raúl raul",
        "cheney": "dick",
        "clinton": "bill william hillary",
        "erdogan": "recep tayyip",
        "erdoğan": "recep tayyip",
        "harris": "kamala",
        "johnson": "boris lyndon",
        "kennedy": "john",
        "macron": "emmanuel",
        "maduro": "nicolás nicolas",
        "marcos": "ferdinand bongbong",
        "merkel": "angela",
        "merz": "friedrich",
        "modi": "narendra",
        "netanyahu": "benjamin binyamin bibi",
        "obama": "barack",
        "orbán": "viktor",
        "orban": "viktor",
        "pence": "mike",
        "putin": "vladimir",
        "reagan": "ronald",
        "scholz": "olaf",
        "starmer": "keir",
        "sunak": "rishi",
        "thatcher": "margaret",
        "trudeau": "justin pierre",
        "trump": "donald",
        "truss": "liz",
        "zelensky": "volodymyr",
        "zelenskyy": "volodymyr",
    }.items()
}
"""Heads of state and government whom news calls by surname alone: the surnames, with the given names."""
_NO_GERUNDS = PLACES | KNOWN_FIRMS | {"sterling"}


def is_gerund(word: str) -> bool:
    """Return whether a lower-case word is the -ing form of a verb: `removing`, not `beijing` or `boeing`."""
    return word.endswith("ing") and len(word) > 5 and word not in _NO_GERUNDS


def names_firm(text: str) -> bool:
    """Return whether a name ends like a firm's: `Norvik Lines`, `Melo Ltd.`."""
    return _FIRM.search(text) is not None


def names_body(words: Sequence[str]) -> bool:
    """Return whether a name ends like that of a body, place or work, or contains an acronym: `Melo Tower`, `CBS`."""
    return _THING.match(words[-1]) is not None or names_organisation(words)


def names_organisation(words: Sequence[str]) -> bool:
    """Return whether a name ends like that of a body, or contains an acronym: `Society of Old Cars`, `CBS`."""
    first, last = words[0], words[-1]
    if _BODY.match(_head(words)) or _BODY.match(last) or (_ACRONYM.match(last) and last not in HONOURS):
        return True
    return len(first) > 2 and _ACRONYM.match(first) is not None and last not in NAME_SUFFIXES  # not `JD Vance`


def _head(words: Sequence[str]) -> str:
    """Return the last word, or the one before `of` or `for`: `Society` of `Society of Hospital Medicine`."""
    return next((words[i - 1] for i, word in enumerate(words) if i and word.lower() in ("of", "for")), words[-1])


def names_place(words: Sequence[str]) -> bool:
    """Return whether a name begins like that of a place: `New York`."""
    return _PLACE.match(words[0]) is not None
