"""Whom statements of real news accuse and what they answer, as `rejoinder read` finds it, beside trivial baselines.

python benchmarks/links.py [--split test] --texts clones   # or articles as JSON lines with source, path, doc and text

`data/annotations/targets.tsv` says which statements accuse and whom, `answers.tsv` which deny or hit back and where the
charge is told, as a language model that read the text around found. A target is right where it shares words with the
ones marked or is of the same name, an answer where it shares words with a telling that is marked. Of statements that
`read` takes for something else neither is looked for; they are counted apart.
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
from rejoinder.article.links.linking import accuses, linked, tellings_in
from rejoinder.article.links.targets import Target
from rejoinder.article.names.mentions import bare_name
from rejoinder.article.names.names import Names
from rejoinder.article.reading import read_all
from rejoinder_training.article_links import shares_most
from rejoinder_training.data.links import Aimed, Answering, read_answers, read_targets

ANNOTATIONS = Path("data/annotations")
TEXTS = Path(__file__).parents[2] / "shared" / "news" / "articles.jsonl.gz"


def main() -> None:
    """Print a line for each way to find targets and answers."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--split", default="validation", choices=["validation", "test"])
    parser.add_argument("--texts", type=Path, default=TEXTS)
    parser.add_argument("--errors", action="store_true", help="list what is wrong of validation")
    arguments = parser.parse_args()
    if not arguments.texts.exists():
        sys.exit(f"skipped: no articles at {arguments.texts}")
    marked: dict[str, list[Aimed | Answering]] = defaultdict(list)
    for aimed in read_targets(ANNOTATIONS / "targets.tsv", [arguments.texts], arguments.split):
        marked[aimed.text].append(aimed)
    for answering in read_answers(ANNOTATIONS / "answers.tsv", [arguments.texts], arguments.split):
        marked[answering.text].append(answering)
    counts: Counter[tuple[str, str]] = Counter()
    for article in read_all([*marked], classifier=StatementClassifier.from_pretrained()):
        alone = by_rules(article)
        for one in marked[article.text]:
            what = "target" if isinstance(one, Aimed) else "answer"
            counts[what, "all"] += 1
            mine = found(article, one)
            if mine is None:
                continue
            counts[what, "found"] += 1
            told = targets(article, mine, alone) if isinstance(one, Aimed) else answers(article, mine)
            for how, link in told.items():
                right = is_right(link, one)
                counts[what, how] += right
                counts[what, f"{how}, told"] += link is not None
                if arguments.errors and arguments.split == "validation" and how == "rejoinder" and not right:
                    print(f"{what} of {mine.statement.quote[:90]}: {link}")
            counts[what, "marked"] += bool(one.target if isinstance(one, Aimed) else one.answers)
    for what in ("target", "answer"):
        read = f"{counts[what, 'found']} of {counts[what, 'all']}"
        print(f"{arguments.split}, {what}s: {read} statements are read as such")
        for how in ("rejoinder", "rules alone", "baseline"):
            if (what, f"{how}, told") in counts:
                print(f"  {how}: {f1(counts[what, how], counts[what, f'{how}, told'], counts[what, 'marked'])}")


def found(article: Article, one: Aimed | Answering) -> ReadStatement | None:
    """Return the statement of an article that is the marked one, if it is read to do what has such a link."""
    for mine in article.statements:
        acts = accuses(mine) if isinstance(one, Aimed) else answers_something(mine)
        if acts and shares_most(mine.spans, one.statement.spans):
            return mine
    return None


def answers_something(one: ReadStatement) -> bool:
    """Say whether a statement is read as a denial or counter-accusation."""
    return not {DENIAL, COUNTER_ACCUSATION}.isdisjoint(one.prediction.acts)


def targets(article: Article, mine: ReadStatement, alone: Mapping[str, Target | None]) -> dict[str, Target | None]:
    """Return whom a statement accuses by `read`, by the rules `alone`, and as somebody else told most often before."""
    before = (told for told in names_in(article).before(mine.spans[0][0]) if told[0] != mine.speaker)
    most = next((Target(name, span, 1.0) for name, span in before), None)
    return {"rejoinder": mine.target, "rules alone": alone[mine.id], "baseline": most}


def by_rules(article: Article) -> dict[str, Target | None]:
    """Return whom each statement of an article accuses, by its id, if the speaker model is not asked."""
    told = tellings_in(article.text, article.statements)
    # The target of a reporting verb (`accused the firm of …`) needs no model.
    statements = [
        one if one.target and one.target.score == 1 else replace(one, target=None) for one in article.statements
    ]
    return {one.id: one.target for one in linked(article.text, names_in(article), told, statements, {})}


def names_in(article: Article) -> Names:
    """Return the names of an article as `read` finds them."""
    return Names(article.text, [span for one in article.statements if not one.indirect for span in one.spans])


def answers(article: Article, mine: ReadStatement) -> dict[str, Span | None]:
    """Return what a statement answers by `read`, and the nearest earlier accusation of somebody else."""
    nearest = None
    for one in article.statements:
        if one.id == mine.id:
            break
        if accuses(one) and one.speaker != mine.speaker:
            nearest = one.spans[0][0], one.spans[-1][1]
    return {"rejoinder": mine.answers.span if mine.answers else None, "baseline": nearest}


def is_right(link: Target | Span | None, one: Aimed | Answering) -> bool:
    """Say whether a link that was found is one that is marked."""
    if link is None:
        return False
    if isinstance(one, Answering):
        return not isinstance(link, Target) and any(overlap(link, span) for span in one.answers)
    return (
        isinstance(link, Target)
        and one.target is not None
        and (overlap(link.span, one.target) or is_same_name(link.name, one.name))
    )


def is_same_name(one: str, other: str) -> bool:
    """Say whether two names are one, or one is how the other ends: `President Trump`, `Trump` and `Donald Trump`."""
    short, long = sorted((bare_name(one), bare_name(other)), key=len)
    return short == long or (one[:1].isupper() and other[:1].isupper() and long.endswith(f" {short}"))


def f1(right: int, told: int, marked: int) -> str:
    """Return F1 with precision and recall."""
    precision, recall = right / max(told, 1), right / max(marked, 1)
    return f"F1 {2 * right / max(told + marked, 1):.3f} ({precision:.2f}, {recall:.2f})"


if __name__ == "__main__":
    main()
