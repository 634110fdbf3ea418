"""What `rejoinder read` finds in the articles of the written corpus beside statements and acts.

python benchmarks/articles.py [--split validation]

Statements found are matched with those of the article's author by their words. Each figure stands beside a trivial
baseline: the mention beside the quote for the speaker's name; sentences with "denied" or "accused"; the first noun
phrase of the statement for the target; the nearest earlier allegation of somebody else for what is answered.
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
    parser.add_argument("--limit", type=int, default=None, help="Articles, for a try.")
    args = parser.parse_args()
    gold = read_articles(args.split)[: args.limit]
    classifier = StatementClassifier.from_pretrained(args.model)
    found = read_all([one["text"] for one in gold], classifier=classifier)
    counts: dict[str, Counts] = {}
    for article, read in zip(gold, found, strict=True):
        count_article(article, read, counts)
    print(f"{args.split}: {len(gold)} articles, {sum(len(one['statements']) for one in gold)} statements\n")
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
    """Add what is right and wrong in one article."""
    text, gold = article["text"], article["statements"]
    pairs = match(gold, read.statements)
    back = {pairs[one["id"]].id: one for one in gold if one["id"] in pairs}
    for indirect, name in ((False, "direct quotes found, F1"), (True, "indirect statements, F1")):
        told = [one for one in gold if one["indirect"] == indirect]
        hits = sum(one["id"] in pairs and pairs[one["id"]].indirect == indirect for one in told)
        add(counts, name, hits, sum(one.indirect == indirect for one in read.statements) - hits, len(told) - hits)
    sentences = plain_sentences(text)
    told = [one for one in gold if one["indirect"]]
    hits = sum(any(overlap(span, one["spans"][0]) for one in told) for span in sentences)
    add(counts, "indirect statements, F1, baseline", hits, len(sentences) - hits, len(told) - hits)
    for one in gold:
        mine = pairs.get(one["id"])
        if one["speaker"]:
            speaker, mention = (mine.speaker, mine.speaker_mention) if mine else (None, None)
            add_right(counts, "speaker's fullest name, accuracy", speaker, one["speaker"])
            add_right(counts, "speaker's fullest name, accuracy, baseline", mention, one["speaker"])
        target = mine.target if mine else None
        add_link(
            counts,
            "target, F1",
            target is not None,
            one["target"] is not None,
            target is not None and names_target(one["target"], target.name, target.span),
        )
        first = first_phrase(text, one) if mine and accuses(mine) else None
        add_link(
            counts,
            "target, F1, baseline",
            first is not None,
            one["target"] is not None,
            first is not None and names_target(one["target"], text[slice(*first)], first),
        )
        answered = one["answers"]
        reply = mine.answers if mine else None
        right = reply is not None and answers_it(reply.id, reply.span, one, gold, back)
        add_link(counts, "answers, F1", reply is not None, answered is not None, right)
        elsewhere = reply is not None and reply.id is None
        add_link(counts, CHARGES, elsewhere, isinstance(answered, list), elsewhere and right)
        nearest = nearest_charge(mine, read.statements) if mine else None
        add_link(
            counts,
            "answers, F1, baseline",
            nearest is not None,
            answered is not None,
            nearest is not None and answers_it(nearest.id, extent(nearest.spans), one, gold, back),
        )


def nearest_charge(one: ReadStatement, read: Sequence[ReadStatement]) -> ReadStatement | None:
    """Return the nearest earlier allegation of somebody else, where `one` is labelled as a reply."""
    if not set(one.prediction.acts) - {ALLEGATION}:
        return None
    charges = [other for other in read if other.spans < one.spans and ALLEGATION in other.prediction.acts]
    # Whose speaker was not found may be somebody else's, as for the links themselves.
    earlier = [other for other in charges if not other.speaker or other.speaker != one.speaker]
    return earlier[-1] if earlier else None


def first_phrase(text: str, one: Mapping[str, Any]) -> Span | None:
    """Return the first noun phrase of a statement."""
    tokens = tokenise(text, *one["spans"][0])
    for i in range(len(tokens)):
        end = noun_phrase(tokens, i)
        if end > i:
            return tokens[i].start, tokens[end - 1].end
    return None


def plain_sentences(text: str) -> list[Span]:
    """Return the sentences that hold "denied" or "accused" and no quotation marks."""
    starts = sentence_starts(text)
    spans = [sentence_span(starts, len(text), start, start + 1) for start in starts]
    return [
        span
        for span in spans
        if {"denied", "accused"} & set(text[slice(*span)].split()) and not set('"“‘') & set(text[slice(*span)])
    ]


def add(counts: dict[str, Counts], name: str, right: int, wrong: int, missed: int) -> None:
    """Count."""
    counts.setdefault(name, Counter()).update(right=right, wrong=wrong, missed=missed)


def add_right(counts: dict[str, Counts], name: str, found: str | None, gold: str) -> None:
    """Count a name found."""
    right = bool(found) and bare_name(str(found)) == bare_name(gold)
    add(counts, name, right, not right, 0)


def add_link(counts: dict[str, Counts], name: str, found: bool, there: bool, right: bool) -> None:
    """Count a link found."""
    add(counts, name, right, found and not right, there and not right)


def f1(counts: Counts) -> str:
    """Return F1 with precision and recall."""
    right, found, there = counts["right"], counts["right"] + counts["wrong"], counts["right"] + counts["missed"]
    precision, recall = right / max(1, found), right / max(1, there)
    return f"{2 * right / max(1, found + there):.3f} ({precision:.2f}, {recall:.2f})"


def accuracy(counts: Counts) -> str:
    """Return the share of right ones."""
    return f"{counts['right'] / (counts['right'] + counts['wrong']):.3f}"


if __name__ == "__main__":
    main()
