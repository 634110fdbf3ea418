"""Near-duplicates of training statements among those that a system is evaluated on."""

from pathlib import Path
from random import Random

import pytest

from rejoinder_training.data import near, read_data
from rejoinder_training.data.near import SHORT, NearQuotes, is_near_duplicate, words_of
from rejoinder_training.evaluation import unseen
from rejoinder_training.evaluation.unseen import check_unseen
from tests.training.recorded_runs import recorded, system

SAID = "They stole all that we had saved in ten years for the old school by the harbour and lot {}"


def test_near_duplicates_match_a_comparison_of_all_pairs() -> None:
    random = Random(0)
    words = [f"w{i}" for i in range(60)]
    others = [" ".join(random.choices(words, k=random.randint(3, 40))) for _ in range(300)]
    quotes = []
    for quote in others[:150]:
        changed = quote.split()
        for _ in range(random.randint(0, 3)):  # a long enough quote stays near with one or two changed words
            changed[random.randrange(len(changed))] = "other"
        quotes.append(" ".join(changed))
    expected = {
        i
        for i, quote in enumerate(quotes)
        if any(
            min(len(quote.split()), len(other.split())) >= SHORT and is_near_duplicate(quote, other) for other in others
        )
    }
    assert 30 < len(expected) < 130
    found = NearQuotes(quotes)
    assert found.among(words_of(others)) == expected
    assert found.among(words_of(others[200:])) == set()
    assert NearQuotes(["No.", "Never ever."]).among(words_of(others)) == set()


@pytest.mark.parametrize("middle", ["lot {} of", "lot of"])
def test_many_quotes_from_one_template_are_compared(middle: str) -> None:
    # They share all or nearly all of their words: comparing every pair took minutes.
    text = f"They stole all that we had saved for {middle} the old harbour in town"
    found = NearQuotes([text.format(i) for i in range(2000)]).among(
        words_of(text.format(i) for i in range(2000, 20_000))
    )
    assert len(found) == (0 if "{}" in middle else 2000)


def test_near_duplicates_of_training_quotes_give_a_warning(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    quotes = [SAID.format(i) for i in range(4)]
    (tmp_path / "mine.csv").write_text(
        "quote,acts\n" + "".join(f"{quote},allegation\n" for quote in quotes[:1]), "utf8"
    )
    run = recorded(tmp_path / "run", [tmp_path / "mine.csv"])
    (tmp_path / "new.csv").write_text(
        f'quote,before,acts\n{quotes[1]},,allegation\n{quotes[0]},"Asked on Monday, she said: ",allegation\n'
        "Nobody has ever seen any of it at the old harbour,,other\n",
        "utf8",
    )
    check_unseen([run], read_data([tmp_path / "new.csv"])[0].to_list(), own=False)
    assert caplog.messages == [
        f"{run.name}: has learnt the quotes of 1 statements, with other text around them: figures may be too good",
        f"{run.name}: has learnt near-duplicates of 1 of the quotes: figures may be too good (new:1)",
    ]
    caplog.clear()
    # If the run itself holds them out, the checks before training have already reported them.
    check_unseen([run], read_data([tmp_path / "new.csv"])[0].to_list(), own=True)
    assert not caplog.messages


def test_data_shared_by_several_runs_are_compared_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "mine.csv").write_text(f"quote,acts\n{SAID.format(1)},allegation\n", "utf8")
    runs = [recorded(tmp_path / f"seed-{seed}", [tmp_path / "mine.csv"], seed=seed) for seed in (1, 2, 3)]
    (tmp_path / "new.csv").write_text(f"quote,acts\n{SAID.format(2)},allegation\n", "utf8")
    calls: list[str] = []
    for module, name in ((NearQuotes, "_look"), (unseen, "read_rows"), (near, "words_of")):
        own = getattr(module, name)
        monkeypatch.setattr(module, name, lambda *a, _own=own, _name=name, **k: calls.append(_name) or _own(*a, **k))
    check_unseen([*runs, system("peer:scores")], read_data([tmp_path / "new.csv"])[0].to_list(), own=False)
    assert sorted(calls) == ["_look", "read_rows", "words_of"]
