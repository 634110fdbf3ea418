"""`read`: what the statements of an article have in common."""

from rejoinder import StatementClassifier, read

TEXT = """“They are paid for by the rivals of the mill,” said Ana Melo.

The report accuses the mill of dumping waste in the river and lying about it, and names its director, Ana Melo.

“They are paid for by the rivals of the mill,” said Ana Melo.

“They are paid for by the rivals of the mill,” said Jo Brandt.

“Never,” said Ana Melo. The report says that she knew of it. “Never,” said Ana Melo.
"""


def test_words_quoted_again_do_what_they_do_where_they_stand_last(classifier: StatementClassifier) -> None:
    first, again, other, short, shorter = read(TEXT, classifier=classifier).statements
    alone = classifier.predict([one.statement for one in (first, again, other, short, shorter)])
    assert first.prediction == again.prediction != alone[0]
    # The last occurrence is read as it is; so are the words of somebody else, and words that recur by chance.
    assert [one.prediction.label for one in (again, other, short, shorter)] == [one.label for one in alone[1:]]
    assert short.prediction.scores != shorter.prediction.scores
