"""Near duplicates of what a system has learnt from, among what it is measured on."""

from pathlib import Path
from random import Random

import pytest

from rejoinder_training.data import near, read_data
from rejoinder_training.data.near import SHORT, NearQuotes, almost_repeats, words_of
from rejoinder_training.evaluation import unseen
from rejoinder_training.evaluation.unseen import check_unseen
from tests.training.test_unseen import recorded, system

SAID = "They stole all that we had saved in ten years for the old school by the harbour and lot {}"


def test_near_duplicates_are_those_of_checks() -> None:
    random = Random(0)
    words = [f"w{i}" for i in range(60)]
    others = [" ".join(random.choices(words, k=random.randint(3, 40))) for _ in range(300)]
    quotes = []
    for one in others[:150]:
        changed = one.split()
        for _ in range(random.randint(0, 3)):  # one word or two leave it near, where it is long enough
            changed[random.randrange(len(changed))] = "other"
        quotes.append(" ".join(changed))
    expected = {
        i
        for i, one in enumerate(quotes)
        if any(min(len(one.split()), len(other.split())) >= SHORT and almost_repeats(one, other) for other in others)
    }
    assert 30 < len(expected) < 130
    found = NearQuotes(quotes)
    assert found.among(words_of(others)) == expected
    assert found.among(words_of(others[200:])) == set()
    assert NearQuotes(["No.", "Never ever."]).among(words_of(others)) == set()


@pytest.mark.parametrize("middle", ["lot {} of", "lot of"])
def test_quotes_from_one_template_are_looked_up_too(middle: str) -> None:
    # All have nearly all their words in common, or all of them: comparing each with each took minutes.
    text = f"They stole all that we had saved for {middle} the old harbour in town"
    found = NearQuotes([text.format(i) for i in range(2000)]).among(
        words_of(text.format(i) for i in range(2000, 20_000))
    )
    assert len(found) == (0 if "{}" in middle else 2000)


def test_what_is_worded_almost_as_what_was_learnt_is_warned_of(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    said = [SAID.format(i) for i in range(4)]
    (tmp_path / "mine.csv").write_text("quote,acts\n" + "".join(f"{one},allegation\n" for one in said[:1]), "utf8")
    run = recorded(tmp_path / "run", [tmp_path / "mine.csv"])
    (tmp_path / "new.csv").write_text(
        f'quote,before,acts\n{said[1]},,allegation\n{said[0]},"Asked on Monday, she said: ",allegation\n'
        "Nobody has ever seen any of it at the old harbour,,other\n",
        "utf8",
    )
    check_unseen([run], read_data([tmp_path / "new.csv"])[0].to_list(), own=False)
    assert caplog.messages == [
        f"{run.name}: of 1 statements it has learnt the quote, with other text around it: figures may be too good",
        f"{run.name}: of 1 statements it has learnt a quote of almost the same words: figures may be too good (new:1)",
    ]
    caplog.clear()
    # Where it holds them out itself, the checks before training have told of them.
    check_unseen([run], read_data([tmp_path / "new.csv"])[0].to_list(), own=True)
    assert not caplog.messages


def test_runs_of_the_same_data_are_looked_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "mine.csv").write_text(f"quote,acts\n{SAID.format(1)},allegation\n", "utf8")
    runs = [recorded(tmp_path / f"seed-{seed}", [tmp_path / "mine.csv"], seed=seed) for seed in (1, 2, 3)]
    (tmp_path / "new.csv").write_text(f"quote,acts\n{SAID.format(2)},allegation\n", "utf8")
    looked: list[str] = []
    for module, name in ((NearQuotes, "_look"), (unseen, "read_rows"), (near, "words_of")):
        own = getattr(module, name)
        monkeypatch.setattr(module, name, lambda *a, _own=own, _name=name, **k: looked.append(_name) or _own(*a, **k))
    check_unseen([*runs, system("peer:scores")], read_data([tmp_path / "new.csv"])[0].to_list(), own=False)
    assert sorted(looked) == ["_look", "read_rows", "words_of"]
