"""Fits the weights with which `rejoinder.article` links statements: `python -m rejoinder_training.article_links`.

The weights are those of a logistic regression on the features of each candidate. It is fitted on the second part of the
written corpus' training articles, as the bundled models read them. The speaker model was not trained on these articles;
the acts model was, so it makes fewer errors there than in other articles, and probabilities may come out too high.
Links from an answer to the charge it answers are also fitted on real news (`ANSWERS`). The weights are written into the
package.
"""

import argparse
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from sklearn.feature_extraction import DictVectorizer
from sklearn.linear_model import LogisticRegression

from rejoinder import StatementClassifier
from rejoinder.article import Article, ReadStatement, read_all
from rejoinder.article.grammar.marks import Span, overlap
from rejoinder.article.links import answers, linear, targets
from rejoinder.article.links.linear import Features
from rejoinder.article.links.linking import accusation_of, accuses, likely_targets, narrated_charges, turn_of
from rejoinder.article.links.turns import REACH, Turn
from rejoinder.article.names.mentions import bare_name
from rejoinder.article.names.names import Names
from rejoinder.article.quotes.quotes import find_quotes
from rejoinder_training.data.links import AnswerLabel, read_answers
from rejoinder_training.json_files import read_json_lines, write_json

CORPUS = Path("data/corpus")
TRAINING = "train-2"
ANSWERS = Path("data/annotations/answers.tsv")
TEXTS = Path("../shared/news/articles.jsonl.gz")
"""The articles that `ANSWERS` refers to, which are not part of the repository."""
Candidates = list[tuple[Features, bool]]
Gold = Mapping[str, Any]
"""A statement of an article as its author marked it."""


def read_articles(split: str) -> list[dict[str, Any]]:
    """Return the articles of a split of the written corpus."""
    return list(read_json_lines(CORPUS / f"{split}.jsonl"))


def read_corpus(split: str, limit: int | None = None) -> Iterator[tuple[dict[str, Any], Sequence[ReadStatement]]]:
    """Yield the articles of a split, each with its statements as the bundled model reads them."""
    articles = read_articles(split)[:limit]
    for article, read in zip(articles, read_alike([article["text"] for article in articles]), strict=True):
        yield article, read.statements


def read_alike(texts: Sequence[str]) -> list[Article]:
    """Read texts with the bundled model on ONNX Runtime, the one engine that every processor has.

    Engines differ slightly in their probabilities, and so in which acts just pass their threshold; the fitted weights
    must not depend on the engine.
    """
    return read_all(texts, classifier=StatementClassifier.from_pretrained(engine="onnxruntime"))


def names_of(text: str) -> Names:
    """Return the names of an article."""
    return Names(text, [span for quote in find_quotes(text) for span in quote.spans])


def match(gold: Sequence[Gold], read: Sequence[ReadStatement]) -> dict[str, ReadStatement]:
    """Map the id of each statement that the author marked to the statement found for it, if any."""
    pairs: dict[str, ReadStatement] = {}
    for marked in gold:
        for found in read:
            if shares_most(marked["spans"], found.spans):
                pairs.setdefault(marked["id"], found)
    return pairs


def shares_most(one: Sequence[Sequence[int]], other: Sequence[Sequence[int]]) -> bool:
    """Return whether two statements are the same one: their extents share more than half of the shorter."""
    (start, end), (left, right) = extent(one), extent(other)
    return min(right, end) - max(left, start) > 0.5 * min(right - left, end - start)


def names_target(gold: Mapping[str, Any] | None, name: str, span: Span) -> bool:
    """Return whether a target found is the one that the article's author named: the same mention or the same name."""
    if gold is None:
        return False
    return (gold["span"] is not None and overlap(span, gold["span"])) or bare_name(name) == bare_name(gold["name"])


def answers_it(id: str | None, span: Span, one: Gold | None, gold: Sequence[Gold], back: Mapping[str, Gold]) -> bool:
    """Return whether, according to the author, `one` answers the statement `id` or, if None, the words at `span`.

    `gold` holds the author's statements; `back` maps the ids of found statements to their counterparts in it.
    """
    answered = one["answers"] if one else None
    if answered is None:
        return False
    if not isinstance(answered, str):
        return overlap(span, answered)
    if id is not None:
        return id in back and back[id]["id"] == answered
    return overlap(span, extent(next(other["spans"] for other in gold if other["id"] == answered)))


def answered_by(one: Gold | None, gold: Sequence[Gold]) -> Span | None:
    """Return the span of the charge that a statement answers according to the author; None if it answers none."""
    answered = one["answers"] if one else None
    if isinstance(answered, str):
        return extent(next(other["spans"] for other in gold if other["id"] == answered))
    return (answered[0], answered[1]) if answered else None


def extent(spans: Sequence[Sequence[int]]) -> Span:
    """Return the span from the first character to the last."""
    return spans[0][0], spans[-1][1]


