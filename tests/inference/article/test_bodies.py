"""Which organisation `the company` or `the agency` refers to, and for whom a spokesman speaks."""

import pytest

from rejoinder.article.names.names import Names
from tests.inference.article.test_names import resolved


@pytest.mark.parametrize(
    ("text", "mention", "name"),
    [
        ("Norvik Lines and Korona, a brewer, met. Korona denied it. “No,” the company said.", "the company", "Korona"),
        ("The FRA sued Norvik Lines. The FRA said it was late. “It is true,” the agency wrote.", "the agency", "FRA"),
        ("The Harbour Safety Council spoke. “It is late,” the group said.", "the group", "Harbour Safety Council"),
        ("Norvik met Korona. Norvik sued. Norvik, Ash says, lost. “No,” the firm said.", "the firm", "Norvik"),
        ("Ana Melo denied it. “No,” Spotify said. “It is late,” the company said.", "the company", "Spotify"),
        (
            "It rained, according to the Society of Old Mills. The organization left.",
            "The organization",
            "Society of Old Mills",
        ),
        ("The GMB spoke. Kim Vela told the BBC that it rained. “No,” the group said.", "the group", "GMB"),
        ("The GMB told CBS that it rained. “No,” the group said.", "the group", "GMB"),
        ("The N.A.R. said it rained. “No,” the agency said.", "the agency", "N.A.R."),
        # The name of an organisation may contain function words and possessives.
        ("Mothers for Clean Harbours group said so. “No,” the group said.", "the group", "Mothers for Clean Harbours"),
        (
            "The Association for the Care of Mills said so. “No,” it said.",
            "The Association for the Care",
            "Association for the Care of Mills",
        ),
        ("The Know Your Mills group said so. “No,” the group said.", "the group", "Know Your Mills"),
        ("The Millers’ Union said so. “No,” the union said.", "the union", "Millers’ Union"),
        ("The Senate’s Committee said so. “No,” the body said.", "the body", "Committee"),
        ("A court met the N.A.R. on Monday. “No,” the agency said.", "the agency", "N.A.R."),
        ("Kim Vela told it on Facebook. It rained. All slept. Ash left. “No,” the firm said.", "the firm", "the firm"),
        # Of several, prefer one described as of that kind or mentioned often; not a place or an addressee.
        ("Ash met Norvik Lines and Korona, a brewer. “No,” the brewer said.", "the brewer", "Korona"),
        ("CBS sat. CBS fell. It rained. Ash met GMB and CBS. “No,” the group said.", "the group", "CBS"),
        ("Ash met GMB. Vela sat at CBS. “No,” the group said.", "the group", "GMB"),
        ("Kim Vela told CBS that it rained. “No,” the group said.", "the group", "the group"),
        ("Ash met Korona Bank. Kim moved to Norvik Lines, said Melo. “No,” the firm said.", "the firm", "Korona Bank"),
        ("Ash met GMB. It rained, according to CBS. “No,” the group said.", "the group", "CBS"),
        ("Ash met the Harbour Now group. “No,” the group said.", "the group", "Harbour Now"),
        # A street or a person is not meant.
        ("Korona Mills, a bakery chain, left. Mill Street was full. “No,” the body said.", "the body", "the body"),
        ("Kenji Melo said it was late. “No,” the firm said.", "the firm", "the firm"),
        # Nor is a person, a place or a country, or a word that is capitalised only because it begins a sentence.
        ("Ana Melo said it rained in Lisbon. “No,” the company said.", "the company", "the company"),
        ("The US said it rained. “No,” the agency said.", "the agency", "the agency"),
        ("Evidence says that it rained. “No,” the group said.", "the group", "the group"),
        ("Ana Melo, of a group of friends, left. “No,” the group said.", "the group", "the group"),
        ("Norvik Lines denied it. Kenji Melo said it was late. “No,” the firm said.", "the firm", "Norvik Lines"),
        ("Israel said it rained. Israel slept. Israel won. “No,” the company said.", "the company", "the company"),
        ("PARIS — It rained, Melo said. “No,” the company said.", "the company", "the company"),
        # One of the right kind is preferred to one mentioned later.
        ("Thames Water was fined. The GMB said it was late. “No,” the company said.", "the company", "Thames Water"),
        ("Boeing Corp left. United Airlines said so. “No,” the airline said.", "the airline", "United Airlines"),
        ("A court sat. The Harbour Court said no. “It is late,” the group said.", "the group", "the group"),
        ("General Motors said so. “It is late,” the company said.", "the company", "General Motors"),
        ("It rained. CREDO spoke. All slept. Ash left. “No,” the lobby said.", "the lobby", "CREDO"),
        ("LEIRIA — It rained, Melo said. “No,” the company said.", "the company", "the company"),
        ("Canadian rose. Canadian fell. Canadian said so. “No,” the company said.", "the company", "the company"),
        ("According to Ash, no. According to Vela, yes. According to Melo, no. The firm left.", "The firm", "The firm"),
        ("The Harbour Now group said it rained. “No,” the group said.", "the group", "Harbour Now"),
        ("Korona Bank fell. Ash moved to Norvik Lines, said Melo. “No,” the firm said.", "the firm", "Korona Bank"),
        ("CREDO spoke. It rained. All slept. So the lobby left.", "the lobby", "CREDO"),
        # An organisation mentioned long before is not meant.
        (
            "CREDO spoke. It rained. Ash fell. Nobody came. All slept. Some left. “No,” the lobby said.",
            "the lobby",
            "the lobby",
        ),
    ],
)
def test_a_generic_noun_refers_to_a_recently_mentioned_organisation(text: str, mention: str, name: str) -> None:
    assert resolved(text, mention) == name


@pytest.mark.parametrize(
    ("text", "mention", "name"),
    [
        ("Chief Executive Marta Oduya spoke. Oduya left.", "Oduya", "Marta Oduya"),
        ("The Department for Transport met.", "Department for Transport", "Department for Transport"),
    ],
)
def test_office_holders_and_departments_resolve_to_their_names(text: str, mention: str, name: str) -> None:
    assert resolved(text, mention) == name


@pytest.mark.parametrize(
    ("mention", "body"),
    [
        ("A Home Office spokesman", "Home Office"),
        ("a Norvik spokeswoman", "Norvik Lines"),
        ("a spokesman", None),
        ("Ana Melo", None),
    ],
)
def test_a_spokesman_speaks_for_the_organisation_in_the_mention(mention: str, body: str | None) -> None:
    text = f"Charities accused the Home Office and Norvik Lines of neglect. Then {mention} said that it was untrue."
    place = text.index(mention)
    assert Names(text).spoken_for((place, place + len(mention))) == body
