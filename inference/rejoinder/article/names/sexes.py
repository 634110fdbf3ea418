"""Words and given names that indicate a woman or a man, which decide whom `she` and `he` may refer to."""

from collections.abc import Set

from rejoinder.article.grammar.kinds import HEADS_OF_STATE
from rejoinder.article.grammar.words import word_set

_SHE = word_set(
    """
    mrs ms miss dame lady sister queen princess baroness spokeswoman chairwoman congresswoman councilwoman
    mother widow wife daughter actress woman girl aunt grandmother bride niece
    """
)
_HE = word_set(
    """
    mr sir lord father brother king prince viscount count congressman councilman husband son man boy
    uncle grandfather groom nephew widower imam pope
    """
)
_OFFICES = frozenset(["chancellor", "mayor", "chief", "justice"])
"""Offices before which `Lord` may be a woman's title: `Lord Mayor`."""
_WOMEN = word_set(
    """
    abigail agnes alexandra alice alicia alison allison amanda amber amelia amy ana angela anita ann anna anne annette
    annie audrey barbara beatrice becky bernadette bernice beth betsy betty bianca brenda bridget camilla carla carmen
    carol caroline carolyn catherine cathy cecilia charlotte cheryl christina christine cindy claire clara claudia
    colleen connie cynthia danielle debbie deborah deirdre denise diana diane dolores donna dorothy edith eileen
    elaine eleanor elena elise elizabeth ella ellen emily emma erica erin esther eva eve evelyn fatima felicia fiona
    florence frances gail gemma gina gisele gloria grace greta gretchen gwen hannah harriet heather heidi helen
    hillary holly hope ida ingrid irene iris isabel isabella ivana jacqueline jane janet janice jasmine jenna jennifer
    jenny jessica jill joanna joanne josephine joyce judith judy julia julie june kamala karen karin kate
    katherine kathleen kathryn kathy katie katrina kayla kayleigh kimberly kirsten kristen kristin laura lauren leah
    lena linda lisa liz lois loretta lori lorraine louise lucia lucy lydia lynn madeleine maggie mandy marcia margaret
    maria marianne marie marilyn marina marjorie marsha martha mary maureen maxine megan melanie melinda melissa mia
    michelle mildred miranda miriam molly monica nadia nancy naomi natalia natalie natasha nicole nina nora norma olga
    olivia pam pamela patricia patsy paula pauline peggy penelope phoebe phyllis priscilla rachel rebecca regina renee
    rita roberta rosa rosalind rose rosemary roxanne ruth sally samantha sandra sarah selena sharon sheila shelley
    shirley sofia sonia sophia sophie stacey stephanie sue susan suzanne sylvia tammy tanya tara teresa theresa
    tiffany tina ursula valerie vanessa vera veronica victoria virginia wendy whitney yolanda yvette
    yvonne zoe
    """
)
_MEN = word_set(
    """
    aaron abdul abdullah abraham adam adrian ahmed al alan albert alberto alejandro alexander alfred allan allen
    alvin andre andrew andy angus anthony antonio arnold arthur austin barry ben benjamin bernard bernie bill billy
    bob bobby brad bradley brendan brett brian bruce bryan carl carlos cecil cesar charles chester chuck
    clarence clark claude clifford clive colin conor craig curtis dale damian dan daniel danny darrell darren dave
    david dean dennis derek derrick desmond dick diego dmitri dominic don donald doug douglas duncan dwayne dwight ed
    eddie edgar edmund eduardo edward edwin elijah elliott emmanuel enrique eric ernest ethan eugene evan fabian felix
    fernando floyd francesco francis francisco franco frank franklin fred frederick gabriel gareth gary gavin geoff
    geoffrey george gerald gerard gilbert giovanni glen glenn gordon graham grant greg gregory guillermo gustavo guy
    hans harold harry harvey hassan hector henry herbert herman howard hugh hugo ian ibrahim igor isaac ivan jack
    jacob jaime jake james jared jason javier jay jeff jeffrey jeremy jerome jerry jesse jim jimmy joaquin joe joel
    joey john johnny jon jonathan jorge jose joseph josh joshua juan jude julian justin karl keith ken kenneth kevin
    khalid kurt kyle lamar larry lars lawrence leo leon leonard leroy lewis liam lloyd lorenzo louis lucas luis luke
    luther mahmoud malcolm manuel marc marco marcus mario mark martin marvin mathew matt matteo matthew maurice max
    michael miguel mike milton mitch mohamed mohammad mohammed muhammad murray nathan nathaniel neil nelson nicholas
    nick nicolas nigel norman oleg oliver omar orlando oscar otto owen pablo patrick paul pedro pete peter phil philip
    phillip pierre rafael rajiv ralph ramon randy raul ray raymond reginald ricardo richard rick ricky robert roberto
    rodney rodrigo roger roland ron ronald ross roy rudolf rudy rupert russell ryan salvador samuel saul scott
    sean sebastian sergei sergey sergio seth sheldon sidney simon spencer stanley stefan stephen steve steven stewart
    stuart ted terence terrence thaddeus theodore thomas tim timothy toby todd tom tommy tony travis trevor troy tyler
    vernon victor vincent vladimir wallace walter warren wayne wilbur will william winston wolfgang xavier yusuf
    zachary
    """
)
"""Given names that are nearly always women's, and men's, in English-speaking countries; others indicate neither."""


def indicated_sex(words: Set[str]) -> int:
    """Return 1 if titles and descriptions indicate a woman, -1 if a man, else 0."""
    he = _HE - {"lord"} if words & _OFFICES else _HE
    return bool(words & _SHE) - bool(words & he)


def given_name_sex(given_name: str) -> int:
    """Return 1 if a given name is usually a woman's, -1 if a man's, else 0."""
    return (given_name.lower() in _WOMEN) - (given_name.lower() in _MEN)


def sex_of_head(surname: str) -> int:
    """Return the sex of the heads of states and governments with a surname, 0 if there were both."""
    # All heads whose given names are in neither list are men.
    given = {given_name_sex(name) for name in HEADS_OF_STATE[surname.lower()]}
    return 0 if given >= {1, -1} else 1 if 1 in given else -1
