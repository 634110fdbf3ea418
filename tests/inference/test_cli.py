"""The real `rejoinder` command in its own process: its output, and its messages about bad input."""

import json
import os
import shutil
from pathlib import Path

import onnxruntime
import pytest

from rejoinder.cli.app import app, run
from rejoinder.errors import RejoinderError
from rejoinder.model_folder import BUNDLED
from rejoinder.version import __version__
from tests.conftest import ROOT, SHARED, Command, error_line


def test_version(rejoinder: Command) -> None:
    assert rejoinder("--version").stdout == f"rejoinder {__version__}\n"


def test_info_names_model_and_engines(rejoinder: Command) -> None:
    out = rejoinder("info").stdout
    assert "onnxruntime" in out
    assert "counter_accusation from 0." in out
    for text in (str(BUNDLED), "speakers-", f"onnxruntime {onnxruntime.__version__}", "tokenizers ", "threads: "):
        assert text in out
    extras = out.partition("\nextras")[2]
    assert all(name in extras for name in ("openvino", "parquet", "zstd", "ray", "spark", "web", "serve", "train"))


ARTICLE = """Norvik Utilities sold the readings of its customers, a report says.

“Norvik Utilities sold the daily routine of every household in this city,” said Ingrid Solheim, who wrote the report.

“No reading has left our servers, and nobody was ever spied on,” said Tomas Reinholt, a spokesman of Norvik Utilities.
“This so-called report is paid for by the very company that lost the contract.”
"""


def test_read_prints_speakers_acts_targets_and_answers(rejoinder: Command) -> None:
    done = rejoinder("read", "-", input=ARTICLE)
    assert done.returncode == 0, done.stderr
    for text in (
        "Ingrid Solheim",
        "allegation",
        "against Norvik Utilities",
        "Tomas Reinholt",
        "denial",
        "counter-accusation",
        "answers 2",
    ):
        assert text in done.stdout


def test_the_quote_column_gets_most_of_the_width(rejoinder: Command, tmp_path: Path) -> None:
    name = "Maria Ingrid Solheim de la Vega y Reinholt"
    (tmp_path / "article.txt").write_text(f"“{'They stole it, ' * 9}all of it,” said {name}, 41.", "utf8")
    done = rejoinder("read", tmp_path / "article.txt", env={**os.environ, "COLUMNS": "80", "PYTHONUTF8": "1"})
    assert name.split()[0] in done.stdout
    _, _, speaker, quote, act, _ = (len(cell) for cell in done.stdout.splitlines()[1].split("┃"))
    assert quote > speaker + act


def test_read_from_standard_input(rejoinder_tiny: Command) -> None:
    done = rejoinder_tiny("read", "-", "--json", input="“It is a lie,” said Ana Melo.")
    [statement] = json.loads(done.stdout)["statements"]
    assert (statement["quote"], statement["speaker"]) == ("It is a lie,", "Ana Melo")


def test_an_article_without_quotes(rejoinder_tiny: Command) -> None:
    done = rejoinder_tiny("read", "-", input="Nobody said a word.")
    assert (done.returncode, done.stdout) == (0, "No statements found.\n")


@pytest.mark.skipif(
    not [*SHARED.glob("seed/*.txt")], reason="the article that the project was born from is not here (../shared/seed)"
)
def test_the_seed_article_is_labelled_as_expected(rejoinder: Command) -> None:
    [article] = (SHARED / "seed").glob("*.txt")
    statements = json.loads(rejoinder("read", article, "--json").stdout)["statements"]
    company = [
        statement
        for statement in statements
        if statement["quote"].startswith(("Hikvision, like", "Not now, and not ever"))
    ]
    ministry = [statement for statement in statements if statement["quote"].startswith("unfairly targets")]
    assert [statement["label"] for statement in company] == ["denial", "denial"]
    # It appears below the title and in the text: the first comes before the charge, and is labelled like the second.
    assert [statement["label"] for statement in ministry] == ["counter_accusation", "counter_accusation"]
    assert {statement["speaker"] for statement in ministry} == {"Chinese Foreign Ministry"}


def test_label_a_pipe_of_json_lines(rejoinder_tiny: Command) -> None:
    done = rejoinder_tiny("label", "-", "-o", "-", input='{"quote": "It is false."}\n{"quote": ""}\n')
    assert done.returncode == 1  # one of two rows failed
    first, second = map(json.loads, done.stdout.splitlines())
    assert first["label"]
    assert second["error"] == "quote: empty"
    assert "row 2: quote: empty" in done.stderr
    assert "2 rows" in done.stderr


