"""read_file: many articles in, their statements out."""

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from rejoinder import InputError, StatementClassifier, read, read_file
from rejoinder.article import read_all
from rejoinder.article.indirect.indirect import find_indirect
from tests.conftest import Command, error_line
from tests.files import read_csv, read_jsonl, write_csv, write_jsonl

TEXTS = [
    "The mill, accused of dumping waste, answered. “We never dumped anything,” said Ana Melo.",
    "Nobody said a word.",
    " ",
    "“They stole the money,” said Jo Brandt. Melo replied: “That is a lie, and Mr Brandt is paid for it.”",
]
LONGER = f"{TEXTS[0]}\n\n{TEXTS[3]}\n\nThe mill denied wrongdoing, and the union accused it of fraud."
ROWS: list[dict[str, Any]] = [{"id": f"a{i}", "text": text, "year": 2020 + i} for i, text in enumerate(TEXTS)]


def write_texts(folder: Path, articles: int = 23) -> Path:
    """Write articles as text files, every fifth of them (from the first on) not in UTF-8."""
    folder.mkdir()
    for i in range(articles):
        text = f"The mill answered.\n\n“We never dumped load {i},” said Ana Melo. “It is a lie,” said Jo Lund."
        (folder / f"{i:04d}.txt").write_bytes(text.encode("utf8" if i % 5 else "cp1252"))
    return folder


def arguments(source: Path, output: Path, model: Path, *more: str) -> list[str]:
    return [
        *("read", str(source), "-o", str(output), "--model", str(model), "--part-rows", "4", "--threads", "1"),
        *("--errors", f"{output}.errors.jsonl", *more),
    ]


def test_a_folder_of_texts_becomes_json_lines(tmp_path: Path, tiny: StatementClassifier) -> None:
    news = tmp_path / "news"
    news.mkdir()
    (news / "a.txt").write_text("\ufeff" + LONGER, "utf8")
    (news / "b.txt").write_text(" \n", "utf8")
    (news / "c.TXT").write_bytes("“It is a lie,” said Ana Melo.".encode("cp1252"))
    (news / "d.txt").write_text(TEXTS[3], "utf8")
    (news / ".hidden.txt").write_text(TEXTS[0], "utf8")
    (news / "notes.csv").write_text("no,article\n1,2\n", "utf8")
    summary = read_file(news, tmp_path / "out.jsonl", classifier=tiny)
    rows = read_jsonl(tmp_path / "out.jsonl")
    assert [row["file"] for row in rows] == [str(news / name) for name in ("a.txt", "b.txt", "c.TXT", "d.txt")]
    assert [row["text"] for row in rows if not row["error"]] == [LONGER, TEXTS[3]]
    for row in (rows[0], rows[3]):
        wanted = read(row["text"], classifier=tiny).to_dict()["statements"]
        assert without_scores(row["statements"]) == without_scores(wanted)
        for statement, expected in zip(row["statements"], wanted, strict=True):  # scores vary with the batch
            assert statement["scores"] == pytest.approx(expected["scores"], abs=1e-4)
    assert rows[1] == {"file": str(news / "b.txt"), "statements": None, "error": "the article is empty"}
    assert "not UTF-8 (byte 0); convert the file first (iconv -f windows-1252" in rows[2]["error"]
    assert (summary.rows, summary.failures, sum(summary.labels.values())) == (4, 2, 5 + 2)
    assert summary.failed[0] == f"{news / 'b.txt'}: the article is empty"


@pytest.mark.parametrize(
    "data",
    [
        b"%PDF-1.7\n%\xe2\xe3",
        gzip.compress(b"It is a lie.", mtime=0),
        "It is a lie, “said” Melo.".encode("utf-16-le"),
        b"PK\3\4\0",
    ],
)
def test_files_that_are_not_plain_text_are_refused(tmp_path: Path, data: bytes, rejoinder_tiny: Command) -> None:
    (tmp_path / "a.txt").write_bytes(data)
    done = rejoinder_tiny("read", tmp_path / "a.txt")
    assert done.returncode == 2
    assert error_line(done) == f"rejoinder: {tmp_path / 'a.txt'}: is not plain text; save its text as .txt in UTF-8"


def without_scores(statements: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{name: value for name, value in statement.items() if "score" not in name} for statement in statements]


def test_statements_of_many_articles_are_labelled_together(tiny: StatementClassifier) -> None:
    calls = []

    def predict(statements: list[Any]) -> list[Any]:
        calls.append(len(statements))
        return tiny.predict(statements)

    articles = read_all([*TEXTS, LONGER], predict=predict)
    assert calls == [1 + 2 + 5]
    assert [len(article.statements) for article in articles] == [1, 0, 0, 2, 5]
    assert [article.text for article in articles] == [*TEXTS, LONGER]
    assert read_all([], predict=predict) == []


