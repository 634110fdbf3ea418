"""Splits other than the data's own: folds, validation taken from the training rows, and shares of these."""

import json
from collections import Counter
from pathlib import Path

import pytest
from datasets import Dataset

from rejoinder import ACTS, InputError
from rejoinder_training import api
from rejoinder_training.choices import SPLITS
from rejoinder_training.config import Folds, load_config
from rejoinder_training.data import read_data
from rejoinder_training.data.checks import check_data
from rejoinder_training.data.splits import _covering, fold_split, share_of_train, size_warning, validation_split
from rejoinder_training.run_rows import choose_rows, size_doubts
from tests.conftest import CORPUS, lots_config

ROWS = read_data(CORPUS[:2])[0]
ROWS = ROWS.select(range(len(ROWS) - 500, len(ROWS)))


def test_folds_hold_out_every_statement_once_and_keep_groups_whole(capsys: pytest.CaptureFixture[str]) -> None:
    held_out: Counter[str] = Counter()
    for k in range(4):
        rows = fold_split(ROWS, folds=4, held_out=k, labels=ACTS)
        assert set(rows["id"]) == {*ROWS["id"]}
        groups = [{row["group"] for row in rows if row["split"] == split} for split in SPLITS]
        assert sum(map(len, groups)) == len(set[str]().union(*groups))
        assert not [error for error in check_data(rows).errors if "quotes in more than one split" in error]
        held_out.update(row["id"] for row in rows if row["split"] == "test")
        assert rows.features == ROWS.features
    assert held_out == Counter(ROWS["id"])
    assert capsys.readouterr().err == ""  # no progress bar of `datasets`


@pytest.mark.parametrize("quote", ["We have never sold a single reading to anybody.", "We never did."])
def test_groups_that_share_a_quote_stay_together(quote: str) -> None:
    row = ROWS[0] | {"quote": quote}  # a short quote counts as the same if its context is the same
    copies = [row | {"id": f"c{i}", "group": f"g{i}", "acts": ["denial"]} for i in range(6)]
    rows = Dataset.from_list([*ROWS, *copies], features=ROWS.features)
    for k in range(4):
        split = fold_split(rows, folds=4, held_out=k, labels=ACTS)
        assert len({one["split"] for one in split if one["id"] in {copy["id"] for copy in copies}}) == 1


def test_groups_that_share_a_near_duplicate_or_a_contrast_pair_stay_together() -> None:
    quote = "We have never sold a single reading of anybody to anybody in all the years since 1998"
    near = [ROWS[0] | {"id": f"n{i}", "group": f"n{i}", "quote": f"{quote}{' indeed' * (i % 2)}"} for i in range(6)]
    pairs = [
        ROWS[0] | {"id": f"p{i}", "group": f"p{i}", "quote": f"Lot {i} was sold", "contrast": f"p{i ^ 1}"}
        for i in range(40)
    ]
    rows = Dataset.from_list([*ROWS, *near, *pairs], features=ROWS.features)
    for k in range(4):
        split = {row["id"]: row["split"] for row in fold_split(rows, folds=4, held_out=k, labels=ACTS)}
        assert len({split[row["id"]] for row in near}) == 1
        assert all(split[row["id"]] == split[row["contrast"]] for row in pairs)


@pytest.mark.parametrize(("folds", "size", "share"), [(3, None, 0.2), (10, None, 1 / 9), (4, 0.3, 0.3)])
def test_folds_have_the_expected_shares_of_test_and_validation(folds: int, size: float | None, share: float) -> None:
    count = Counter(fold_split(ROWS, folds=folds, held_out=1, labels=ACTS, size=size)["split"])
    assert count["test"] / count.total() == pytest.approx(1 / folds, abs=0.03)
    assert count["validation"] / (count["train"] + count["validation"]) == pytest.approx(share, abs=0.06)


def test_a_fold_that_lacks_a_label_is_refused() -> None:
    few = [i for i, acts in enumerate(ROWS["acts"]) if "denial" not in acts]
    few.append(ROWS["acts"].index(["denial"]))
    with pytest.raises(InputError, match=r"part \d of 5 would hold no denial"):
        fold_split(ROWS.select(few), folds=5, held_out=2, labels=ACTS)
    with pytest.raises(InputError, match="600 parts need as many groups"):
        fold_split(ROWS, folds=600, held_out=0, labels=ACTS)
    with pytest.raises(ValueError, match="held_out counts from 0 to 4"):
        Folds(count=5, held_out=5)


def test_validation_and_training_contain_each_label() -> None:
    # A label that only two groups have; depending on the seed, the first parts contain it or lack it.
    plain = [row | {"acts": [], "split": "train"} for row in ROWS]
    first = plain[0]["group"]
    other = next(row["group"] for row in reversed(plain) if row["group"] != first)
    for row in plain:
        row["acts"] = ["denial"] if row["group"] in (first, other) else ["allegation"]
    rows = Dataset.from_list(plain, features=ROWS.features)
    for seed in range(8):
        split = validation_split(rows, 0.15, labels=["allegation", "denial"], seed=seed)
        held = [row for row in split if row["split"] == "validation"]
        assert {act for row in held for act in row["acts"]} == {"allegation", "denial"}
        assert any(row["acts"] == ["denial"] for row in split if row["split"] == "train")
        assert 0.05 < len(held) / len(ROWS) < 0.25