def test_invalid_json_lines_keep_their_place_in_the_output(rejoinder_tiny: Command, tmp_path: Path) -> None:
    done = rejoinder_tiny("label", "-", "-o", "-", input='{"quote": \n{"quote": "It is false."}\n')
    assert done.returncode == 1
    first, second = map(json.loads, done.stdout.splitlines())
    assert (first["raw"], first["label"]) == ('{"quote": ', None)
    assert second["label"]
    assert "rejoinder: -: row 1: not JSON" in done.stderr
    (tmp_path / "broken.jsonl").write_text("{\n[\n", "utf8")
    all_broken = rejoinder_tiny("label", tmp_path / "broken.jsonl", "-o", "-")
    assert (all_broken.returncode, len(all_broken.stdout.splitlines())) == (1, 2)


def test_a_text_in_another_encoding_is_readable_after_the_suggested_conversion(
    rejoinder_tiny: Command, tmp_path: Path
) -> None:
    for encoding, name in (("cp1252", "windows-1252"), ("utf-16", "utf-16")):
        (tmp_path / "article.txt").write_bytes("“It is a lie,” said Ana Melo.".encode(encoding))
        assert f"iconv -f {name} -t utf-8" in error_line(rejoinder_tiny("read", tmp_path / "article.txt"))
    converted = (tmp_path / "article.txt").read_bytes().decode("utf-16")
    assert "It is a lie" in rejoinder_tiny("read", "-", input=converted).stdout


def test_label_with_another_model_and_thresholds(rejoinder_tiny: Command) -> None:
    arguments = ("label", "-", "-o", "-", "--threshold", "0")
    done = rejoinder_tiny(*arguments, input='{"quote": "It is false."}\n')
    row = json.loads(done.stdout)
    assert set(row["acts"]) == {"allegation", "denial", "counter_accusation"}
    assert row["model"].startswith("smoke-")


def test_label_abstains_and_takes_another_prior(rejoinder_tiny: Command) -> None:
    quotes = '{"quote": "It is false."}\n{"quote": "Rain is expected on Monday."}\n'
    plain = [json.loads(line) for line in rejoinder_tiny("label", "-", "-o", "-", input=quotes).stdout.splitlines()]
    surest = max(row["score"] for row in plain)
    done = rejoinder_tiny("label", "-", "-o", "-", "--min-score", surest, input=quotes)
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    assert [row["label"] for row in rows] == [row["label"] if row["score"] == surest else None for row in plain]
    assert [row["score"] for row in rows] == [row["score"] for row in plain]
    assert "1 not sure enough; 0 failed" in done.stderr
    assert done.returncode == 0
    rare = rejoinder_tiny("label", "-", "-o", "-", "--prior", "denial=0.001", input=quotes).stdout
    for row, before in zip(map(json.loads, rare.splitlines()), plain, strict=True):
        assert row["scores"]["denial"] < before["scores"]["denial"]
        assert row["scores"]["allegation"] == pytest.approx(before["scores"]["allegation"], abs=1e-4)


