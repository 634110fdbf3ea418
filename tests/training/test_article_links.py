"""The weights by which statements of an article are linked."""

import pytest

from rejoinder.article import linear
from rejoinder_training.article_links import examples, fit, names_target, read_articles, training_articles


def test_the_weights_of_the_package_are_those_that_the_corpus_gives() -> None:
    weights = fit(training_articles())
    for kind, one in weights.items():
        assert linear.weights()[kind] == pytest.approx(one, abs=0.01)


def test_an_authors_answers_and_targets_are_among_the_candidates() -> None:
    articles = read_articles("validation")
    found = [choice for article in articles for choice in examples(article)]
    for kind, count in (("answer", 122), ("target", 115)):
        right = sum(any(is_right for _, is_right in candidates) for name, candidates in found if name == kind)
        assert right >= 0.8 * count


def test_a_target_is_right_by_its_place_or_its_name() -> None:
    gold = {"name": "Ana Melo", "span": [10, 14]}
    assert names_target(gold, "she", (10, 13))
    assert names_target(gold, "Mayor Ana Melo", (80, 94))
    assert not names_target(gold, "Jo Brandt", (80, 89))
    assert not names_target(None, "Ana Melo", (10, 14))
