"""The verbs that report speech, in all their forms: the one list for finding quotes and speakers."""

import re

_REGULAR = """
accuse acknowledge add admonish advise affirm agree allege allow announce answer apologise apologize appeal applaud
argue ask assert assure attack attest bark beg believe bellow bemoan berate blame blast blog boast brag brand
castigate caution celebrate challenge chant characterise characterize charge chastise chide chuckle cite claim clarify
comment complain concede conclude concur condemn confess confide confirm congratulate contend continue contradict
counter criticise criticize cry declare decline decry defend demand denounce deny depict deplore deride describe
detail determine disagree disavow disclose dismiss dispute dub echo elaborate emphasise emphasize enquire enthuse
estimate exclaim excoriate explain express fume giggle gloat grumble guess gush hail hint hiss holler implore imply
indicate inform inquire insinuate insist interject intone joke lambast lambaste lament laugh lecture liken list
maintain marvel mention moan mock mumble murmur muse mutter note object observe opine phrase plead pledge point
portray post praise predict proclaim profess promise pronounce propose protest publish query question quip rage rail
rant reason reassure rebuke recall recite reckon recollect recommend recount refute reiterate reject relate remark
remember remind repeat reply report request respond retort reveal ridicule roar scoff scold scream shout shrug sigh
signal slam smile snark sneer sniff snipe snort sob speculate state stress suggest summarise summarize surmise suspect
swear tease testify text thank theorise theorize threaten thunder tout trumpet tweet upbraid urge vent voice volunteer
vow wail warn weigh welcome whisper wonder worry yell
"""
_DOUBLING = "admit aver rebut regret refer"
_ONE_SYLLABLE = re.compile(r"(?:[^aeiouy]|(?<=q)u)*[aeiou][^aeiouwxy]$")
"""Verbs that double their last letter: `slam`, `quip`, not `weep`, `vow`."""
_IRREGULAR = """
say says said saying
tell tells told telling
write writes wrote written writing
speak speaks spoke spoken speaking
read reads reading
think thinks thought thinking
swear swears swore sworn swearing
hold holds held holding
feel feels felt feeling
find finds found finding
know knows knew known knowing
show shows showed shown showing
put puts putting
call calls called calling
label labels labelled labeled labelling labeling
weep weeps wept weeping
signal signals signalled signaled signalling signaling
deem deems deemed deeming
termed terming
rubbished rubbishing
savaged savaging
faulted faulting
flayed flaying
panned panning
rapped rapping
crowed crowing
"""
_WITH_PARTICLE = {
    "back": "hit hits hitting fire fires fired firing shoot shoots shot shooting fight fights fought fighting "
    "push pushes pushed pushing strike strikes struck snap snaps snapped bite bites bit clap claps clapped",
    "out": "lash lashes lashed lashing hit hits hitting speak speaks spoke spell spells spelled spelt",
    "on": "go goes went going carry carries carried",
    "in": "chime chimes chimed chiming",
    "up": "sum sums summed summing",
    "down": "double doubles doubled doubling",
    "clear": "make makes made making",
    "off": "sign signs signed",
    "that": "submit submits submitted submitting",
    **dict.fromkeys(["", ".", ",", ":"], "stormed snapped beamed grinned submitted"),  # not `stormed the hall`
}
"""Verbs that only report speech before the word they are listed under, by that word (empty at the end of the text)."""

_WEAK = """
attest believe celebrate conclude continue detail determine explain express feel find hail hold know list prefer
promise put query read recall show think welcome wonder worry
"""

# Forms that are as often nouns: verbs only if the words before them fit a verb.
_NOUNS = """
answer appeal attack blame boast brand call challenge charge claim comment complaint counter cry demand detail
estimate find guess hint joke label lament laugh lecture list mention note object phrase plea pledge point post praise
promise protest query question rant reason remark reply report request roar shout sigh signal smile state stress
suspect text thought threat tweet voice vow welcome whisper wonder worry
"""


def _inflect(verb: str) -> set[str]:
    if verb.endswith("e"):
        return {verb, verb + "s", verb + "d", verb[:-1] + "ing"}
    if verb.endswith("y") and verb[-2] not in "aeou":
        return {verb, verb[:-1] + "ies", verb[:-1] + "ied", verb + "ing"}
    if _ONE_SYLLABLE.match(verb):
        return {verb, verb + "s", verb + verb[-1] + "ed", verb + verb[-1] + "ing"}
    third = verb + ("es" if verb.endswith(("s", "sh", "ch", "x")) else "s")
    return {verb, third, verb + "ed", verb + "ing"}


def _all_forms() -> frozenset[str]:
    forms = set(_IRREGULAR.split())
    for verb in _REGULAR.split():
        forms |= _inflect(verb)
    for verb in _DOUBLING.split():
        forms |= {verb, verb + "s", verb + verb[-1] + "ed", verb + verb[-1] + "ing"}
    return frozenset(forms)


REPORTING_VERBS = _all_forms()
"""Every form of the verbs that report speech by themselves, in lower case."""
_PARTICLE_VERBS = {(verb, particle) for particle, verbs in _WITH_PARTICLE.items() for verb in verbs.split()}
WEAK_FORMS = frozenset(
    form for line in _IRREGULAR.splitlines() for form in line.split() if line.partition(" ")[0] in _WEAK.split()
).union(*(_inflect(verb) for verb in _WEAK.split() if verb in _REGULAR.split()))
"""Forms that report speech right next to a quote, but otherwise only if there is no clearer verb."""
NOUN_FORMS = frozenset(noun + ending for noun in _NOUNS.split() for ending in ("", "s")) | {
    "replies",
    "cries",
    "queries",
}
"""Forms of reporting verbs that are nouns as well."""
ALSO_NOUNS = NOUN_FORMS | {"dispute", "disputes"}
"""`NOUN_FORMS`, and forms whose noun is not about speech: `a pay dispute`."""


def forms(*verbs: str) -> frozenset[str]:
    """Return every form of the given verbs, in lower case; regular ones also with a doubled last letter (`quipped`)."""
    return frozenset[str]().union(*map(_forms, verbs))


def _forms(verb: str) -> frozenset[str]:
    irregular = next((line.split() for line in _IRREGULAR.splitlines() if line.partition(" ")[0] == verb), None)
    return frozenset(irregular or _inflect(verb) | {f"{verb}{verb[-1]}ed", f"{verb}{verb[-1]}ing"})


def is_reporting(word: str, following: str = "") -> bool:
    """Return whether `word` (in lower case) reports speech, with the next word if it needs one (`hit back`)."""
    return word in REPORTING_VERBS or (word, following) in _PARTICLE_VERBS