def test_unusable_input_gets_one_line_and_exit_code_2(
    rejoinder_tiny: Command, smoke_model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "empty.csv").write_bytes(b"")
    (tmp_path / "blank.csv").write_bytes(b"\n\n")
    (tmp_path / "empty.txt").write_bytes(b"")
    (tmp_path / "latin1.csv").write_bytes("quote,café\nNo.,a\n".encode("latin1"))
    (tmp_path / "latin1.txt").write_bytes('"café," he said'.encode("latin1"))
    (tmp_path / "columns.csv").write_text("text,author\na,b\n", "utf8")
    (tmp_path / "twice.csv").write_text("quote,quote\na,b\n", "utf8")
    (tmp_path / "table.xlsx").write_bytes(b"PK")
    (tmp_path / "rows.json").write_text('{"text": "It is false."}\n', "utf8")
    (tmp_path / "rows.jsonl").write_text('{"quote": "It is false."}\n', "utf8")
    (tmp_path / "not.parquet").write_bytes(b"PAR0")
    (tmp_path / "wide.csv").write_text(",".join(f"c{n}" for n in range(500)) + "\n", "utf8")
    (tmp_path / "list.json").write_text('[{"quote": "No."}]', "utf8")
    (tmp_path / "s").mkdir()
    (tmp_path / "s/a.jsonl").write_text('{"quote": "It is false."}\n', "utf8")
    (tmp_path / "semicolons.csv").write_text("id;quote\n1;No.\n", "utf8")
    out, twice = tmp_path / "out.jsonl", ("--threshold", "denial=0.5", "--threshold")
    cases = {
        ("label", tmp_path / "missing.jsonl", "-o", out): "missing.jsonl: no such file",
        ("label", tmp_path, "-o", out): "out.jsonl: several inputs are written into a folder; name one",
        ("label", tmp_path / "s/*.jsonl", "-o", out): "out.jsonl: what a list, a folder or a pattern names is written "
        f"into a folder; name one, or give the file itself as the input ({tmp_path / 's/a.jsonl'})",
        ("label", "s3://bucket/rows.jsonl", "-o", out): "s3://bucket/rows.jsonl: is a URL",
        ("label", tmp_path / "rows.jsonl", "-o", "s3://bucket/out.jsonl"): "s3://bucket/out.jsonl: is a URL",
        ("label", tmp_path / "no*.csv", "-o", tmp_path / "d"): "no JSONL, CSV, TSV or Parquet file matches",
        ("label", tmp_path / "empty.csv", "-o", out): "empty.csv: the file is empty",
        ("label", tmp_path / "blank.csv", "-o", out): "blank.csv: the file is empty",
        ("label", tmp_path / "latin1.csv", "-o", out): "latin1.csv: line 1 is not UTF-8",
        ("label", tmp_path / "wide.csv", "-o", out): "it has c0, c1, c2, c3, c4, c5, c6, c7, c8, c9, c10, c11, c12, "
        "c13, c14, c15, c16, c17, c18, c19 and 480 more. Name",
        (
            "label",
            tmp_path / "list.json",
            "-o",
            out,
        ): "list.json: contains no JSON lines; put each object on its own line",
        ("label", tmp_path / "columns.csv", "-o", out): "columns.csv: no column quote; it has text, author",
        ("label", tmp_path / "twice.csv", "-o", out): "two columns have the same name: 'quote'",
        ("label", tmp_path / "table.xlsx", "-o", out): "the extension .xlsx is not a known format; save it as "
        "one of .jsonl, .csv, .tsv, .parquet, or name the format (--format, or `input_format`)",
        ("label", tmp_path / "rows.jsonl", "-o", tmp_path / "out"): "out: its name has no format extension",
        ("label", tmp_path / "not.parquet", "-o", out): "not.parquet: cannot be read",
        (
            "label",
            tmp_path / "rows.jsonl",
            "-o",
            out,
            "--quote",
            "",
        ): "columns: quote: is empty, but must be",
        (
            "label",
            tmp_path / "rows.jsonl",
            "-o",
            out,
            "--id",
            "nope",
        ): "quote. Name the columns (`columns`, or --quote, --before, --after, --speaker and --id)",
        ("label", tmp_path / "rows.jsonl", "-o", out, "--summary", ""): "--summary: is empty; name a file",
        ("label", tmp_path / "rows.jsonl", "-o", out, "--summary", "s.gz"): "plain JSON; name it without .gz",
        ("label", tmp_path / "semicolons.csv", "-o", out): "it has id;quote. CSV fields are separated by commas, "
        "TSV fields by tabs: save it with commas",
        ("label", tmp_path / "rows.jsonl", "-o", tmp_path / "nowhere" / "out.jsonl"): "cannot be written",
        ("label", tmp_path / "rows.jsonl", "-o", tmp_path / "out.doc"): "(--output-format, or `output_format`)",
        ("label", tmp_path / "rows.jsonl", "-o", out, "--threshold", "high"): "--threshold high",
        ("label", tmp_path / "rows.jsonl", "-o", out, *twice, "denial=0.6"): "--threshold: denial is given twice",
        (
            "label",
            tmp_path / "rows.jsonl",
            "-o",
            out,
            *twice,
            "0.6",
        ): "--threshold 0.6: is for all acts, so give it alone",
        ("label", tmp_path / "rows.jsonl", "-o", out, "--threshold", "insult=0.5"): "no act named insult",
        ("label", tmp_path / "rows.jsonl", "-o", out, "--prior", "0.1"): "--prior 0.1: write label=number",
        ("label", tmp_path / "rows.jsonl", "-o", out, "--prior", "denial=2"): "each must be a share",
        ("label", tmp_path / "rows.jsonl", "-o", out, "--min-score", "-1"): "min_score: -1.0",
        ("label", tmp_path / "rows.jsonl", "-o", out, "--model", tmp_path / "nothing"): "no such model folder",
        ("label", tmp_path / "rows.jsonl", "-o", out, "--errors", ""): "errors: is empty; name a file",
        ("label", tmp_path / "rows.jsonl", "-o", "-", "--errors", "-"): "errors: - is the output",
        (
            "label",
            tmp_path / "rows.jsonl",
            "-o",
            out,
            "--errors",
            "b.csv.gz",
        ): "b.csv.gz: holds JSON lines; name another",
        ("label", tmp_path / "s", "-o", tmp_path / "t", "--summary", tmp_path / "s/a.jsonl"): "already used by this",
        ("label", tmp_path / "s", "-o", tmp_path / "t", "--summary", tmp_path / "t/b.jsonl"): "already used by this",
        ("label", tmp_path / "rows.jsonl", "-o", out, "--summary", out / "sum.json"): "cannot be written (no such",
        ("read", tmp_path / "missing.txt"): "missing.txt: no such file",
        ("read", "https://example.org/news?id=3"): "id=3: is a URL, and only files on this machine are",
        ("read", "http://example.org/news.html", "-o", out): "news.html: is a URL, and only files on this machine",
        ("read", tmp_path): "to read many articles, name an output (-o OUT.jsonl)",
        ("read", tmp_path / "rows.json"): "to read many articles, name an output (-o OUT.jsonl)",
        ("read", tmp_path / "rows.jsonl"): "to read many articles, name an output (-o OUT.jsonl)",
        ("read", "data/demo.txt", "data/demo.txt"): "to read many articles, name an output (-o OUT.jsonl)",
        ("read", "data/demo.txt", "--part-rows", "5"): "--part-rows: is for many articles; name an output too",
        ("read", "data/demo.txt", "--json", "-o", out): "--json: is for printing one article",
        ("read", tmp_path / "empty.txt"): "the article is empty",
        ("read", tmp_path / "latin1.txt"): "latin1.txt: not UTF-8",
    }
    monkeypatch.chdir(ROOT)
    for (name, *arguments), message in cases.items():
        with pytest.raises(RejoinderError) as refused:
            app([name, "--model", str(smoke_model), *map(str, arguments)], standalone_mode=False)
        assert message in str(refused.value), arguments
        assert "\n" not in str(refused.value), arguments
        assert not out.exists(), arguments
    for command in (("label", "rows.jsonl", "-o", out, "--id", "nope"), ("read", "./rows.jsonl")):
        done = rejoinder_tiny(*command, cwd=tmp_path)
        assert error_line(done).startswith("rejoinder: ")
        assert done.returncode == 2
        assert not out.exists()


