"""The report of the real command: its contents, and that a browser displays all of it on a phone and on a desktop."""

import html
import json
import os
import re
import shutil
import subprocess
import xml.etree.ElementTree as ET
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from rejoinder import InputError
from rejoinder_training import api
from rejoinder_training.evaluation.report.words import shown_names
from tests.conftest import CORPUS, Command, error_line, run_module
from tests.files import read_jsonl

HOSTILE = '<script>alert("$x$ & </style>")</script>'
LABELS = ("complaint", "praise_of_others")


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A slice of the written corpus."""
    file = tmp_path_factory.mktemp("data") / "slice.jsonl"
    lines = [line for part in CORPUS[:2] for line in _lines(part)[:20]]
    file.write_text("\n".join(lines) + "\n", "utf8")
    return file


def _lines(file: Path) -> list[str]:
    return file.read_text("utf8").splitlines()


@pytest.fixture(scope="module")
def made(lots: Path, data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A report on a tiny run and the baselines, with a learning curve."""
    folder = tmp_path_factory.mktemp("made")
    _write_curve(lots / "run-curve", lots / "run")
    done = run_module("rejoinder_training", "report", lots / "run", "--data", data, "-o", folder)
    assert done.returncode == 0, done.stderr
    assert done.stdout == f"{folder}/report.html\n"
    return folder


def _write_curve(folder: Path, run: Path | None = None) -> None:
    """Write a learning curve as `learning-curve` does, recording the configuration and data of a run if given."""
    folder.mkdir(exist_ok=True)
    curve: dict[str, Any] = {"summaries": {f"share-{s}": _summary_of_share(s) for s in (1, 0.25, 0.5)}}
    if run:
        training = json.loads((run / "config.json").read_text("utf8"))["rejoinder"]["training"]
        curve |= {key: training[key] for key in ("config", "data_sha256")}
    (folder / "summary.json").write_text(json.dumps(curve))


def _summary_of_share(share: float) -> dict[str, Any]:
    modes = {
        mode: {"macro_f1": [share / 2], "mean": share / 2, "std": None} for mode in ("quote", "attribution", "full")
    }
    return {"runs": ["x"], "split": "validation", "statements": [int(2000 * share)], **modes}


def text_of(page: str) -> str:
    """Return the text of a page that a reader sees."""
    words = re.sub(r"<style.*?</style>|<svg.*?</svg>|<wbr>", "", page, flags=re.DOTALL)
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", words)).split())


def test_the_report_has_all_sections_and_the_figures_of_evaluate(made: Path, lots: Path) -> None:
    page = (made / "report.html").read_text("utf8")
    seen = text_of(page)
    titles = re.findall(r"<h2>(.*?)</h2>", page)
    assert titles == ["Summary", "Plots", "Errors", "Doubtful labels", "Data", "How to reproduce"]
    metrics = json.loads((made / "metrics.json").read_text("utf8"))
    first, *others = metrics["systems"]
    assert first == str(lots / "run")
    assert others == ["most frequent class", "every label", "cue words", "TF-IDF + logistic regression"]
    shown = shown_names([first, *others])
    for name, system in metrics["systems"].items():
        row = re.search(rf'<th scope="row">{re.escape(shown[name])}</th>.*?</tr>', page.replace("<wbr>", ""), re.DOTALL)
        assert row, name
        for one in system["modes"].values():
            low, high = one["intervals"]["macro_f1"]
            assert f"{one['macro_f1']:.3f}" in row[0]
            assert f"[{low:.3f}, {high:.3f}]" in row[0]
    full = metrics["systems"][first]["modes"]["full"]
    assert f"on {metrics['statements']} statements of 20 groups" in seen
    for label in ("allegation", "denial", "counter_accusation"):
        assert f"Average precision {full[label]['average_precision']:.3f}" in seen
        assert f"Expected calibration error {full[label]['expected_calibration_error']:.3f}" in seen
    risk = full["coverage_risk"][0]["risk"]
    assert f"100 %: {100 * risk:.1f} % (score from" in seen
    assert (
        f"has the primary label of {round(risk * metrics['statements'])} of {metrics['statements']} statements" in seen
    )
    assert "0.125 with 500, 0.250 with 1,000 and 0.500 with 2,000 statements" in seen
    record = json.loads((lots / "run/config.json").read_text("utf8"))["rejoinder"]
    for fact in (record["version"], record["training"]["data_sha256"], metrics["data_sha256"], "base_model: tiny"):
        assert fact in seen
    assert f"rejoinder-train report {lots / 'run'} --data" in seen


