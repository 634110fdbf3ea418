"""Fits the weights by which `rejoinder.article` links statements: `python -m rejoinder_training.article_links`.

Logistic regression over the features of each candidate, on the second part of the written corpus' training articles as
the bundled model reads them: it has not learnt from them, so that it errs there as often as in other articles, and the
probabilities are those of what `read` finds. The weights go into the package.
"""

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from sklearn.feature_extraction import DictVectorizer
from sklearn.linear_model import LogisticRegression

from rejoinder.acts import ACCUSING
from rejoinder.article import ReadStatement, answers, linear, read_all, targets
from rejoinder.article.linear import Features
from rejoinder.article.marks import Span
from rejoinder.article.mentions import bare_name
from rejoinder.article.names import Names
from rejoinder.article.quotes import find_quotes
from rejoinder.article.reading import accusation_of, turn_of
from rejoinder.article.sentences import sentence_starts
from rejoinder.article.telling import Tellings
from rejoinder.article.turns import REACH, Turn
from rejoinder.files.writing import whole_file

CORPUS = Path("data/corpus")
TRAINING = "train-2"
Candidates = list[tuple[Features, bool]]
Gold = Mapping[str, Any]
"""A statement of an article as its author marked it."""


def read_articles(split: str, corpus: Path = CORPUS) -> list[dict[str, Any]]:
    """Return the articles of a split of the written corpus."""
    return [json.loads(line) for line in (corpus / f"{split}.jsonl").read_text("utf8").splitlines()]


def read_corpus(split: str, limit: int | None = None) -> Iterator[tuple[dict[str, Any], Sequence[ReadStatement]]]:
    """Yield the articles of a split, each with its statements as the bundled model reads them."""
    articles = read_articles(split)[:limit]
    for article, read in zip(articles, read_all(article["text"] for article in articles), strict=True):
        yield article, read.statements


def names_of(text: str) -> Names:
    """Return the names of an article."""
    return Names(text, [span for quote in find_quotes(text) for span in quote.spans])


def match(gold: Sequence[Gold], read: Sequence[ReadStatement]) -> dict[str, ReadStatement]:
    """Return for statements of the author the one that was found of them: more than half of the shorter is shared."""
    pairs: dict[str, ReadStatement] = {}
    for one in gold:
        start, end = extent(one["spans"])
        for mine in read:
            left, right = extent(mine.spans)
            if min(right, end) - max(left, start) > 0.5 * min(right - left, end - start):
                pairs.setdefault(one["id"], mine)
    return pairs


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


def overlap(one: Sequence[int], other: Sequence[int]) -> bool:
    """Say whether two spans share characters."""
    return one[0] < other[1] and other[0] < one[1]


def extent(spans: Sequence[Sequence[int]]) -> Span:
    """Return the span from the first character to the last."""
    return spans[0][0], spans[-1][1]


def examples(article: Mapping[str, Any], read: Sequence[ReadStatement]) -> Iterator[tuple[str, Candidates]]:
    """Yield the choices in an article: of a `target`, of an `answer` among statements, of a `told` charge.

    Each with its candidates and whether they are right.
    """
    text, gold = article["text"], article["statements"]
    back = {one.id: next(g for g in gold if g["id"] == id) for id, one in match(gold, read).items()}
    names = names_of(text)
    told = Tellings(text, sentence_starts(text), [span for one in read for span in one.spans])
    turns: list[Turn] = []
    for one in read:
        author, acts, earlier = back.get(one.id), one.prediction.acts, turns[-REACH:]
        target = author and author["target"]
        if not ACCUSING.isdisjoint(acts):
            found = targets.candidates(text, accusation_of(one, earlier, names), names)
            yield "target", [(features, names_target(target, name, span)) for name, span, features in found]
        accused = names.resolve(tuple(target["span"])) if target and target["span"] else ""
        turn = turn_of(one, accused, names)
        linked = [(turn.id, turn.span, features) for turn, features in answers.candidates(turn, earlier)]
        yield "answer", [(features, answers_it(id, span, author, gold, back)) for id, span, features in linked]
        alone = told.candidates(turn, earlier)
        yield "told", [(features, answers_it(None, span, author, gold, back)) for span, features in alone]
        turns.append(turn)


def fit(articles: Iterable[tuple[Mapping[str, Any], Sequence[ReadStatement]]]) -> dict[str, dict[str, float]]:
    """Return the weights of each kind of link by feature, the intercept under the empty name."""
    rows: dict[str, Candidates] = defaultdict(list)
    for article, read in articles:
        for kind, candidates in examples(article, read):
            rows[kind] += candidates
    weights = {}
    for kind, choices in sorted(rows.items()):
        features = DictVectorizer()
        model = LogisticRegression(max_iter=5000).fit(
            features.fit_transform([row for row, _ in choices]), [right for _, right in choices]
        )
        named = zip(features.get_feature_names_out(), model.coef_[0], strict=True)
        weights[kind] = {"": round(float(model.intercept_[0]), 3)} | {name: round(float(w), 3) for name, w in named}
    return weights


def main() -> None:
    """Fit the weights and write them into the package."""
    weights = fit(read_corpus(TRAINING))
    with whole_file(str(linear.WEIGHTS)) as stream:
        stream.write((json.dumps(weights, indent=2) + "\n").encode())
    print(f"{linear.WEIGHTS}: " + ", ".join(f"{len(one)} weights for `{kind}`" for kind, one in weights.items()))


if __name__ == "__main__":
    main()
