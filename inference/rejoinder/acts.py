"""The acts: the only source of their names, order and letters.

What each one means stands in the annotation guideline, `data/guideline.md`.
"""

from typing import Final

ALLEGATION: Final = "allegation"
DENIAL: Final = "denial"
COUNTER_ACCUSATION: Final = "counter_accusation"

ACTS: Final = (ALLEGATION, DENIAL, COUNTER_ACCUSATION)
"""One sigmoid of the model for each act, in this order; several may hold at once."""

OTHER: Final = "other"
"""The label of a statement that does none of the acts."""

ACCUSING: Final = frozenset({ALLEGATION, COUNTER_ACCUSATION})
"""What is aimed at somebody."""

LETTERS: Final = {"A": ALLEGATION, "D": DENIAL, "C": COUNTER_ACCUSATION}
"""The letters of the standoff annotations; `O` stands for no act."""


def acts_of_letters(letters: str) -> tuple[str, ...]:
    """Return the acts that annotation letters name, primary first (`"DC"`, `"O"`).

    Raises:
        ValueError: unknown, repeated or no letters.
    """
    if letters == "O":
        return ()
    if not letters or set(letters) - LETTERS.keys() or len(set(letters)) < len(letters):
        raise ValueError(f"acts are 'O' or letters of 'ADC' without repetition, got {letters!r}")
    return tuple(LETTERS[letter] for letter in letters)
