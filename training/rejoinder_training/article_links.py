"""Fits the weights by which `rejoinder.article` links statements: `python -m rejoinder_training.article_links`.

Logistic regression over the features of each candidate, on the second part of the written corpus' training articles as
the bundled models read them. The speaker model has not learnt from them; the acts model has, so that it errs less there
than in other articles, and probabilities may come out too high. What is answered is also learnt from real news
(`ANSWERS`). The weights go into the package.
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
from rejoinder.article.links.linking import accusation_of, accuses, likely_targets, tellings_in, turn_of
from rejoinder.article.links.turns import REACH, Turn
from rejoinder.article.names.mentions import bare_name
from rejoinder.article.names.names import Names
from rejoinder.article.quotes.quotes import find_quotes
from rejoinder_training.data.links import Answering, read_answers
from rejoinder_training.json_files import read_json_lines, write_json

CORPUS = Path("data/corpus")
TRAINING = "train-2"
ANSWERS = Path("data/annotations/answers.tsv")
TEXTS = Path("../shared/news/articles.jsonl.gz")
"""The articles that `ANSWERS` points into, which are no part of the repository."""
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
    """Return what the bundled model reads of texts, on the one engine that every processor has.

    Engines differ in a probability, and so in which acts just pass their threshold; weights must not.
    """
    return read_all(texts, classifier=StatementClassifier.from_pretrained(engine="onnxruntime"))


def names_of(text: str) -> Names:
    """Return the names of an article."""
    return Names(text, [span for quote in find_quotes(text) for span in quote.spans])


def match(gold: Sequence[Gold], read: Sequence[ReadStatement]) -> dict[str, ReadStatement]:
    """Return for statements of the author the one that was found of them."""
    pairs: dict[str, ReadStatement] = {}
    for one in gold:
        for mine in read:
            if shares_most(one["spans"], mine.spans):
                pairs.setdefault(one["id"], mine)
    return pairs


def shares_most(one: Sequence[Sequence[int]], other: Sequence[Sequence[int]]) -> bool:
    """Say whether two statements are one: more than half of the shorter is shared."""
    (start, end), (left, right) = extent(one), extent(other)
    return min(right, end) - max(left, start) > 0.5 * min(right - left, end - start)


def names_target(gold: Mapping[str, Any] | None, name: str, span: Span) -> bool:
    """Say whether a target found is the one that the article's author named: the same mention or the same name."""
    if gold is None:
        return False
    return (gold["span"] is not None and overlap(span, gold["span"])) or bare_name(name) == bare_name(gold["name"])


def answers_it(id: str | None, span: Span, one: Gold | None, gold: Sequence[Gold], back: Mapping[str, Gold]) -> bool:
    """Say whether `one` answers a statement, or the words at a span where it has no id, as the author says.

    `back` has what was found of the statements of the author, `gold`.
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
    """Return where the charge stands that a statement answers, as the author says."""
    told = one["answers"] if one else None
    if isinstance(told, str):
        return extent(next(other["spans"] for other in gold if other["id"] == told))
    return (told[0], told[1]) if told else None


def extent(spans: Sequence[Sequence[int]]) -> Span:
    """Return the span from the first character to the last."""
    return spans[0][0], spans[-1][1]


def examples(article: Mapping[str, Any], statements: Sequence[ReadStatement]) -> Iterator[tuple[str, Candidates]]:
    """Yield the choices in an article: of a target, of an `answer` among statements, of a `told` charge.

    Each with its candidates and whether they are right.
    """
    text, gold = article["text"], article["statements"]
    back = {one.id: next(g for g in gold if g["id"] == id) for id, one in match(gold, statements).items()}
    names = names_of(text)
    told = tellings_in(text, statements)
    likely = likely_targets(text, [replace(one, target=None) for one in statements], None)
    turns: list[Turn] = []
    for one in statements:
        author, earlier = back.get(one.id), turns[-REACH:]
        target = author and author["target"]
        for read in (None, likely.get(one.id)) if accuses(one) else ():
            accusation = accusation_of(one, earlier, names, read)
            found = targets.candidates(text, accusation, names)
            right = [(features, names_target(target, name, span)) for name, span, features in found]
            yield targets.kind_of(accusation), right
        accused = names.resolve(tuple(target["span"])) if target and target["span"] else ""
        turn = turn_of(one, accused, names)
        linked = [(turn.id, turn.span, features) for turn, features in answers.candidates(turn, earlier)]
        yield "answer", [(features, answers_it(id, span, author, gold, back)) for id, span, features in linked]
        alone = told.candidates(turn, earlier)
        yield "told", [(features, answers_it(None, span, author, gold, back)) for span, features in alone]
        turns.append(replace(turn, answered=answered_by(author, gold)))


def corpus_examples() -> Iterator[tuple[str, Candidates]]:
    """Yield the choices in the articles that the weights are fitted on."""
    for article, statements in read_corpus(TRAINING):
        yield from examples(article, statements)


def news_examples(answering: Iterable[Answering]) -> Iterator[tuple[str, Candidates]]:
    """Yield the choices of what statements of real news answer: of an `answer` among statements, of a `told` charge."""
    marked: dict[str, list[Answering]] = defaultdict(list)
    for one in answering:
        marked[one.text].append(one)
    for article in read_alike([*marked]):
        text, names = article.text, names_of(article.text)
        told = tellings_in(text, article.statements)
        turns: list[Turn] = []
        for mine in article.statements:
            turn, earlier = turn_of(mine, mine.target.name if mine.target else "", names), turns[-REACH:]
            turn = replace(turn, answered=None)  # what is fitted must not depend on the weights that were there before
            for one in marked[text]:
                if shares_most(mine.spans, one.statement.spans):
                    turn = replace(turn, answered=next(iter(one.answers), None))
                    linked = [(other.span, features) for other, features in answers.candidates(turn, earlier)]
                    yield "answer", [(features, tells(span, one)) for span, features in linked]
                    yield "told", [(features, tells(span, one)) for span, features in told.candidates(turn, earlier)]
            turns.append(turn)


def tells(span: Span, one: Answering) -> bool:
    """Say whether words tell a charge that a statement answers."""
    return any(overlap(span, answered) for answered in one.answers)


def fit(choices: Iterable[tuple[str, Candidates]]) -> dict[str, dict[str, float]]:
    """Return the weights of each kind of link by feature, the intercept under the empty name."""
    rows: dict[str, Candidates] = defaultdict(list)
    for kind, candidates in choices:
        rows[kind] += candidates
    weights = {}
    for kind, told in sorted(rows.items()):
        features = DictVectorizer()
        model = LogisticRegression(max_iter=5000).fit(
            features.fit_transform([row for row, _ in told]), [right for _, right in told]
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
    linear.weights().update(weights)  # whom others have accused, by these weights, speaks for what is answered
    weights |= fit([*corpus, *news_examples(answering)])
    write_json(linear.WEIGHTS, weights)
    print(f"{linear.WEIGHTS}: " + ", ".join(f"{len(one)} weights for `{kind}`" for kind, one in weights.items()))


if __name__ == "__main__":
    main()