def test_errors_are_shown_with_similar_training_statements(lots: Path, tmp_path: Path) -> None:
    # The file contains only test statements; the training statements come from the run's own data.
    (tmp_path / "test.jsonl").write_text("\n".join(_lines(CORPUS[2])[:10]) + "\n", "utf8")
    command = ("report", lots / "run", "--data", tmp_path / "test.jsonl", "--split", "test", "--no-baselines")
    done = run_module("rejoinder_training", *command, "-o", tmp_path / "page")
    assert done.returncode == 0, done.stderr
    page = (tmp_path / "page/report.html").read_text("utf8")
    learnt = {row["quote"] for row in read_jsonl(lots / "lots.jsonl")}
    near = re.findall(r'<ul class="list near">(.*?)</ul>', page, re.DOTALL)
    assert near
    shown = [html.unescape(one) for one in re.findall(r"<li>(.*?)<span", "".join(near), re.DOTALL)]
    assert all(any(quote.startswith(one.removesuffix(" …")) for quote in learnt) for one in shown)


def test_every_plot_is_saved_as_a_file_and_described_in_words(made: Path) -> None:
    page = (made / "report.html").read_text("utf8")
    files = {file.stem: file for file in (made / "plots").iterdir()}
    acts = range(1, 4)
    assert files.keys() == {
        *("confusion", "coverage-risk", "slices", "learning-curve"),
        *(f"{kind}-{i}" for kind in ("precision-recall", "reliability") for i in acts),
    }
    for name, file in files.items():
        assert ET.parse(file).getroot().get("width"), name
        figure = re.search(rf'<figure[^>]* id="{name}">.*?</figure>', page, re.DOTALL)
        assert figure, name
        assert re.search(r'role="img" aria-label="[^"]*\d[^"]*"', figure[0]), name
        assert re.search(r"<figcaption>[^<]*\d[^<]*</figcaption>", figure[0]), name
    ids = re.findall(r'\bid="([^"]+)"', page)
    assert [name for name, count in Counter(ids).items() if count > 1] == []


def test_the_page_loads_no_resources_and_is_reproducible(made: Path, lots: Path, data: Path) -> None:
    page = (made / "report.html").read_text("utf8")
    assert not re.search(r'<(script|link|img|iframe|object|embed)\b|\bsrc=|@import|\bhref="(?!#)|url\((?!#)', page)
    assert "http" not in page.replace("http-equiv", "")
    before = {file: file.read_bytes() for file in [*(made / "plots").iterdir(), made / "predictions.jsonl"]}
    again = run_module("rejoinder_training", "report", lots / "run", "--data", data, "-o", made)
    assert again.returncode == 0, again.stderr
    machine = re.compile(r'<dl class="facts" id="machine">.*?</dl>', re.DOTALL)
    assert machine.sub("", (made / "report.html").read_text("utf8")) == machine.sub("", page)
    assert before == {file: file.read_bytes() for file in before}


