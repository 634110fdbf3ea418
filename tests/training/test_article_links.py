"""The weights by which statements of an article are linked."""

from collections import defaultdict

import pytest

from rejoinder.article import linear
from rejoinder_training.article_links import TRAINING, examples, fit, names_target, read_corpus


@pytest.mark.large
def test_the_weights_of_the_package_are_those_that_the_corpus_gives() -> None:
    weights = fit(read_corpus(TRAINING))
    assert weights.keys() == linear.weights().keys()
    for kind, one in weights.items():
        # Engines differ in the last digits of a probability, and so in which acts just pass their threshold.
        assert linear.weights()[kind] == pytest.approx(one, abs=0.25)


def test_what_an_author_links_is_among_the_candidates() -> None:
    right: dict[str, list[bool]] = defaultdict(list)
    for article, read in read_corpus("validation", limit=20):
        for kind, candidates in examples(article, read):
            if candidates:
                right[kind].append(any(is_right for _, is_right in candidates))
    assert sum(right["target"]) > 0.6 * len(right["target"])
    assert sum(right["answer"]) > 0.6 * len(right["answer"])


def test_a_target_is_right_by_its_place_or_its_name() -> None:
    gold = {"name": "Ana Melo", "span": [10, 14]}
    assert names_target(gold, "she", (10, 13))
    assert names_target(gold, "Mayor Ana Melo", (80, 94))
    assert not names_target(gold, "Jo Brandt", (80, 89))
    assert not names_target(None, "Ana Melo", (10, 14))
