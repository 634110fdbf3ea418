"""The name of the last speaker of a short article, found by the rules and the bundled speaker model together."""

import pytest

from rejoinder import Prediction, read

ACCUSES = Prediction("allegation", 0.9, ("allegation",), {"allegation": 0.9}, False, "by hand")


def last_speaker(text: str) -> str:
    """Return the speaker of the last statement of an article."""
    return read(text, predict=lambda found: [ACCUSES] * len(found)).statements[-1].speaker


@pytest.mark.parametrize(
    ("text", "speaker"),
    [
        # titles and hyphenated words are no part of a name
        ("Hotelier Jean Melo left. “They lied to us all,” Melo said.", "Jean Melo"),
        ("Far-left DA Ana Melo left. “They lied to us all,” Melo said.", "Ana Melo"),
        ("The Rt Revd Helen Melo left. “They lied to us all,” Bishop Melo said.", "Helen Melo"),
        ("Lisbon-educated Norvik lawyer Jo Vela left. “They lied to us all,” Norvik said.", "Norvik"),
        # numbers and `of` inside names of bodies
        ("Channel Six denied it. “They lied to us all,” Channel Six said.", "Channel Six"),
        (
            "Black Students of Westmark College met. “They lied to us all,” Black Students of Westmark College said.",
            "Black Students of Westmark College",
        ),
        # a nickname in quotation marks
        ("Barry “Baz” Melo left. “They lied to us all,” Baz said.", "Barry Melo"),
        # somebody's relative by the given name alone
        ("Dragan Melo was hurt. Melo’s daughter, Vesna, said so. “They lied to us all,” she said.", "Vesna"),
        # of several with a surname, the one who has just spoken
        (
            "Clint Melo was charged. Melo’s wife, Jolene Melo, said it was hard. “They lied to us all,” Melo said.",
            "Jolene Melo",
        ),
        # a client, not the lawyers
        ("Lawyers for Ana Melo said no. Melo took the stand. “They lied to us all,” she said.", "Ana Melo"),
        # the leader of a group is a person
        ("Mark Lind spoke. Labour group leader Wasim Vela said no. “They lied to us all,” he said.", "Wasim Vela"),
        # the agent of a passive verb is the last who spoke
        (
            "Carl Brandt spoke.\n\nThe claim was rejected by an organiser, Davie Lind. “They lied,” he said.",
            "Davie Lind",
        ),
        # whose words stand in a relative clause
        ("Carl Brandt attacked Mayor Ana Melo, who on Monday called it “an execution of the worst kind”.", "Ana Melo"),
        # the subject of a participle is the last subject that can act
        ("Hopes of peace faded when the union left the talks, accusing Norvik Lines of bad faith.", "the union"),
        (
            "The ruling is a blow to Ash County, which sued the firm, alleging that it lied to doctors.",
            "Ash County",
        ),
        # whoever is sent a statement has not made it
        ("Carla Melo declined to speak but sent the Gazette this statement: “They lied to us all.”", "Carla Melo"),
        # a description at the start is the subject that follows
        (
            "Deborah Melo left in May. A chemist by training, she ran the lab. “They lied to us all,” she says.",
            "Deborah Melo",
        ),
    ],
)
def test_the_last_speaker_gets_the_right_name(text: str, speaker: str) -> None:
    assert last_speaker(text) == speaker
