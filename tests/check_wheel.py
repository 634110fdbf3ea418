"""Builds the wheel, compares it with the source tree, and tests it in a clean environment (`make check`)."""

import subprocess
import sys
import tempfile
import venv
import zipfile
from pathlib import Path

ROOT = Path(__file__).parents[1]
LARGEST = 100e6  # bytes: PyPI's limit for a file
ALONE = """
import sys
from rejoinder import Statement, StatementClassifier
prediction = StatementClassifier.from_pretrained().predict(
    Statement("We never sold a single reading.", before="The firm, accused of selling data, said: "))
assert set(prediction.scores) == {"allegation", "denial", "counter_accusation"}, prediction
import rejoinder.cli
heavy = {"torch", "transformers", "datasets", "sklearn", "pyarrow", "openvino", "trafilatura"}
loaded = sorted(heavy & set(sys.modules))
assert not loaded, f"imported: {loaded}"
print(prediction.label, round(prediction.score, 3))
"""


def main() -> None:
    """Stop at the first failure."""
    with tempfile.TemporaryDirectory() as work:
        run(sys.executable, "-m", "build", "--wheel", "--outdir", work, str(ROOT))
        [wheel] = Path(work).glob("*.whl")
        print(f"{wheel.name}: {wheel.stat().st_size / 1e6:.1f} MB")
        assert wheel.stat().st_size < LARGEST, "the wheel is too large"
        compare(wheel)
        alone = Path(work, "alone")
        venv.create(alone, with_pip=True)
        python = str(alone / "bin" / "python")
        run(python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", str(wheel))
        run(python, "-c", ALONE, cwd=work)
        run(str(alone / "bin" / "rejoinder"), "--version", cwd=work)
        page = Path(work, "page.html")
        page.write_text("<p>A page.</p>", "utf8")
        for command, extra in (
            (["rejoinder-train", "check", "x"], "train"),
            (["rejoinder", "serve"], "serve"),
            (["rejoinder", "read", str(page)], "web"),
        ):
            name, *arguments = command
            refused = subprocess.run(
                [str(alone / "bin" / name), *arguments], capture_output=True, text=True, check=False
            )
            assert refused.returncode == 2, refused
            assert refused.stderr.strip().endswith(f"pip install 'rejoinder[{extra}]'"), refused
    print("the wheel is complete and works alone, without torch and transformers")


def compare(wheel: Path) -> None:
    """Compare the wheel's modules, models and marker files with those that git tracks."""
    tracked = subprocess.run(
        ["git", "-c", f"safe.directory={ROOT}", "ls-files", "inference", "training"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split()
    expected = {name.partition("/")[2] for name in tracked}
    with zipfile.ZipFile(wheel) as archive:
        found = {name for name in archive.namelist() if ".dist-info/" not in name}
    assert expected, "git tracks no source files"
    assert found == expected, f"missing: {sorted(expected - found)}; not tracked: {sorted(found - expected)}"


def run(*command: str, cwd: str | Path = ROOT) -> None:
    """Run a command and stop with its output if it fails."""
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"{' '.join(command)}\n{done.stdout}{done.stderr}")
    if command[1] == "-c":
        print(done.stdout.strip())


if __name__ == "__main__":
    main()