def test_running_out_of_memory_is_reported_in_one_line(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("signal.signal", lambda *_: None)

    def command() -> None:
        raise MemoryError

    with pytest.raises(SystemExit) as ended:
        run(command)
    assert ended.value.code == 2
    assert capsys.readouterr().err == (
        "rejoinder: out of memory; give it more, or use fewer --workers or smaller --part-rows\n"
    )
    with pytest.raises(SystemExit):
        run(command, name="rejoinder-train", less_memory="a smaller per_device_train_batch_size")
    assert capsys.readouterr().err == (
        "rejoinder-train: out of memory; give it more, or use a smaller per_device_train_batch_size\n"
    )


def test_a_quote_of_a_million_characters(rejoinder_tiny: Command) -> None:
    done = rejoinder_tiny("label", "-", "-o", "-", input=json.dumps({"quote": "they lied " * 100_000}) + "\n")
    assert done.returncode == 0
    assert json.loads(done.stdout)["truncated"] is True


def test_an_article_of_a_quarter_of_a_million_characters(rejoinder_tiny: Command) -> None:
    done = rejoinder_tiny(
        "read", "-", "--json", input="Nothing to see, he said. " * 10_000 + "“It is a lie,” said Ana Melo."
    )
    assert [statement["speaker"] for statement in json.loads(done.stdout)["statements"]] == ["Ana Melo"]


def test_control_and_bidirectional_characters(rejoinder_tiny: Command) -> None:
    quote = "It \u202eis\u202c a\x00 \x1b[31mlie\x07"
    done = rejoinder_tiny("label", "-", "-o", "-", input=json.dumps({"quote": quote}) + "\n")
    assert done.returncode == 0
    assert json.loads(done.stdout)["quote"] == quote
    read = rejoinder_tiny("read", "-", input=f"“{quote}, he knew,” said Ana\x1b[2J Melo.")
    assert read.returncode == 0
    assert not set("\x1b\x07\x00\u202e") & set(read.stdout)


@pytest.mark.parametrize("name", ["model.onnx", "config.json"])
def test_a_corrupted_or_missing_model_file(rejoinder: Command, tmp_path: Path, smoke_model: Path, name: str) -> None:
    model = shutil.copytree(smoke_model, tmp_path / "model")
    (model / name).write_bytes((model / name).read_bytes()[:-10])
    assert f"{name}: damaged" in error_line(rejoinder("info", "--model", model))
    (model / name).unlink()
    done = rejoinder("info", "--model", model)
    assert f"{name}: missing" in error_line(done)
    assert done.returncode == 2