def test_the_chosen_parts_cover_every_label() -> None:
    rows = Dataset.from_dict({"acts": [["a"], ["a"], ["b"], ["b"], ["c"], ["c"], []]})
    parts = [2, 5, 6, 7, 0, 4, 1]
    taken = _covering(rows, parts, 3 / 7, ["a", "b", "c"])
    assert len(taken) == 3
    assert all(taken & places for places in ({2, 5}, {6, 7}, {0, 4}))


@pytest.mark.parametrize("sizes", [(12, 6), (12, 3, 3), (8, 6, 4)])
def test_most_of_a_rare_label_stays_for_training(sizes: tuple[int, ...]) -> None:
    rare = [*sizes, *[0] * (20 - len(sizes))]  # in parts of 20 statements
    rows = Dataset.from_dict({"acts": [["rare" if i < count else "x"] for count in rare for i in range(20)]})
    taken = _covering(rows, [k for k in range(20) for _ in range(20)], 0.15, ["x", "rare"])
    assert len(taken) == 3
    assert 0 < sum(rare[k] for k in taken) <= sum(sizes) / 2


def test_folds_replace_the_splits_and_use_the_validation_size(tmp_path: Path) -> None:
    config = load_config(lots_config(tmp_path, validation_size=0.3))
    folds = config.model_copy(update={"folds": Folds(count=4, seed=7)})
    options = {"labels": ACTS, "seed": 7, "size": 0.3}
    assert choose_rows(folds, ROWS)["split"] == fold_split(ROWS, folds=4, held_out=0, **options)["split"]
    with pytest.raises(InputError, match="validation_size"):
        choose_rows(config, ROWS)  # rows that already have a validation split


def test_a_smaller_share_is_part_of_a_larger_one() -> None:
    quarter, half = (share_of_train(ROWS, share, seed=3) for share in (0.25, 0.5))
    count = Counter(ROWS["split"])
    for share, part in ((0.25, quarter), (0.5, half)):
        assert Counter(part["split"])["validation"] == count["validation"]
        assert abs(Counter(part["split"])["train"] - share * count["train"]) < 10
    assert {*quarter["id"]} < {*half["id"]} < {*ROWS["id"]}
    assert {*half["id"]} != {*share_of_train(ROWS, 0.5, seed=4)["id"]}


def test_unlabelled_rows_do_not_change_the_split_of_labelled_rows() -> None:
    row = {"acts": None, "split": "train"}
    few = [ROWS[0] | {"id": f"l{i}", "quote": f"Ferry {i} sank", "group": f"l{i}", "split": "train"} for i in range(12)]
    few = [one | {"acts": [ACTS[i % 3]]} for i, one in enumerate(few)]
    more = [ROWS[0] | row | {"id": f"u{i}", "quote": f"Tide {i} rose", "group": f"u{i}"} for i in range(30)]
    alone, both = (
        validation_split(Dataset.from_list(rows, features=ROWS.features), 0.3, labels=ACTS)
        for rows in (few, few + more)
    )
    assert [*both["split"]][:12] == [*alone["split"]]
    assert {*both["split"]} == {"train", "validation"} > {*[*both["split"]][12:]}


@pytest.mark.parametrize("large", [60, 130])
def test_a_large_group_stays_for_training(large: int) -> None:
    sizes = [large, *[10] * 17]
    groups = [f"g{n}" for n, size in enumerate(sizes) for _ in range(size)]
    numbered = [ROWS[0] | {"id": f"{i}", "quote": f"Ferry {i} sank", "group": g} for i, g in enumerate(groups)]
    plain = [row | {"acts": [ACTS[i % 3]], "split": "train"} for i, row in enumerate(numbered)]
    split = validation_split(Dataset.from_list(plain, features=ROWS.features), 0.15, labels=ACTS)
    held_out = Counter(row["group"] for row in split if row["split"] == "validation")
    assert "g0" not in held_out
    assert held_out.total() == pytest.approx(0.15 * len(plain), abs=5)
    assert size_warning(0.15, split) is None


@pytest.mark.parametrize("count", [1, 4])
def test_a_validation_share_far_from_the_requested_one_gives_a_warning(tmp_path: Path, count: int) -> None:
    config, file = lots_config(tmp_path, validation_size=0.15), tmp_path / "lots.jsonl"
    rows = [json.loads(line) | {"split": "train"} for line in file.read_text("utf8").splitlines()]
    rows = [row | {"group": f"g{i // 4 % 2}" if count == 1 else f"g{i}"} for i, row in enumerate(rows)]
    file.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf8")
    warning = "warning: validation_size: 0.50 of the labelled statements, not 0.15: groups stay whole"
    assert any(line.startswith(warning) for line in api.check(config=config)[0].lines()) == (count == 1)


@pytest.mark.parametrize("large", [2, 40])
def test_folds_of_very_unequal_size_give_a_warning(tmp_path: Path, large: int) -> None:
    groups = [f"g{max(0, i - large)}" for i in range(48)]
    numbered = [ROWS[0] | {"id": f"{i}", "quote": f"Ferry {i} sank", "group": g} for i, g in enumerate(groups)]
    plain = [row | {"acts": [ACTS[i % 3]], "split": "train"} for i, row in enumerate(numbered)]
    rows = Dataset.from_list(plain, features=ROWS.features)
    config = load_config(lots_config(tmp_path)).model_copy(update={"folds": Folds(count=3)})
    held_out = [choose_rows(config.model_copy(update={"folds": Folds(count=3, held_out=k)}), rows) for k in range(3)]
    doubts = [line for rows_of_fold in held_out for line in size_doubts(config, rows_of_fold)]
    warning = "folds: 0.88 of the labelled statements, not 0.333: groups"
    assert any(line.startswith(warning) for line in doubts) == bool(doubts) == (large == 40)
