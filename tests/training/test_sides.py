"""Sides: the stored file that says whose side speaks, the tokens that it marks, and training that learns from them."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from datasets import Dataset
from safetensors.torch import load_file
from tokenizers import Tokenizer
from transformers import AutoModelForSequenceClassification

from rejoinder import Statement
from rejoinder.encoding import Encoder, EncodingConfig, encode
from rejoinder.errors import InputError
from rejoinder.model_folder import BUNDLED
from rejoinder_training import api
from rejoinder_training.config import ContextDropout
from rejoinder_training.data.readers import read_data
from rejoinder_training.data.schema import quote_hash, statement_of
from rejoinder_training.encoded import EncodedStatements, PaddingCollator
from rejoinder_training.sides import COLUMNS, PARTS, SIDES, UNKNOWN, SideHeads, Sides, read_sides, token_sides
from tests.conftest import ROOT, lots_config

HEAD = "\t".join(COLUMNS)
STORED = ROOT / "data/annotations/sides.tsv"
PAIRS = [ROOT / f"data/contrast/{name}.jsonl" for name in ("train", *(f"train-{n}" for n in range(2, 7)))]

BEFORE = "The union says the port hid two deaths. Marta Lind, who runs the port, was asked. "
STATEMENT = Statement("Both were reported", before=BEFORE, after=", Lind said of the union.")
NAME = BEFORE.index("Marta Lind") - len(BEFORE)
NAMED = [(NAME, NAME + len("Marta Lind")), (2, 6)]
KNOWN = Sides("accused", {"speaker": NAMED, "accuser": [(-len(BEFORE), 9 - len(BEFORE))], "accused": NAMED})


@pytest.fixture(scope="module")
def encoder() -> Encoder:
    return Encoder(Tokenizer.from_file(str(BUNDLED / "tokenizer.json")), EncodingConfig())


def marked_text(statement: Statement, sides: Sides, encoder: Encoder) -> dict[str, str]:
    """Return the text of the marked tokens of each part, as the encoder sees it."""
    ids = encoder([statement])[0].ids
    marks = token_sides(statement, sides, encoder, ids)
    assert marks is not None
    text = encode(statement, encoder.config)[0]
    offsets = encoder.tokenizer.encode(text).offsets
    return {
        part: "".join(text[slice(*offsets[i])] for i in np.flatnonzero(marks.parts[:, column]))
        for column, part in enumerate(PARTS)
    }


def test_tokens_of_mentions_before_and_after_the_quote_are_marked(encoder: Encoder) -> None:
    assert [KNOWN.words(part, STATEMENT) for part in PARTS] == [
        ["Marta Lind", "Lind"],
        ["The union"],
        ["Marta Lind", "Lind"],
    ]
    assert marked_text(STATEMENT, KNOWN, encoder) == {
        "speaker": "MartaLindLind",
        "accuser": "Theunion",
        "accused": "MartaLindLind",
    }
    marks = token_sides(STATEMENT, KNOWN, encoder, encoder([STATEMENT])[0].ids)
    assert marks is not None
    assert SIDES[marks.side] == "accused"
    accuser, accused = (marks.parts[:, PARTS.index(part)] == 1 for part in ("accuser", "accused"))
    assert (marks.same[accused] == 1).all()
    assert (marks.same[accuser] == 0).all()
    assert (marks.same[~(accuser | accused)] == UNKNOWN).all()


def test_with_less_context_only_the_remaining_mentions_are_named() -> None:
    for before in ("Marta Lind, who runs the port, was asked. ", "was asked. ", ""):
        names = ["Marta Lind"] * before.startswith("Marta") + ["Lind"]
        assert KNOWN.words("speaker", Statement("x", before=before, after=STATEMENT.after)) == names


def test_words_in_the_quote_and_parts_of_words_are_not_mentions(encoder: Encoder) -> None:
    statement = Statement("Lind knew", before="Lindgren met Lind. ", after=" Lind said")
    sides = Sides("none", {"speaker": [(-6, -2)], "accuser": [], "accused": []})
    assert marked_text(statement, sides, encoder) == {"speaker": "LindLind", "accuser": "", "accused": ""}


def test_a_statement_truncated_to_max_length_has_no_marks(encoder: Encoder) -> None:
    narrow = Encoder(Tokenizer.from_file(str(BUNDLED / "tokenizer.json")), EncodingConfig(max_length=16))
    assert token_sides(STATEMENT, KNOWN, narrow, narrow([STATEMENT])[0].ids) is None
    assert token_sides(STATEMENT, KNOWN, encoder, encoder([STATEMENT])[0].ids) is not None


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ("a\tx\tnobody\t\t\t", "row 1: .*a side of accused, accuser, neither, none.*'nobody' is not a side"),
        ("a\tx\tnone\t\t", r"row 1: needs 6 fields"),
        ("a\tx\tnone\t-3:2\t\t", "row 1: .*'-3:2' contains something other than spans"),
        ("a\tx\tnone\t\t\t\nb\tx\tnone\t5:5\t\t", "row 2: .*other than spans"),
        ("a\tx\tnone\tfive\t\t", "row 1: .*invalid literal"),
        ("a\tx\tnone\t\t\t\na\tx\taccused\t\t\t", "the id 'a' occurs twice"),
    ],
)
def test_an_invalid_row_is_refused_by_number(tmp_path: Path, rows: str, message: str) -> None:
    file = tmp_path / "sides.tsv"
    file.write_text(f"{HEAD}\n{rows}\n", "utf8")
    with pytest.raises(InputError, match=rf"sides\.tsv: {message}"):
        read_sides(file)


def test_an_invalid_file_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"none\.tsv: cannot be read \(No such file"):
        read_sides(tmp_path / "none.tsv")
    (tmp_path / "other.tsv").write_text("id\tacts\n", "utf8")
    with pytest.raises(InputError, match=r"other\.tsv: columns id, acts; expected id, quote_sha256, side"):
        read_sides(tmp_path / "other.tsv")
    (tmp_path / "old.tsv").write_text(f"{HEAD}\na\t{quote_hash('It rained.')}\tnone\t\t\t\n", "utf8")
    assert read_sides(tmp_path / "old.tsv", {"a": "It rained."})["a"].side == "none"
    with pytest.raises(InputError, match=r"old\.tsv: has sides of other quotes for 1 statements \(a\)"):
        read_sides(tmp_path / "old.tsv", {"a": "It snowed."})


def test_the_stored_sides_match_the_pairs_and_their_acts(encoder: Encoder) -> None:
    rows, _ = read_data(PAIRS)
    sides = read_sides(STORED, dict(zip(rows["id"], rows["quote"], strict=True)))
    known = [row for row in rows if row["id"] in sides]
    assert len(known) > 6000
    # A counter-accusation is made by the accused side.
    for row in known:
        if "counter_accusation" in row["acts"]:
            assert sides[row["id"]].side == "accused", row["id"]
    known = known[::3]  # finding the tokens that they mark takes longer
    shown = [statement_of(row) for row in known]
    marked = [
        token_sides(statement, sides[row["id"]], encoder, encoded.ids)
        for row, statement, encoded in zip(known, shown, encoder(shown), strict=True)
    ]
    speakers = [bool(tokens.parts[:, PARTS.index("speaker")].any()) for tokens in marked if tokens]
    assert len(speakers) > 0.99 * len(known)
    assert np.mean(speakers) > 0.97


def test_sides_are_given_only_with_the_full_text(encoder: Encoder) -> None:
    rows, _ = read_data(PAIRS[4:])
    rows, sides = rows.select(range(8)), read_sides(STORED)
    assert all(id in sides for id in rows["id"])

    def batch(dropout: ContextDropout | None) -> dict[str, torch.Tensor]:
        made = EncodedStatements(rows, [[0.0]] * 8, encoder, dropout=dropout, sides=sides)
        return PaddingCollator(pad_id=1)([made[i] for i in range(8)])

    whole = batch(None)
    assert whole["parts"].shape == (*whole["input_ids"].shape, len(PARTS))
    assert [SIDES[index] for index in whole["side"]] == [sides[id].side for id in rows["id"]]
    padding = whole["attention_mask"] == 0
    assert padding.any()
    assert (whole["parts"][padding] == UNKNOWN).all()
    assert (whole["same"][padding] == UNKNOWN).all()
    assert not {"parts", "same", "side"} & batch(ContextDropout(quote=1, attribution=0)).keys()


def test_a_speaker_of_another_statement_does_not_remove_sides(encoder: Encoder) -> None:
    sides = {"a": Sides("accuser", {"speaker": [(-4, -2)], "accuser": [], "accused": []})}
    row = {"quote": "They hid it.", "before": "He said: ", "after": "", "contrast": ""}

    def shown(speaker: str) -> int:
        rows = Dataset.from_list([row | {"id": "a", "speaker": ""}, row | {"id": "b", "speaker": speaker}])
        made = EncodedStatements(
            rows, [[0.0]] * 2, encoder, dropout=ContextDropout(quote=0, attribution=0), sides=sides
        )
        count = 0
        for epoch in range(8):
            made.set_epoch(epoch)
            count += made[0]["sides"] is not None
        return count

    assert shown("") == shown("The union") == 8


def test_side_heads_learn_parts_and_sides_from_states_that_encode_them() -> None:
    torch.manual_seed(1)
    parts = torch.randint(0, 2, (8, 6, len(PARTS)))
    same = torch.where(parts[..., 1:].any(-1), parts[..., 2], UNKNOWN)
    side = torch.randint(0, len(SIDES), (8,))
    states = torch.cat([parts.float(), torch.nn.functional.one_hot(side, len(SIDES))[:, None].expand(8, 6, -1)], -1)
    heads = SideHeads(states.shape[-1])
    optimizer = torch.optim.Adam(heads.parameters(), lr=0.1)
    losses = []
    for _ in range(400):
        optimizer.zero_grad()
        loss = heads.loss(states, parts, same, side)
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    assert losses[-1] < 0.05 < 2 < losses[0]
    unknown = heads.loss(states, *(torch.full_like(labels, UNKNOWN) for labels in (parts, same, side)))
    assert unknown.item() == 0
    half = parts.clone()
    half[4:] = UNKNOWN
    assert heads.loss(states, half, same, side).isfinite()


def test_a_run_learns_from_sides_and_saves_a_model_without_their_layers(tmp_path: Path) -> None:
    run, data = tmp_path / "run", []
    for file in (PAIRS[3], ROOT / "data/contrast/validation.jsonl"):
        data.append(tmp_path / file.name)
        data[-1].write_text("".join(file.read_text("utf8").splitlines(keepends=True)[:100]), "utf8")
    settings = {"data": [*map(str, data)], "num_train_epochs": 1, "eval_steps": 2}
    settings |= {"sides": {"file": str(STORED)}, "context_dropout": {"contrast": False}}
    config = lots_config(tmp_path, **settings)
    api.train(config, run)
    known = read_sides(STORED)
    count = sum(id in known for id in read_data(data[:1])[0]["id"])
    log = (run / "train.log").read_text("utf8")
    assert f"says whose side speaks in {count} training statements" in log
    assert count > 90
    _, loading = AutoModelForSequenceClassification.from_pretrained(run, output_loading_info=True)
    assert not loading["unexpected_keys"]
    assert not loading["missing_keys"]
    record = json.loads((run / "config.json").read_text("utf8"))["rejoinder"]["training"]
    assert record["sides_sha256"]
    _check_resuming(config, run)
    (tmp_path / "few.tsv").write_text(f"{HEAD}\n", "utf8")
    for name, message in (("few", "holds none of the training statements of this run"), ("nowhere", "no such file")):
        settings["sides"] = {"file": str(tmp_path / f"{name}.tsv")}
        with pytest.raises(InputError, match=rf"{name}\.tsv: {message}"):
            api.train(lots_config(tmp_path, **settings), tmp_path / name)


def _check_resuming(config: Path, run: Path) -> None:
    """Check that a killed run resumes with the learnt weights of its layers for sides."""
    *_, earlier, last = sorted(run.glob("checkpoint-*"), key=lambda path: int(path.name.split("-")[1]))
    uninterrupted, before = load_file(last / "model.safetensors"), load_file(earlier / "model.safetensors")
    for layer in ("parts", "same", "side"):  # weights that no loss reaches would stay the same
        assert not torch.equal(uninterrupted[f"sides.{layer}.weight"], before[f"sides.{layer}.weight"]), layer
    (run / "model.safetensors").unlink()
    (last / "trainer_state.json").write_text("", "utf8")  # as if killed while writing this
    api.train(config, run, resume=True)
    assert f"resuming from {earlier}\n" in (run / "train.log").read_text("utf8")
    for name, weights in load_file(last / "model.safetensors").items():
        torch.testing.assert_close(weights, uninterrupted[name], atol=1e-5, rtol=1e-4)
