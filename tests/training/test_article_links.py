"""The weights that link statements of an article to their targets and to the charges they answer."""

from collections import defaultdict

import pytest
from scipy.stats import chi2
from sklearn.metrics import log_loss

from rejoinder.article.links import linear
from rejoinder.article.quotes.quotes import Quote
from rejoinder_training.article_links import (
    TRAINING,
    Candidates,
    examples,
    fit,
    names_target,
    news_examples,
    read_corpus,
)
from rejoinder_training.data.links import AnswerLabel


@pytest.mark.large
def test_target_weights_fit_articles_as_well_as_weights_fitted_to_them_alone() -> None:
    # The weights themselves are not compared: those of rare features depend on which acts just pass their threshold,
    # and so on the engine. How well they fit an article does not.
    rows: dict[str, Candidates] = {"target": [], "target_read": []}
    for article, read in read_corpus(TRAINING, limit=60):
        for kind, candidates in examples(article, read):
            rows.get(kind, []).extend(candidates)
    own = fit(rows.items())
    assert {*own, "answer", "told"} == linear.weights().keys()
    for kind, candidates in rows.items():
        assert {*own[kind]} <= {*linear.weights()[kind]}
        ratio = 2 * (loss_of(linear.weights()[kind], candidates) - loss_of(own[kind], candidates))
        assert ratio < chi2.ppf(0.999, len(own[kind]))  # a likelihood-ratio test


def loss_of(weights: dict[str, float], candidates: Candidates) -> float:
    logits = [
        weights[""] + sum(weights[name] * value for name, value in features.items()) for features, _ in candidates
    ]
    return float(log_loss([right for _, right in candidates], [*map(linear.sigmoid, logits)], normalize=False))


def test_most_candidates_include_the_authors_link_and_every_feature_has_a_weight() -> None:
    right: dict[str, list[bool]] = defaultdict(list)
    for article, read in read_corpus("validation", limit=20):
        for kind, candidates in examples(article, read):
            assert {name for features, _ in candidates for name in features} <= linear.weights()[kind].keys()
            if candidates:
                right[kind].append(any(is_right for _, is_right in candidates))
    assert sum(right["target"]) > 0.6 * len(right["target"])
    assert sum(right["target_read"]) > sum(right["target"])  # the speaker model names some targets that rules do not
    assert sum(right["answer"]) > 0.6 * len(right["answer"])


def test_a_target_is_right_if_its_span_or_its_name_matches() -> None:
    gold = {"name": "Ana Melo", "span": [10, 14]}
    assert names_target(gold, "she", (10, 13))
    assert names_target(gold, "Mayor Ana Melo", (80, 94))
    assert not names_target(gold, "Jo Brandt", (80, 89))
    assert not names_target(None, "Ana Melo", (10, 14))


def test_news_candidates_are_right_if_they_overlap_any_annotated_answer() -> None:
    text = (
        "The Harbour Trust sold the berths in secret last year. Its members met on Friday.\n\n"
        "“They stole our berths,” Ana Melo said.\n\n"
        "“That is a lie. We never sold a berth,” said Ivan Petrov of the Harbour Trust."
    )
    denial, charge = "That is a lie. We never sold a berth,", "They stole our berths,"
    start, earlier_report = text.index(denial), text.index("sold the berths in secret")
    quoted = (text.index(charge), text.index(charge) + len(charge))
    annotation = AnswerLabel(
        text, Quote(((start, start + len(denial)),)), (quoted, (earlier_report, earlier_report + 10))
    )
    choices = dict(news_examples([annotation]))
    assert [right for _, right in choices["answer"]] == [True]
    assert [right for _, right in choices["told"]] == [False, True]  # nearest first
    [unanswered, *_] = news_examples([AnswerLabel(text, annotation.statement, ())])
    assert not any(right for _, right in unanswered[1])