@pytest.mark.parametrize("suffix", ["jsonl", "csv", "jsonl.gz", "parquet"])
def test_tables_keep_their_fields(tmp_path: Path, tiny: StatementClassifier, suffix: str) -> None:
    source = tmp_path / f"in.{suffix}"
    rows = [{"body": row["text"], **{name: row[name] for name in ("id", "year")}} for row in ROWS]
    if suffix == "csv":
        write_csv(source, rows)
        rows = [{name: str(value) for name, value in row.items()} for row in rows]
    elif suffix == "parquet":
        parquet = pytest.importorskip("pyarrow.parquet", reason="the extra parquet is not installed")
        import pyarrow

        parquet.write_table(pyarrow.Table.from_pylist(rows), source)
    else:
        plain = write_jsonl(tmp_path / "plain.jsonl", rows)
        source.write_bytes(gzip.compress(plain.read_bytes()) if suffix.endswith("gz") else plain.read_bytes())
    summary = read_file(source, tmp_path / "out.jsonl", classifier=tiny, columns={"text": "body"})
    made = read_jsonl(tmp_path / "out.jsonl")
    assert [{name: row[name] for name in rows[0]} for row in made] == rows
    assert all(row.keys() == rows[0].keys() | {"statements", "error"} for row in made)
    assert [row["statements"] and len(row["statements"]) for row in made] == [1, [], None, 2]
    assert made[2]["error"] == "body: empty"
    assert summary.failed == (f"{source}: row 3 (id a2): body: empty",)


def test_rows_without_an_article_fail_with_a_reason(tmp_path: Path, tiny: StatementClassifier) -> None:
    broken = '{"text": 7}\n{"no": "text"}\nbroken\n{"text": "<!DOCTYPE html><p>No.</p>"}\n{"text": "“No,” he said."}\n'
    broken += '{"text": "https://news.example/annex.pdf"}\n'
    (tmp_path / "in.jsonl").write_text(broken, "utf8")
    summary = read_file(tmp_path / "in.jsonl", tmp_path / "out.jsonl", classifier=tiny)
    made = read_jsonl(tmp_path / "out.jsonl")
    assert [(row["error"] or "").partition(";")[0].partition(" (")[0] for row in made] == [
        "text: int, not text",
        "text: missing",
        "not JSON",
        "text: is a web page",
        "",
        "text: is the name of a file, not its text",
    ]
    assert (made[2]["raw"], summary.failures) == ("broken", 5)


def test_shards_go_into_a_folder(tmp_path: Path, tiny: StatementClassifier) -> None:
    (tmp_path / "in").mkdir()
    write_jsonl(tmp_path / "in/a.jsonl", ROWS)
    write_csv(tmp_path / "in/b.csv", ROWS[:2])
    summary = read_file(tmp_path / "in", tmp_path / "out", classifier=tiny)
    names = sorted(file.name for file in (tmp_path / "out").iterdir())
    assert names == [".a.jsonl.manifest.json", ".b.jsonl.manifest.json", "a.jsonl", "b.jsonl"]
    assert (summary.rows, summary.reused) == (6, 0)
    assert read_file(tmp_path / "in", tmp_path / "out", classifier=tiny).reused == 6
    files = (tmp_path / "in").glob("*")  # an iterator
    assert read_file(files, tmp_path / "out", classifier=tiny).reused == 6


@pytest.mark.parametrize("min_score", [0.0, 0.5, 0.99])
def test_scores_and_labels_are_those_of_read_whatever_the_verb_says(
    tmp_path: Path, classifier: StatementClassifier, min_score: float
) -> None:
    text = "Norvik denied that it sold the data. It accused Melo of lying about the sale. He denied selling anything."
    (tmp_path / "a.txt").write_text(text, "utf8")
    rare = classifier.with_prior({"denial": 0.0005})  # so that the verb names another act than the likeliest
    read_file(tmp_path / "a.txt", tmp_path / "out.jsonl", classifier=rare, thresholds=0.0, min_score=min_score)
    article = read(text, classifier=rare, thresholds=0.0, min_score=min_score)
    [row] = read_jsonl(tmp_path / "out.jsonl")
    assert row["statements"] == json.loads(json.dumps(article.to_dict()["statements"]))


