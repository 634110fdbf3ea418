"""The weights by which statements of an article are linked."""

from collections import defaultdict

import pytest

from rejoinder.article import linear
from rejoinder.article.quotes import Quote
from rejoinder_training.article_links import corpus_examples, examples, fit, names_target, news_examples, read_corpus
from rejoinder_training.data.links import Answering


@pytest.mark.large
def test_the_weights_of_targets_are_those_that_the_corpus_gives() -> None:
    weights = fit(one for one in corpus_examples() if one[0] in ("target", "target_read"))
    assert {*weights, "answer", "told"} == linear.weights().keys()
    for kind, one in weights.items():
        # The bundled weights were fitted on OpenVINO. Engines differ in a probability, and so in which acts just pass
        # their threshold: on ONNX Runtime the weight of a rare feature comes out up to 0.31 away.
        assert linear.weights()[kind] == pytest.approx(one, abs=0.4)


def test_what_an_author_links_is_among_the_candidates_and_each_feature_has_a_weight() -> None:
    right: dict[str, list[bool]] = defaultdict(list)
    for article, read in read_corpus("validation", limit=20):
        for kind, candidates in examples(article, read):
            assert {name for features, _ in candidates for name in features} <= linear.weights()[kind].keys()
            if candidates:
                right[kind].append(any(is_right for _, is_right in candidates))
    assert sum(right["target"]) > 0.6 * len(right["target"])
    assert sum(right["target_read"]) > sum(right["target"])  # the speaker model names some that rules do not
    assert sum(right["answer"]) > 0.6 * len(right["answer"])


def test_a_target_is_right_by_its_place_or_its_name() -> None:
    gold = {"name": "Ana Melo", "span": [10, 14]}
    assert names_target(gold, "she", (10, 13))
    assert names_target(gold, "Mayor Ana Melo", (80, 94))
    assert not names_target(gold, "Jo Brandt", (80, 89))
    assert not names_target(None, "Ana Melo", (10, 14))


def test_what_real_news_answers_is_learnt_from_any_telling_that_is_marked() -> None:
    text = (
        "The Harbour Trust sold the berths in secret last year. Its members met on Friday.\n\n"
        "“They stole our berths,” Ana Melo said.\n\n"
        "“That is a lie. We never sold a berth,” said Ivan Petrov of the Harbour Trust."
    )
    said, charge = "That is a lie. We never sold a berth,", "They stole our berths,"
    start, told = text.index(said), text.index("sold the berths in secret")
    quoted = (text.index(charge), text.index(charge) + len(charge))
    one = Answering(text, Quote(((start, start + len(said)),)), (quoted, (told, told + 10)))
    choices = dict(news_examples([one]))
    assert [right for _, right in choices["answer"]] == [True]
    assert [right for _, right in choices["told"]] == [False, True]  # the nearest first
    [nothing, *_] = news_examples([Answering(text, one.statement, ())])
    assert not any(right for _, right in nothing[1])
