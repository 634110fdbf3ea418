"""How well `rejoinder read` finds whom statements of real news accuse and what they answer, with trivial baselines.

python benchmarks/links.py [--split test] --texts clones   # or articles as JSON lines with source, path, doc and text

The reference is what a language model found that read the text around each statement: `data/annotations/targets.tsv`
lists the accusing statements and whom they accuse, `answers.tsv` the denials and counter-accusations and where the
charge is reported. A target is right if it shares words with the marked one or has the same name (it is also counted
how many are the marked words exactly), an answer if it shares words with a marked report. Statements that `read` misses
or labels otherwise are not measured, only counted.
"""

import argparse
import sys
from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from rejoinder import StatementClassifier
from rejoinder.acts import COUNTER_ACCUSATION, DENIAL
from rejoinder.article import Article, ReadStatement
from rejoinder.article.grammar.marks import Span, overlap
from rejoinder.article.links.linking import accuses, linked, narrated_charges
from rejoinder.article.links.targets import Target
from rejoinder.article.names.mentions import bare_name
from rejoinder.article.names.names import Names
from rejoinder.article.reading import read_all
from rejoinder_training.article_links import shares_most
from rejoinder_training.data.links import AnswerLabel, TargetLabel, read_answers, read_targets

ANNOTATIONS = Path("data/annotations")
TEXTS = Path(__file__).parents[2] / "shared" / "news" / "articles.jsonl.gz"


def main() -> None:
    """Print a line for each way to find targets and answers."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--split", default="validation", choices=["validation", "test"])
    parser.add_argument("--texts", type=Path, default=TEXTS)
    parser.add_argument("--errors", action="store_true", help="list the errors on the validation split")
    arguments = parser.parse_args()
    if not arguments.texts.exists():
        sys.exit(f"skipped: no articles at {arguments.texts}")
    marked: dict[str, list[TargetLabel | AnswerLabel]] = defaultdict(list)
    for aimed in read_targets(ANNOTATIONS / "targets.tsv", [arguments.texts], arguments.split):
        marked[aimed.text].append(aimed)
    for answering in read_answers(ANNOTATIONS / "answers.tsv", [arguments.texts], arguments.split):
        marked[answering.text].append(answering)
    counts: Counter[tuple[str, str]] = Counter()
    for article in read_all([*marked], classifier=StatementClassifier.from_pretrained()):
        alone = by_rules(article)
        for annotation in marked[article.text]:
            what = "target" if isinstance(annotation, TargetLabel) else "answer"
            counts[what, "all"] += 1
            matched = found(article, annotation)
            if matched is None:
                continue
            counts[what, "found"] += 1
            links = (
                targets(article, matched, alone) if isinstance(annotation, TargetLabel) else answers(article, matched)
            )
            for how, link in links.items():
                right = is_right(link, annotation)
                counts[what, how] += right
                counts[what, f"{how}, given"] += link is not None
                if isinstance(annotation, TargetLabel) and isinstance(link, Target):
                    counts[what, f"{how}, exact"] += link.span == annotation.target
                if arguments.errors and arguments.split == "validation" and how == "rejoinder" and not right:
                    print(f"{what} of {matched.statement.quote[:90]}: {link}")
            counts[what, "marked"] += bool(
                annotation.target if isinstance(annotation, TargetLabel) else annotation.answers
            )
    for what in ("target", "answer"):
        read = f"{counts[what, 'found']} of {counts[what, 'all']}"
        print(f"{arguments.split}, {what}s: {read} statements found and labelled accordingly")
        for how in ("rejoinder", "rules alone", "baseline"):
            if (what, f"{how}, given") in counts:
                exact = f", {counts[what, f'{how}, exact']} exact" if what == "target" else ""
                print(f"  {how}: {f1(counts[what, how], counts[what, f'{how}, given'], counts[what, 'marked'])}{exact}")


def found(article: Article, one: TargetLabel | AnswerLabel) -> ReadStatement | None:
    """Return the statement of an article that matches the marked one, or None if none does or its acts do not fit."""
    for statement in article.statements:
        fits = accuses(statement) if isinstance(one, TargetLabel) else answers_something(statement)
        if fits and shares_most(statement.spans, one.statement.spans):
            return statement
    return None


def answers_something(one: ReadStatement) -> bool:
    """Return whether a statement is labelled a denial or counter-accusation."""
    return not {DENIAL, COUNTER_ACCUSATION}.isdisjoint(one.prediction.acts)


def targets(article: Article, mine: ReadStatement, alone: Mapping[str, Target | None]) -> dict[str, Target | None]:
    """Return the target from `read`, from the rules `alone`, and the name of somebody else mentioned most before."""
    before = (named for named in names_in(article).before(mine.spans[0][0]) if named[0] != mine.speaker)
    most = next((Target(name, span, 1.0) for name, span in before), None)
    return {"rejoinder": mine.target, "rules alone": alone[mine.id], "baseline": most}


def by_rules(article: Article) -> dict[str, Target | None]:
    """Return the target of each statement by its id, found without the speaker model."""
    narrated = narrated_charges(article.text, article.statements)
    # A target of a reporting verb (`accused the firm of …`) has the score 1 and needs no model.
    statements = [
        statement if statement.target and statement.target.score == 1 else replace(statement, target=None)
        for statement in article.statements
    ]
    return {
        statement.id: statement.target
        for statement in linked(article.text, names_in(article), narrated, statements, {})
    }


def names_in(article: Article) -> Names:
    """Return the names of an article as `read` finds them."""
    return Names(article.text, [span for quote in article.statements if not quote.indirect for span in quote.spans])


def answers(article: Article, mine: ReadStatement) -> dict[str, Span | None]:
    """Return the answered span from `read`, and that of the nearest earlier accusation by somebody else."""
    nearest = None
    for earlier in article.statements:
        if earlier.id == mine.id:
            break
        if accuses(earlier) and earlier.speaker != mine.speaker:
            nearest = earlier.spans[0][0], earlier.spans[-1][1]
    return {"rejoinder": mine.answers.span if mine.answers else None, "baseline": nearest}


def is_right(link: Target | Span | None, one: TargetLabel | AnswerLabel) -> bool:
    """Return whether a found link is one that is marked."""
    if link is None:
        return False
    if isinstance(one, AnswerLabel):
        return not isinstance(link, Target) and any(overlap(link, span) for span in one.answers)
    return (
        isinstance(link, Target)
        and one.target is not None
        and (overlap(link.span, one.target) or is_same_name(link.name, one.name))
    )


def is_same_name(one: str, other: str) -> bool:
    """Return whether names are the same, or one ends with the other: `President Trump`, `Trump` and `Donald Trump`."""
    short, long = sorted((bare_name(one), bare_name(other)), key=len)
    return short == long or (one[:1].isupper() and other[:1].isupper() and long.endswith(f" {short}"))


def f1(right: int, told: int, marked: int) -> str:
    """Return F1 with precision and recall."""
    precision, recall = right / max(told, 1), right / max(marked, 1)
    return f"F1 {2 * right / max(told + marked, 1):.3f} ({precision:.2f}, {recall:.2f})"


if __name__ == "__main__":
    main()