@pytest.fixture(scope="module")
def foreign(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Statements with other labels and hostile texts, predictions from the quote alone, and a report on them.

    Before the report is made, its folder contains plots of an earlier report and a plot of the user's own.
    """
    folder = tmp_path_factory.mktemp("foreign")
    (folder / "report/plots").mkdir(parents=True)
    for name in ("my own", "reliability-16", "learning-curve"):
        (folder / f"report/plots/{name}.svg").write_text("<svg/>", "utf8")
    _write_curve(folder)
    rows, predictions = [], []
    for i in range(160):
        acts = [[], ["complaint"], ["praise_of_others"], ["praise_of_others", "complaint"]][i % 4]
        quote = f"{HOSTILE} {'Dreadful' if 'complaint' in acts else 'Pleasant'} service, number {i}"
        row = {"id": f"{HOSTILE}{i}", "quote": quote, "before": HOSTILE, "speaker": HOSTILE, "acts": acts}
        rows.append(
            row | {"source": f"{HOSTILE}{i % 2}", "split": "train" if i < 40 else "validation", "group": f"g{i}"}
        )
        scores = {name: 0.9 if (name in acts) != (i % 7 == 0) else 0.2 for name in LABELS}
        predictions.append({"id": row["id"], "mode": "quote", "scores": scores})
    for name, lines in (("data", rows), ("predictions", predictions)):
        (folder / f"{name}.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines), "utf8")
    options = ["--no-baselines", "--curve", "summary.json"]
    done = run_module("rejoinder_training", "report", "predictions.jsonl", "--data", "data.jsonl", *options, cwd=folder)
    assert done.returncode == 0, done.stderr
    return folder


@pytest.fixture(scope="module")
def crowded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A report on fifteen labels with long names."""
    folder = tmp_path_factory.mktemp("crowded")
    labels = [f"engage_in_material_cooperation_of_kind_{i}" for i in range(13)]
    labels += ["日本語の長い名前は幅が広い" * 4, "Donaudampfschifffahrtsgesellschaftskapitän"]
    rows = [
        {"id": f"{i}", "quote": f"Statement {i}", "acts": [labels[i % 15]], "split": "validation"} for i in range(120)
    ]
    scores = [{name: 0.9 if name == labels[(i + (i % 8 == 0)) % 15] else 0.1 for name in labels} for i in range(120)]
    lines = [{"id": row["id"], "mode": "quote", "scores": its} for row, its in zip(rows, scores, strict=True)]
    for name, written in (("data", rows), ("predictions", lines)):
        (folder / f"{name}.jsonl").write_text("".join(json.dumps(line) + "\n" for line in written), "utf8")
    api.report(str(folder / "predictions.jsonl"), folder / "data.jsonl", baselines=False, output=folder)
    return folder


def test_only_plots_of_an_earlier_report_are_replaced(foreign: Path) -> None:
    files = {file.stem: file.read_text("utf8") for file in (foreign / "report/plots").iterdir()}
    assert files["my own"] == "<svg/>"
    assert "reliability-16" not in files
    assert len(files["learning-curve"]) > 1000


def test_reports_handle_other_labels_a_single_input_mode_and_hostile_texts(foreign: Path) -> None:
    page = (foreign / "report/report.html").read_text("utf8")
    assert "<script" not in page
    assert page.count("</style>") == 1
    seen = text_of(page)
    assert HOSTILE in seen
    assert "given the quote alone, predictions.jsonl reaches a macro-F1 of" in seen
    assert "other taken for complaint" in seen
    # Every seventh statement is wrong, and so is each with two labels of equal score, whose second one is primary.
    # Each is shown with three training statements.
    errors = page[page.index('<section id="errors">') : page.index('<section id="labels">')]
    wrong = len([i for i in range(40, 160) if i % 7 == 0 or i % 4 == 3])
    assert (errors.count('<details class="one">'), errors.count("similarity")) == (wrong, 3 * wrong)
    slices = ET.parse(foreign / "report/plots/slices.svg").getroot()
    assert any("<script>" in "".join(one.itertext()) for one in slices.iter())


def test_reports_that_cannot_be_made_are_refused_in_one_line(foreign: Path, rejoinder_train: Command) -> None:
    (foreign / "no.json").write_text("{}")
    options = {"baselines": False, "output": foreign / "none"}
    systems, data = str(foreign / "predictions.jsonl"), foreign / "data.jsonl"
    with pytest.raises(InputError, match=r"no\.json: no summary\.json of rejoinder-train learning-curve"):
        api.report(systems, data, curve=foreign / "no.json", **options)
    with pytest.raises(InputError, match=r"has no scores for the input mode full, only for quote$"):
        api.report(systems, data, mode="full", **options)
    assert not (foreign / "none").exists()
    command = ("report", systems, "--data", data, "--no-baselines", "-o", foreign / "none")
    missing = rejoinder_train(*command, before="import sys; sys.modules['matplotlib'] = None")
    assert error_line(missing) == (
        "rejoinder-train: a report needs an optional dependency: pip install 'rejoinder[report]'"
    )


MEASURE = """<!doctype html><meta charset="utf-8"><meta name="color-scheme" content="light dark"><body style="margin:0">
PAGES<pre id="found"></pre>
<script>
function lightness(colour) {
  return colour.match(/[\\d.]+/g).slice(0, 3).reduce((sum, part) => sum + Number(part), 0) / 765;
}
function overlap(a, b) {  // by more than the line's own leading
  return Math.min(a.right, b.right) - Math.max(a.left, b.left) > 1 &&
    Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top) > 2;
}
function measure(frame) {
  const view = frame.contentWindow, page = view.document, found = {wide: [], cut: [], overlapping: []};
  page.querySelectorAll("details").forEach(one => { one.open = true; });
  found.texts = 0;
  const style = view.getComputedStyle(page.body), drawn = page.querySelector(".drawing svg text");
  const ground = [style, view.getComputedStyle(page.documentElement)]
    .map(one => one.backgroundColor).find(one => one !== "rgba(0, 0, 0, 0)");
  found.lightness = [ground, style.color, view.getComputedStyle(drawn).fill].map(lightness);
  found.width = [page.documentElement.scrollWidth, view.innerWidth];
  found.hidden = [...page.querySelectorAll(".scroll, .drawing")]
    .filter(one => one.scrollWidth > one.clientWidth && view.getComputedStyle(one).overflowX !== "visible")
    .map(one => one.ariaLabel);
  found.rows = new Set([...page.querySelectorAll(".tiles .figure")].map(one => one.getBoundingClientRect().top)).size;
  page.querySelectorAll("body *").forEach(one => {
    const box = one.getBoundingClientRect();
    if (!one.closest(".scroll, .drawing") && (box.right > view.innerWidth + 0.5 || box.left < -0.5))
      found.wide.push(one.outerHTML.slice(0, 120));
  });
  page.querySelectorAll(".drawing svg").forEach(svg => {
    const edge = svg.getBoundingClientRect(), name = svg.closest("figure").id;
    const texts = [...svg.querySelectorAll("text")].map(one => [one.textContent, one.getBoundingClientRect()]);
    found.texts += texts.length;
    texts.forEach(([text, box], i) => {
      const inside = box.left > edge.left - 1 && box.right < edge.right + 1 &&
        box.top > edge.top - 1 && box.bottom < edge.bottom + 1;
      if (!inside) found.cut.push([name, text]);
      texts.slice(i + 1).forEach(([other, next]) => {
        if (overlap(box, next)) found.overlapping.push([name, text, other]);
      });
    });
  });
  return found;
}
window.onload = () => {
  const told = {};
  document.querySelectorAll("iframe").forEach(one => { told[one.id] = measure(one); });
  document.getElementById("found").textContent = JSON.stringify(told);
};
</script>"""
FRAME = '<iframe id="{}" width="{}" height="900" style="border:0" srcdoc="{}"></iframe>'
"""An `iframe`, because a window of Chromium cannot be as narrow as a phone."""
WIDTHS = (390, 1280)
PAPER = 718
"""The width between the margins of A4, in CSS pixels."""


@pytest.mark.large
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_browser_displays_the_whole_page(scheme: str, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    names = ("chromium", "chromium-browser", "google-chrome")
    browser = os.environ.get("CHROME_PATH") or next(filter(None, map(shutil.which, names)), None)
    if not browser:
        pytest.skip(f"no {', '.join(names)} and no CHROME_PATH")
    frames = ""
    for fixture in ("made", "foreign", "crowded"):
        page = next(request.getfixturevalue(fixture).rglob("report.html")).read_text("utf8")
        frames += "".join(FRAME.format(f"{fixture} {width}", width, html.escape(page)) for width in WIDTHS)
        if fixture == "made":  # only this: a page wider than the paper, as with many labels, is scaled down
            printed = html.escape(page.replace("@media print", "@media all"))
            frames += FRAME.format(f"{fixture} {PAPER}", PAPER, printed)
    (tmp_path / "frames.html").write_text(MEASURE.replace("PAGES", frames), "utf8")
    options = (
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        "--disable-dev-shm-usage",
        "--hide-scrollbars",
        f"--user-data-dir={tmp_path / 'profile'}",
        *(["--force-dark-mode"] if scheme == "dark" else []),
    )
    done = subprocess.run(
        [browser, *options, "--virtual-time-budget=10000", "--dump-dom", (tmp_path / "frames.html").as_uri()],
        capture_output=True, text=True, check=True, timeout=120,
    )  # fmt: skip
    match = re.search(r'<pre id="found">(.+?)</pre>', done.stdout)
    assert match, done.stdout[-2000:] + done.stderr[-2000:]
    measured = json.loads(html.unescape(match[1]))
    assert len(measured) == 3 * len(WIDTHS) + 1
    on_paper = measured[f"made {PAPER}"]
    assert (on_paper["hidden"], on_paper["rows"]) == ([], 1)
    for name, found in measured.items():
        assert found["width"] == [int(name.split()[1])] * 2, name
        assert found["texts"] > 50, name
        ground, *texts = found["lightness"]
        dark = scheme == "dark"
        assert all(light > 0.7 > 0.3 > ground if dark else light < 0.3 < 0.7 < ground for light in texts), name
        assert (found["wide"], found["cut"], found["overlapping"]) == ([], [], []), name