def examples(article: Mapping[str, Any], statements: Sequence[ReadStatement]) -> Iterator[tuple[str, Candidates]]:
    """Yield the kind of each link in an article and its candidates: features, and whether the candidate is correct.

    The kinds are those of `targets.kind_of` for the target of a statement, `answer` for the earlier statement that it
    answers, and `told` for the charge in the article's own words that it answers.
    """
    text, gold = article["text"], article["statements"]
    back = {found.id: next(g for g in gold if g["id"] == id) for id, found in match(gold, statements).items()}
    names = names_of(text)
    narrated = narrated_charges(text, statements)
    likely = likely_targets(text, [replace(statement, target=None) for statement in statements], None)
    turns: list[Turn] = []
    for statement in statements:
        author, earlier = back.get(statement.id), turns[-REACH:]
        target = author and author["target"]
        # Once without the speaker model's target, since users may leave that model out.
        for read in (None, likely.get(statement.id)) if accuses(statement) else ():
            accusation = accusation_of(statement, earlier, names, read)
            found = targets.candidates(text, accusation, names)
            labelled = [(features, names_target(target, name, span)) for name, span, features in found]
            yield targets.kind_of(accusation), labelled
        accused = names.resolve(tuple(target["span"])) if target and target["span"] else ""
        turn = turn_of(statement, accused, names)
        linked = [(turn.id, turn.span, features) for turn, features in answers.candidates(turn, earlier)]
        yield "answer", [(features, answers_it(id, span, author, gold, back)) for id, span, features in linked]
        charges = narrated.candidates(turn, earlier)
        yield "told", [(features, answers_it(None, span, author, gold, back)) for span, features in charges]
        turns.append(replace(turn, answered=answered_by(author, gold)))


def corpus_examples() -> Iterator[tuple[str, Candidates]]:
    """Yield the `examples` of the corpus articles that the weights are fitted on."""
    for article, statements in read_corpus(TRAINING):
        yield from examples(article, statements)


def news_examples(answering: Iterable[AnswerLabel]) -> Iterator[tuple[str, Candidates]]:
    """Yield the `answer` and `told` links of statements in real news; the rest as `examples`."""
    marked: dict[str, list[AnswerLabel]] = defaultdict(list)
    for annotation in answering:
        marked[annotation.text].append(annotation)
    for article in read_alike([*marked]):
        text, names = article.text, names_of(article.text)
        narrated = narrated_charges(text, article.statements)
        turns: list[Turn] = []
        for statement in article.statements:
            accused, earlier = statement.target.name if statement.target else "", turns[-REACH:]
            turn = replace(turn_of(statement, accused, names), answered=None)  # do not depend on the old answer weights
            for annotation in marked[text]:
                if shares_most(statement.spans, annotation.statement.spans):
                    turn = replace(turn, answered=next(iter(annotation.answers), None))
                    linked = [(other.span, features) for other, features in answers.candidates(turn, earlier)]
                    told = narrated.candidates(turn, earlier)
                    yield "answer", [(features, states_charge(span, annotation)) for span, features in linked]
                    yield "told", [(features, states_charge(span, annotation)) for span, features in told]
            turns.append(turn)


def states_charge(span: Span, one: AnswerLabel) -> bool:
    """Return whether the words at a span state a charge that the statement answers."""
    return any(overlap(span, answered) for answered in one.answers)


def fit(choices: Iterable[tuple[str, Candidates]]) -> dict[str, dict[str, float]]:
    """Fit the weights of each kind of link, by the name of the feature; the intercept has the empty name."""
    rows: dict[str, Candidates] = defaultdict(list)
    for kind, candidates in choices:
        rows[kind] += candidates
    weights = {}
    for kind, labelled in sorted(rows.items()):
        features = DictVectorizer()
        model = LogisticRegression(max_iter=5000).fit(
            features.fit_transform([row for row, _ in labelled]), [correct for _, correct in labelled]
        )
        named = zip(features.get_feature_names_out(), model.coef_[0], strict=True)
        weights[kind] = {"": round(float(model.intercept_[0]), 3)} | {name: round(float(w), 3) for name, w in named}
    return weights


def main() -> None:
    """Fit the weights and write them into the package."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--texts", type=Path, nargs="+", default=[TEXTS], help="where the articles of ANSWERS are")
    texts = parser.parse_args().texts
    answering, corpus = list(read_answers(ANSWERS, texts, "train")), list(corpus_examples())
    weights = fit(corpus)
    linear.weights().update(weights)  # the features of answers use targets, which `news_examples` finds by these
    weights |= fit([*corpus, *news_examples(answering)])
    write_json(linear.WEIGHTS, weights)
    print(f"{linear.WEIGHTS}: " + ", ".join(f"{len(fitted)} weights for `{kind}`" for kind, fitted in weights.items()))


if __name__ == "__main__":
    main()
