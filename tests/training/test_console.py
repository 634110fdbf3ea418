"""Printing to terminals and pipes, in particular of tables that are too wide."""

import io
import os
import pty
import subprocess
import sys

from rich.table import Table

from rejoinder.version import __version__
from rejoinder_training.cli.console import Terminal
from rejoinder_training.evaluation import compare, evaluate
from rejoinder_training.evaluation.printing import print_comparison, print_results
from tests.conftest import ROOT
from tests.training.test_compare import DATA, LABELS, system


def test_tables_of_evaluate_and_compare_have_no_truncated_cells() -> None:
    results, predictions = evaluate([system("harbour", 3), system("quay", 7)], DATA, split="validation")
    assert iter(predictions) is predictions  # a generator, since all predictions together may not fit in memory
    terminal = Terminal(80, file=io.StringIO())
    print_results(results, terminal)
    lines = _printed(terminal)
    assert max(map(len, lines)) <= 80
    modes = results["systems"]["harbour"]["modes"]
    for mode, figures in modes.items():
        for label in LABELS:
            rows = [line for line in lines if {"harbour", mode, label} <= {*line.split()}]
            low, high = figures["intervals"][label]["brier"]
            assert any(f"{figures[label]['brier']:.3f} [{low:.3f}, {high:.3f}]" in row for row in rows)
    # Each part of a table has as many columns as fit.
    assert any("precision" in line and "recall" not in line for line in lines)
    assert any("calibration error" in line and "support" in line for line in lines)
    assert "…" not in "".join(lines)
    assert "too few to know the uncertainty" not in "".join(lines)
    few = Terminal(200, file=io.StringIO())
    print_results(results | {"groups": 7}, few)
    assert "There are fewer than 10 groups (articles), too few to know the uncertainty" in "\n".join(_printed(few))

    named = Terminal(300, file=io.StringIO())
    brackets = {"denial": "tone [/neg]"}
    changed = results | {"labels": [brackets.get(label, label) for label in LABELS]}
    for figures in (mode for entry in results["systems"].values() for mode in entry["modes"].values()):
        figures |= {"tone [/neg]": figures["denial"]}
        figures["intervals"] |= {"tone [/neg]": figures["intervals"]["denial"]}
    print_results(changed, named)
    assert "tone [/neg]" in "".join(_printed(named))

    terminal = Terminal(80, file=io.StringIO())
    print_comparison(*compare(system("harbour", 3), system("quay", 7), DATA, split="validation"), terminal)
    lines = _printed(terminal)
    assert max(map(len, lines)) <= 80
    assert any("length: 9 to 25 words" in line for line in lines)
    assert any("McNemar p" in line for line in lines)
    text = " ".join(" ".join(lines).split())
    assert "McNemar's test (main labels) treats statements as independent: the interval, over groups, decides" in text


def test_only_tables_that_do_not_fit_are_split_and_cells_are_never_cut() -> None:
    def printed(width: int) -> list[str]:
        terminal = Terminal(width, file=io.StringIO())
        table = Table(title="boats")
        for column in ("system", "macro-F1", "exact match"):
            table.add_column(column, no_wrap=True)
        table.add_row("a-ferry-with-a-long-name", "0.5", "0.25")
        terminal.print(table)
        return [line for line in _printed(terminal) if "ferry" in line]

    assert len(printed(80)) == 1
    assert [line.split("│")[1:-1] for line in printed(20)] == [
        [" a-ferry-with-a-long-name ", f" {figure} "] for figure in ("0.5     ", "0.25       ")
    ]


def test_output_is_wrapped_to_the_width_of_the_terminal() -> None:
    script = "from rejoinder_training.cli.console import wide_console as w; w().print('sail ' * 30)"
    controller, terminal = pty.openpty()
    environment = {**os.environ, "COLUMNS": "40", "TERM": "xterm"}
    done = subprocess.run([sys.executable, "-c", script], stdout=terminal, cwd=ROOT, env=environment, check=False)
    os.close(terminal)
    shown = os.read(controller, 4096).decode().splitlines()
    os.close(controller)
    assert done.returncode == 0
    assert [len(line.rstrip()) for line in shown if line.strip()] == [39, 39, 39, 29]


def test_piped_text_is_not_wrapped_and_piped_tables_are_at_most_160_wide() -> None:
    script = (
        "from rejoinder_training.cli.console import wide_console; from rich.table import Column, Table\n"
        "named = [Column(one, no_wrap=True) for one in ('system', *map('figure {}'.format, range(40)))]\n"
        "table = Table(*named, title='boats', caption='of one harbour')\n"
        "table.add_row('ferry', *map(str, range(100, 140)))\n"
        "wide_console().print('sail ' * 60)\nwide_console().print(table)"
    )
    done = subprocess.run([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True, cwd=ROOT, check=True)
    text, *lines = done.stdout.splitlines()
    assert text == "sail " * 60
    assert max(map(len, lines)) <= 160
    rows = [line.split("│")[1:-1] for line in lines if "ferry" in line]
    assert [cell.strip() for _, *cells in rows for cell in cells] == [*map(str, range(100, 140))]
    assert len([line for line in lines if "of one harbour" in line]) == len(rows) > 2


def test_libraries_show_progress_bars_only_on_a_terminal() -> None:
    script = (
        "import contextlib as c; from rejoinder_training.cli import main\nwith c.suppress(SystemExit): main()\n"
        "from datasets.utils import are_progress_bars_disabled as hidden\n"
        "from transformers.utils.logging import is_progress_bar_enabled as shown\n"
        "print(not hidden(), shown())"
    )
    controller, terminal = pty.openpty()
    for errors, expected in ((subprocess.DEVNULL, "False False"), (terminal, "True True")):
        words = [sys.executable, "-c", script, "--version"]
        done = subprocess.run(words, stdout=subprocess.PIPE, stderr=errors, text=True, cwd=ROOT, check=True)
        assert done.stdout.splitlines() == [f"rejoinder-train {__version__}", expected]
    os.close(terminal)
    os.close(controller)


def _printed(terminal: Terminal) -> list[str]:
    assert isinstance(terminal.file, io.StringIO)
    return [line.rstrip() for line in terminal.file.getvalue().splitlines()]