@pytest.mark.parametrize("suffix", ["jsonl", "csv", "tsv.gz", "parquet"])
def test_flat_output_has_one_row_per_statement(tmp_path: Path, tiny: StatementClassifier, suffix: str) -> None:
    source, target = write_jsonl(tmp_path / "in.jsonl", ROWS), tmp_path / f"out.{suffix}"
    summary = read_file(source, target, classifier=tiny, flat=True, part_rows=2)
    if suffix == "jsonl":
        made = read_jsonl(target)
    elif suffix == "parquet":
        made = pytest.importorskip("pyarrow.parquet").read_table(target).to_pylist()
    else:
        if suffix.endswith("gz"):
            (tmp_path / "out").write_bytes(gzip.decompress(target.read_bytes()))
            target = tmp_path / "out"
        made = read_csv(target, "\t" if suffix.startswith("tsv") else ",")
    assert [row["article"] for row in made] == ["a0", "a2", "a3", "a3"]
    assert [row["error"] or None for row in made] == [None, "text: empty", None, None]
    assert [row.get("id") or None for row in made] == ["s1", None, "s1", "s2"]
    assert (summary.rows, summary.failures, sum(summary.labels.values())) == (4, 1, 3)
    statement = read(TEXTS[0], classifier=tiny).statements[0].to_dict()
    if suffix != "jsonl":
        columns = {"article", "error", *statement} - {"scores"} | {f"score_{act}" for act in tiny.acts}
        assert made[0].keys() == columns | {"target_span", "target_score", "answers_span", "answers_score"}
        assert json.loads(made[0]["spans"]) == [list(span) for span in statement["spans"]]
        assert made[0]["acts"] == "|".join(statement["acts"])
    assert made[0]["quote"] == statement["quote"]
    assert made[0]["speaker"] == "Ana Melo"


def test_flat_rows_identify_articles_without_an_id_by_row_number_or_file(
    tmp_path: Path, tiny: StatementClassifier
) -> None:
    write_texts(tmp_path / "news", 2)
    write_csv(tmp_path / "in.csv", [{"text": text} for text in TEXTS])
    read_file(tmp_path / "in.csv", tmp_path / "out.csv", classifier=tiny, flat=True)
    assert [row["article"] for row in read_csv(tmp_path / "out.csv")] == ["row 1", "row 3", "row 4", "row 4"]
    read_file(tmp_path / "news", tmp_path / "out.csv", classifier=tiny, flat=True)
    names = [f"{tmp_path}/news/0000.txt", *[f"{tmp_path}/news/0001.txt"] * 2]
    assert [row["article"] for row in read_csv(tmp_path / "out.csv")] == names


@pytest.mark.parametrize("flat", [False, True])
def test_an_article_on_which_the_rules_crash_is_a_failed_row(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, tiny: StatementClassifier, flat: bool
) -> None:
    def find(text: str, quoted: Any, starts: Any, *more: Any) -> Any:
        if text == TEXTS[0]:
            raise IndexError(text)
        return find_indirect(text, quoted, starts, *more)

    monkeypatch.setattr("rejoinder.article.reading.find_indirect", find)
    write_jsonl(tmp_path / "in.jsonl", ROWS)
    summary = read_file(tmp_path / "in.jsonl", tmp_path / "out.jsonl", classifier=tiny, flat=flat, workers=1)
    made = {row.get("article", row.get("id")): row for row in read_jsonl(tmp_path / "out.jsonl")}
    assert made["a0"]["error"].startswith("the rules fail on this article (IndexError, test_read_file.py line ")
    assert TEXTS[0] not in made["a0"]["error"]
    assert made["a3"]["error"] is None
    assert (summary.failures, summary.rows) == (2, 4)


def test_an_error_in_the_model_ends_the_job(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, tiny: StatementClassifier
) -> None:
    def predict(*_: Any, **options: Any) -> Any:
        raise RuntimeError("no such kernel")

    monkeypatch.setattr(StatementClassifier, "predict", predict)
    write_jsonl(tmp_path / "in.jsonl", ROWS)
    with pytest.raises(RuntimeError, match="no such kernel"):
        read_file(tmp_path / "in.jsonl", tmp_path / "out.jsonl", classifier=tiny, workers=1)


def test_options_of_the_read_command_take_effect(tmp_path: Path, rejoinder_tiny: Command) -> None:
    source = write_jsonl(tmp_path / "in.jsonl", [{"key": 1, "body": TEXTS[0]}, {"key": 2, "body": ""}])
    paths = ("-o", tmp_path / "out.jsonl", "--errors", tmp_path / "bad.jsonl", "--summary", tmp_path / "sum.json")
    options = ("--text", "body", "--id", "key", "--prefix", "my_", "--threshold", "0", "--min-score", "0")
    done = rejoinder_tiny("read", source, *paths, *options)
    assert done.returncode == 1, done.stderr
    [row] = read_jsonl(tmp_path / "out.jsonl")
    assert row.keys() == {"key", "body", "my_statements", "my_error"}
    assert set(row["my_statements"][0]["acts"]) == {"allegation", "denial", "counter_accusation"}
    assert read_jsonl(tmp_path / "bad.jsonl") == [{"key": 2, "body": "", "my_error": "body: empty"}]
    summary = json.loads((tmp_path / "sum.json").read_text("utf8"))
    assert (summary["rows"], summary["failures"], sum(summary["labels"].values())) == (2, 1, 1)
    assert "in.jsonl: row 2 (key 2): body: empty" in done.stderr
    assert done.stderr.splitlines()[-1].startswith("2 articles: 1 ")
    unsure = rejoinder_tiny("read", "-", "-o", "-", "--min-score", "1", input=json.dumps({"text": TEXTS[3]}) + "\n")
    assert [statement["label"] for statement in json.loads(unsure.stdout)["statements"]] == [None, None]
    assert "1 article: none labelled; 2 not sure enough; 0 failed" in unsure.stderr
    alone = rejoinder_tiny("read", "-", "--json", "--min-score", "1", "--prior", "denial=0.01", input=TEXTS[0])
    [statement] = json.loads(alone.stdout)["statements"]
    assert statement["label"] is None
    assert statement["scores"]["denial"] < row["my_statements"][0]["scores"]["denial"]


