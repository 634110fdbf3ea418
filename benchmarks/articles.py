"""What `rejoinder read` finds in the articles of the written corpus: statements, speakers, targets and answers.

python benchmarks/articles.py [--split validation]

Found statements are matched, by the words they share, with those that the article's author marked. Most figures have a
trivial baseline: for the speaker's name, the mention next to the quote; for indirect statements, sentences with
"denied" or "accused"; for the target, the first noun phrase of the statement; for the answer, the nearest earlier
allegation by somebody else.
"""

import argparse
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from rejoinder import StatementClassifier
from rejoinder.acts import ALLEGATION
from rejoinder.article import Article, ReadStatement
from rejoinder.article.grammar.marks import Span, overlap
from rejoinder.article.grammar.noun_phrases import noun_phrase, tokenise
from rejoinder.article.grammar.sentences import sentence_span, sentence_starts
from rejoinder.article.links.linking import accuses
from rejoinder.article.names.mentions import bare_name
from rejoinder.article.reading import read_all
from rejoinder_training.article_links import answers_it, extent, match, names_target, read_articles

Counts = Counter[str]
CHARGES = "of these, charges that only the article makes, F1"


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--split", default="validation", choices=["train", "validation", "test"])
    parser.add_argument("--model", default=None, help="A model folder, else the bundled model.")
    parser.add_argument("--limit", type=int, default=None, help="Maximum number of articles, for a quick try.")
    args = parser.parse_args()
    gold = read_articles(args.split)[: args.limit]
    classifier = StatementClassifier.from_pretrained(args.model)
    found = read_all([article["text"] for article in gold], classifier=classifier)
    counts: dict[str, Counts] = {}
    for article, read in zip(gold, found, strict=True):
        count_article(article, read, counts)
    print(f"{args.split}: {len(gold)} articles, {sum(len(article['statements']) for article in gold)} statements\n")
    print("| | baseline | rejoinder |\n|---|---|---|")
    for name, measure in (
        ("direct quotes found, F1", f1),
        ("speaker's fullest name, accuracy", accuracy),
        ("indirect statements, F1", f1),
        ("target, F1", f1),
        ("answers, F1", f1),
        (CHARGES, f1),
    ):
        base = counts.get(f"{name}, baseline")
        print(f"| {name} | {measure(base) if base else ''} | {measure(counts[name])} |")


def count_article(article: Mapping[str, Any], read: Article, counts: dict[str, Counts]) -> None:
    """Add what is right, wrong and missed in one article to `counts`."""
    text, gold = article["text"], article["statements"]
    pairs = match(gold, read.statements)
    gold_of = {pairs[marked["id"]].id: marked for marked in gold if marked["id"] in pairs}
    for indirect, name in ((False, "direct quotes found, F1"), (True, "indirect statements, F1")):
        expected = [marked for marked in gold if marked["indirect"] == indirect]
        hits = sum(marked["id"] in pairs and pairs[marked["id"]].indirect == indirect for marked in expected)
        add(
            counts,
            name,
            hits,
            sum(found.indirect == indirect for found in read.statements) - hits,
            len(expected) - hits,
        )
    sentences = plain_sentences(text)
    expected = [marked for marked in gold if marked["indirect"]]
    hits = sum(any(overlap(span, marked["spans"][0]) for marked in expected) for span in sentences)
    add(counts, "indirect statements, F1, baseline", hits, len(sentences) - hits, len(expected) - hits)
    for marked in gold:
        found = pairs.get(marked["id"])
        if marked["speaker"]:
            speaker, mention = (found.speaker, found.speaker_mention) if found else (None, None)
            add_right(counts, "speaker's fullest name, accuracy", speaker, marked["speaker"])
            add_right(counts, "speaker's fullest name, accuracy, baseline", mention, marked["speaker"])
        target = found.target if found else None
        add_link(
            counts,
            "target, F1",
            target is not None,
            marked["target"] is not None,
            target is not None and names_target(marked["target"], target.name, target.span),
        )
        first = first_phrase(text, marked) if found and accuses(found) else None
        add_link(
            counts,
            "target, F1, baseline",
            first is not None,
            marked["target"] is not None,
            first is not None and names_target(marked["target"], text[slice(*first)], first),
        )
        answered = marked["answers"]
        answer = found.answers if found else None
        right = answer is not None and answers_it(answer.id, answer.span, marked, gold, gold_of)
        add_link(counts, "answers, F1", answer is not None, answered is not None, right)
        elsewhere = answer is not None and answer.id is None  # the article itself makes the charge
        add_link(counts, CHARGES, elsewhere, isinstance(answered, list), elsewhere and right)
        nearest = nearest_charge(found, read.statements) if found else None
        add_link(
            counts,
            "answers, F1, baseline",
            nearest is not None,
            answered is not None,
            nearest is not None and answers_it(nearest.id, extent(nearest.spans), marked, gold, gold_of),
        )


def nearest_charge(one: ReadStatement, read: Sequence[ReadStatement]) -> ReadStatement | None:
    """Return the nearest earlier allegation by somebody else if `one` is labelled as a reply, else None."""
    if not set(one.prediction.acts) - {ALLEGATION}:
        return None
    charges = [other for other in read if other.spans < one.spans and ALLEGATION in other.prediction.acts]
    # If the speaker was not found, it may be somebody else, as for the links themselves.
    earlier = [other for other in charges if not other.speaker or other.speaker != one.speaker]
    return earlier[-1] if earlier else None


def first_phrase(text: str, one: Mapping[str, Any]) -> Span | None:
    """Return the span of the first noun phrase of a statement, or None if it has none."""
    tokens = tokenise(text, *one["spans"][0])
    for i in range(len(tokens)):
        end = noun_phrase(tokens, i)
        if end > i:
            return tokens[i].start, tokens[end - 1].end
    return None


def plain_sentences(text: str) -> list[Span]:
    """Return the spans of sentences that contain "denied" or "accused" and no quotation marks."""
    starts = sentence_starts(text)
    spans = [sentence_span(starts, len(text), start, start + 1) for start in starts]
    return [
        span
        for span in spans
        if {"denied", "accused"} & set(text[slice(*span)].split()) and not set('"“‘') & set(text[slice(*span)])
    ]


def add(counts: dict[str, Counts], name: str, right: int, wrong: int, missed: int) -> None:
    """Add to the counts of the figure `name`."""
    counts.setdefault(name, Counter()).update(right=right, wrong=wrong, missed=missed)


def add_right(counts: dict[str, Counts], name: str, found: str | None, gold: str) -> None:
    """Count a speaker as right if the name found is the gold one, else as wrong."""
    right = bool(found) and bare_name(str(found)) == bare_name(gold)
    add(counts, name, right, not right, 0)


def add_link(counts: dict[str, Counts], name: str, found: bool, there: bool, right: bool) -> None:
    """Count a link: whether one was found, whether one is there, and whether the one found is right."""
    add(counts, name, right, found and not right, there and not right)


def f1(counts: Counts) -> str:
    """Return F1 with precision and recall."""
    right, found, there = counts["right"], counts["right"] + counts["wrong"], counts["right"] + counts["missed"]
    precision, recall = right / max(1, found), right / max(1, there)
    return f"{2 * right / max(1, found + there):.3f} ({precision:.2f}, {recall:.2f})"


def accuracy(counts: Counts) -> str:
    """Return the share of right names."""
    return f"{counts['right'] / (counts['right'] + counts['wrong']):.3f}"


if __name__ == "__main__":
    main()
