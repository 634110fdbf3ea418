"""The acts: the only source of their names, order and letters.

The annotation guideline, `data/guideline.md`, defines what each one means.
"""

from typing import Final

ALLEGATION: Final = "allegation"
DENIAL: Final = "denial"
COUNTER_ACCUSATION: Final = "counter_accusation"

ACTS: Final = (ALLEGATION, DENIAL, COUNTER_ACCUSATION)
"""The model has one sigmoid output per act, in this order; a statement may perform several acts at once."""

OTHER: Final = "other"
"""The label of a statement that performs none of the acts."""

ACCUSING: Final = frozenset({ALLEGATION, COUNTER_ACCUSATION})
"""The acts that accuse somebody, so that a statement performing one has a target."""

LETTERS: Final = {"A": ALLEGATION, "D": DENIAL, "C": COUNTER_ACCUSATION}
"""The letters of the standoff annotations; `O` stands for no act."""


def acts_of_letters(letters: str) -> tuple[str, ...]:
    """Return the acts for annotation letters such as `"DC"`, primary act first; empty for `"O"`.

    Raises:
        ValueError: If a letter is unknown or repeated, or there are none.
    """
    if letters == "O":
        return ()
    if not letters or set(letters) - LETTERS.keys() or len(set(letters)) < len(letters):
        raise ValueError(f"acts are 'O' or letters of 'ADC' without repetition, got {letters!r}")
    return tuple(LETTERS[letter] for letter in letters)