def test_unusable_inputs_outputs_and_options_are_refused(
    tmp_path: Path, tiny: StatementClassifier, rejoinder_tiny: Command
) -> None:
    news, table = write_texts(tmp_path / "news", 2), write_jsonl(tmp_path / "in.jsonl", ROWS)
    out = tmp_path / "out.jsonl"
    (tmp_path / "bare").mkdir()
    cases: list[tuple[Any, Path, dict[str, Any], str]] = [
        (
            [news / "0001.txt", table],
            out,
            {},
            r"0001\.txt: is an article and .*in\.jsonl a table; read them separately",
        ),
        (tmp_path / "bare", out, {}, "bare: no text, HTML, JSONL, CSV, TSV or Parquet file there"),
        (tmp_path / "missing.txt", out, {}, r"missing\.txt: no such file"),
        (tmp_path / "missing.jsonl", out, {}, r"missing\.jsonl: no such file"),
        (news, tmp_path / "bare", {}, "bare: is a folder; all articles are written into one file"),
        (news, tmp_path / "out.csv", {}, r"out\.csv: statements of articles are JSON lines .* --flat"),
        (news, tmp_path / "out.doc", {}, r"out\.doc: the extension \.doc is not a known format; .*`output_format`"),
        (table, tmp_path / "out", {"output_format": "csv"}, "statements of articles are JSON lines"),
        (table, out, {"columns": {"text": "body"}}, r"no column body.*or --text and --id\)"),
        (table, out, {"columns": {"quote": "body"}}, "no field quote; fields are text and id"),
        (news, out, {"columns": {"text": "body"}}, "no column body; it has file, text"),
        (news / "0001.txt", news / "0001.txt", {"output_format": "jsonl"}, r"0001\.txt: is the input"),
        (table, out, {"errors": out}, r"out\.jsonl is the output"),
        (table, out, {"flat": True, "prefix": "x_"}, "prefix: has no effect with flat"),
        (table, out, {"part_rows": 0}, "part_rows: 0"),
    ]
    for source, target, options, message in cases:
        with pytest.raises(InputError, match=message):
            read_file(source, target, classifier=tiny, **options)
        assert not out.exists(), message
    write_jsonl(table, [{"text": TEXTS[0], "statements": "mine"}])
    with pytest.raises(InputError, match="has statements already; choose a prefix"):
        read_file(table, out, classifier=tiny)
    left = sorted(file.name for file in tmp_path.iterdir())
    assert left == ["bare", "in.jsonl", "news"]
    refused = rejoinder_tiny("read", news, "-o", tmp_path / "out.csv")
    assert "--flat" in error_line(refused)
    assert refused.returncode == 2


def test_plain_text_on_standard_input_is_not_read_as_a_table(tmp_path: Path, rejoinder_tiny: Command) -> None:
    refused = rejoinder_tiny("read", "-", "-o", tmp_path / "out.jsonl", input=TEXTS[0])
    assert "its first line is not a JSON object; name the actual format" in error_line(refused)
    assert "for one article as text, leave out -o" in error_line(refused)
    labelled = rejoinder_tiny("label", "-", "-o", tmp_path / "out.jsonl", input=TEXTS[0])
    assert "article" not in error_line(labelled)


def test_articles_can_be_piped_through_the_command(rejoinder_tiny: Command) -> None:
    lines = "".join(json.dumps(row) + "\n" for row in ROWS)
    done = rejoinder_tiny("read", "-", "-o", "-", input=lines)
    assert done.returncode == 1
    assert [row["id"] for row in map(json.loads, done.stdout.splitlines())] == ["a0", "a1", "a2", "a3"]
    flat = rejoinder_tiny("read", "-", "-o", "-", "--flat", "--output-format", "csv", "--safe-csv", input=lines)
    assert flat.stdout.startswith("article,id,quote,")
    assert len(flat.stdout.splitlines()) == 5
