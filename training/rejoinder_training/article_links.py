"""Fits the weights by which `rejoinder.article` links statements: `python -m rejoinder_training.article_links`.

Logistic regression over the features of each candidate, on the training articles of the written corpus with their
authors' acts; the weights go into the package.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from sklearn.feature_extraction import DictVectorizer
from sklearn.linear_model import LogisticRegression

from rejoinder.acts import ALLEGATION, COUNTER_ACCUSATION, DENIAL
from rejoinder.article import answers, linear, targets
from rejoinder.article.linear import Features
from rejoinder.article.marks import Span
from rejoinder.article.mentions import bare_name
from rejoinder.article.names import Names
from rejoinder.article.quotes import find_quotes
from rejoinder.article.sentences import sentence_span, sentence_starts
from rejoinder.article.turns import REACH, Turn
from rejoinder.files.writing import whole_file

CORPUS = Path("data/corpus")
Candidates = list[tuple[Features, bool]]


def read_articles(split: str, corpus: Path = CORPUS) -> list[dict[str, Any]]:
    """Return the articles of a split of the written corpus."""
    return [json.loads(line) for line in (corpus / f"{split}.jsonl").read_text("utf8").splitlines()]


def training_articles() -> list[dict[str, Any]]:
    """Return the articles that the weights are fitted on: both training parts of the corpus."""
    return read_articles("train") + read_articles("train-2")


def names_target(gold: Mapping[str, Any] | None, name: str, span: Span) -> bool:
    """Say whether a target found is the one that the article's author named: the same mention or the same name."""
    if gold is None:
        return False
    return (gold["span"] is not None and overlap(span, gold["span"])) or bare_name(name) == bare_name(gold["name"])


def overlap(one: Sequence[int], other: Sequence[int]) -> bool:
    """Say whether two spans share characters."""
    return one[0] < other[1] and other[0] < one[1]


def examples(article: Mapping[str, Any]) -> Iterator[tuple[str, Candidates]]:
    """Yield for each choice in an article, of a `target` or an `answer`, the candidates and whether each is right."""
    text = article["text"]
    names, starts = Names(text, [span for quote in find_quotes(text) for span in quote.spans]), sentence_starts(text)
    turns: list[Turn] = []
    for statement in article["statements"]:
        acts = set(statement["acts"])
        spans = [(start, end) for start, end in statement["spans"]]
        whole = (spans[0][0], spans[-1][1])
        speaker = names.resolve(tuple(statement["speaker_span"])) if statement["speaker_span"] else ""
        accuses = bool(acts & {ALLEGATION, COUNTER_ACCUSATION})
        gold = statement["target"]
        if accuses:
            sentence = sentence_span(starts, len(text), *whole)
            accusation = targets.Accusation(spans, sentence, speaker, COUNTER_ACCUSATION in acts, turns[-REACH:])
            found = targets.candidates(text, accusation, names)
            yield "target", [(features, names_target(gold, name, span)) for name, span, features in found]
        turn = Turn(
            id=statement["id"],
            span=whole,
            words=" ".join(text[start:end] for start, end in spans),
            speaker=speaker,
            target=names.resolve(tuple(gold["span"])) if gold and gold["span"] else "",
            accuses=accuses,
            denies=DENIAL in acts,
            hits_back=COUNTER_ACCUSATION in acts,
        )
        answered = statement["answers"]
        yield (
            "answer",
            [
                (features, overlap(one.span, answered) if isinstance(answered, list) else one.id == answered)
                for one, features in answers.candidates(turn, turns[-REACH:])
            ],
        )
        turns.append(turn)


def fit(articles: Sequence[Mapping[str, Any]]) -> dict[str, dict[str, float]]:
    """Return the weights of each kind of link by feature, the intercept under the empty name."""
    weights = {}
    for kind in ("target", "answer"):
        rows = [row for article in articles for one, found in examples(article) if one == kind for row in found]
        features = DictVectorizer()
        model = LogisticRegression(max_iter=5000).fit(
            features.fit_transform([row for row, _ in rows]), [right for _, right in rows]
        )
        named = zip(features.get_feature_names_out(), model.coef_[0], strict=True)
        weights[kind] = {"": round(float(model.intercept_[0]), 3)} | {name: round(float(w), 3) for name, w in named}
    return weights


def main() -> None:
    """Fit the weights and write them into the package."""
    weights = fit(training_articles())
    with whole_file(str(linear.WEIGHTS)) as stream:
        stream.write((json.dumps(weights, indent=2) + "\n").encode())
    print(f"{linear.WEIGHTS}: " + ", ".join(f"{len(one)} weights of {kind}s" for kind, one in weights.items()))


if __name__ == "__main__":
    main()
