"""The choice of an engine, and whether all engines give the same scores."""

import os
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import onnxruntime
import pytest

from rejoinder import InputError, ModelError, RejoinderError, Statement, StatementClassifier
from rejoinder.article.quotes.speaker_model import BUNDLED_SPEAKERS, OUTPUTS
from rejoinder.engine import EngineName, choose_engine, load_engine
from rejoinder.model_folder import BUNDLED, GRAPHS, NETWORK
from rejoinder.processor import flags_in, has_int8, usable_threads
from tests.conftest import Command

STATEMENTS = [
    Statement("It is false.", after=", the minister said."),
    Statement("They lied to all of us.", before="The union, after the strike that nobody wanted: " * 4),
    *(Statement(f"A smear by rival {n}, nothing else{', and they know it' * (n % 9)}.") for n in range(40)),
]
BOUNDS: dict[EngineName, tuple[float, float]] = {
    "onnxruntime": (0.0, 1e-4),
    "onnxruntime-int8": (0.05, 0.005),
    "openvino": (0.05, 0.02),
    "openvino-int8": (0.05, 0.02),
}
"""Largest difference of a probability from fp32, and from the same statement in another batch."""
RUNTIMES = ["onnxruntime", *["openvino"] * bool(find_spec("openvino"))]


@pytest.mark.parametrize("name", BOUNDS)
def test_scores_match_fp32_and_do_not_depend_on_the_batch(name: EngineName, static_model: Path) -> None:
    if name.startswith("openvino"):
        pytest.importorskip("openvino", reason="the extra openvino is not installed")
    to_fp32, to_other_batch = BOUNDS[name]
    classifier = StatementClassifier.from_pretrained(static_model, engine=name)
    assert classifier.engine.name == name
    together = classifier.predict_proba(STATEMENTS)
    alone = np.concatenate([classifier.predict_proba([statement]) for statement in STATEMENTS])
    np.testing.assert_allclose(together, alone, atol=to_other_batch)
    exact = StatementClassifier.from_pretrained(static_model, engine="onnxruntime").predict_proba(STATEMENTS)
    np.testing.assert_allclose(together, exact, atol=to_fp32)
    assert exact.std(axis=0).max() > 0.01


def test_extra_padding_for_openvino_is_removed_from_the_output() -> None:
    pytest.importorskip("openvino", reason="the extra openvino is not installed")
    engines = [
        load_engine(BUNDLED_SPEAKERS / NETWORK, "onnxruntime"),
        load_engine(BUNDLED_SPEAKERS / NETWORK, "openvino"),
    ]
    for length in (1, 16, 37):
        ids = np.random.default_rng(length).integers(5, 20_000, (3, length))
        mask = np.ones_like(ids)
        mask[0, length // 2 + 1 :] = 0
        exact, padded = (engine(ids, mask) for engine in engines)
        assert padded.shape == exact.shape == (3, length, len(OUTPUTS))
        read = mask.astype(bool)
        np.testing.assert_allclose(padded[read], exact[read], atol=0.2)  # logits, maybe in bfloat16
        assert exact[read].std() > 1


@pytest.mark.parametrize(
    ("flags", "chosen"),
    [
        ({"avx2"}, "onnxruntime"),
        ({"avx2", "avx_vnni"}, "onnxruntime-int8"),
        ({"avx512_vnni", "avx512_bf16"}, "onnxruntime-int8"),
        ({"avx512_vnni", "avx512_bf16", "amx_bf16", "amx_int8"}, "openvino"),
        (set(), "onnxruntime"),
    ],
)
def test_the_engine_is_chosen_by_the_features_of_the_processor(flags: set[str], chosen: str, smoke_model: Path) -> None:
    if chosen == "openvino" and not find_spec("openvino"):
        chosen = "onnxruntime-int8"
    assert choose_engine(smoke_model, flags=frozenset(flags)).name == chosen


def test_a_model_without_an_int8_graph_uses_another_engine(smoke_model: Path, tmp_path: Path) -> None:
    for file in smoke_model.iterdir():
        if file.name not in GRAPHS.values():
            (tmp_path / file.name).symlink_to(file)
    bf16 = frozenset({"avx512_vnni", "avx512_bf16"})
    assert choose_engine(tmp_path, flags=bf16).name == ("openvino" if find_spec("openvino") else "onnxruntime")
    assert choose_engine(tmp_path, flags=frozenset({"avx512_vnni"})).name == "onnxruntime"
    names: tuple[EngineName, ...] = ("onnxruntime-int8", "openvino-int8")
    for name in names:
        with pytest.raises(ModelError, match=rf"{GRAPHS[name]}: this model has no graph for {name}; export"):
            StatementClassifier.from_pretrained(tmp_path, engine=name, verify=False)


@pytest.mark.parametrize("model", [None, "smoke"])
def test_openvino_multiplies_in_int8(model: str | None, static_model: Path) -> None:
    pytest.importorskip("openvino", reason="the extra openvino is not installed")
    engine = load_engine((static_model if model else BUNDLED) / NETWORK, "openvino-int8")
    assert engine.precision.startswith("int8 and ")
    nodes = [node.get_rt_info() for node in engine._request.get_compiled_model().get_runtime_model().get_ordered_ops()]  # type: ignore[attr-defined]
    kinds = [
        str(node["runtimePrecision"].astype(str)) for node in nodes if node["layerType"].astype(str) == "FullyConnected"
    ]
    assert kinds.count("u8") > (30 if model is None else 5)
    assert "i8" not in kinds  # weights as stored would use kernels that can crash in bf16


def test_a_broken_openvino_fails_only_when_it_is_asked_for(
    smoke_model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "openvino.py").write_text("raise ImportError('libtbb.so.12: cannot open shared object file')", "utf8")
    code = f"""
from rejoinder import *
StatementClassifier.from_pretrained({str(smoke_model)!r})
try:
    StatementClassifier.from_pretrained({str(smoke_model)!r}, engine="openvino")
except ModelError as error:
    print(error)
"""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(tmp_path), *filter(None, sys.path)])}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert "OpenVINO is installed but cannot be imported (libtbb.so.12: cannot open" in done.stdout
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "openvino", raising=False)
    amx = frozenset({"avx512_vnni", "avx512_bf16", "amx_bf16"})
    assert choose_engine(smoke_model, flags=amx).name == "onnxruntime-int8"


def test_the_fingerprint_contains_the_engine_that_is_really_used(smoke_model: Path) -> None:
    auto = StatementClassifier.from_pretrained(smoke_model)
    named = StatementClassifier.from_pretrained(smoke_model, engine=choose_engine(smoke_model).name)
    assert auto.fingerprint == named.fingerprint
    assert auto.recipe is not None
    assert auto.recipe.engine == auto.engine.name
    fp32, int8 = (StatementClassifier.from_pretrained(smoke_model, engine=name) for name in [*BOUNDS][:2])
    assert fp32.fingerprint != int8.fingerprint


def test_the_fingerprint_depends_on_the_runtime_version(smoke_model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    classifier = StatementClassifier.from_pretrained(smoke_model, engine="onnxruntime")
    before = classifier.fingerprint
    assert before["runtime"] == onnxruntime.__version__
    monkeypatch.setattr(type(classifier.engine), "version", "99.0")
    assert classifier.fingerprint != before


def test_an_openvino_load_error_names_the_file_but_no_source_location(smoke_model: Path, tmp_path: Path) -> None:
    pytest.importorskip("openvino", reason="the extra openvino is not installed")
    model = shutil.copytree(smoke_model, tmp_path / "model")
    (model / "weights.bin").write_bytes(b"cut off")
    with pytest.raises(ModelError, match=r"model\.onnx: OpenVINO cannot load this model \([^\n]*weights\.bin[^\n]*\)$"):
        StatementClassifier.from_pretrained(model, engine="openvino", verify=False)


def test_a_runtime_failure_is_reported_in_one_line(smoke_model: Path, capfd: pytest.CaptureFixture[str]) -> None:
    engine = StatementClassifier.from_pretrained(smoke_model, engine="onnxruntime").engine
    beyond_the_vocabulary = np.full((2, 3), 10**7)
    with pytest.raises(RejoinderError, match=r"cannot compute 2 statements of 3 tokens \(.*; if memory is short"):
        engine(beyond_the_vocabulary, np.ones_like(beyond_the_vocabulary))
    assert capfd.readouterr().err == ""


@pytest.mark.parametrize(
    ("quota", "siblings", "threads"),
    [("max 100000", ["0", "1", "2", "3"], 4), ("max 100000", ["0-1", "0-1", "2-3", "2-3"], 2),
     ("250000 100000", ["0", "1", "2", "3"], 2), ("50000 100000", ["0", "1", "2", "3"], 1), ("", [], 4)],
)  # fmt: skip
def test_usable_threads_respect_physical_cores_and_container_quotas(
    quota: str, siblings: list[str], threads: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda pid: {0, 1, 2, 3}, raising=False)
    if quota:
        (tmp_path / "cpu.max").write_text(f"{quota}\n", "utf8")
    for number, cores in enumerate(siblings):
        (tmp_path / f"cpu{number}/topology").mkdir(parents=True)
        (tmp_path / f"cpu{number}/topology/thread_siblings_list").write_text(f"{cores}\n", "utf8")
    assert usable_threads(cgroups=tmp_path, topology=tmp_path) == threads
    if quota and not quota.startswith("max"):  # cgroup v1, as in older kernels
        (tmp_path / "cpu.max").unlink()
        (tmp_path / "cpu").mkdir()
        for name, value in zip(("quota", "period"), quota.split(), strict=True):
            (tmp_path / f"cpu/cpu.cfs_{name}_us").write_text(f"{value}\n", "utf8")
        assert usable_threads(cgroups=tmp_path, topology=tmp_path) == threads


def test_the_quotas_of_a_systemd_service_and_its_parents_are_respected(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda pid: {0, 1, 2, 3}, raising=False)
    own, unit = tmp_path / "cgroup", tmp_path / "system.slice/labels.service"
    own.write_text("0::/system.slice/labels.service\n", "utf8")
    unit.mkdir(parents=True)
    (unit / "cpu.max").write_text("300000 100000\n", "utf8")
    assert usable_threads(cgroups=tmp_path, topology=tmp_path, own_cgroup=own) == 3
    (unit.parent / "cpu.max").write_text("200000 100000\n", "utf8")
    assert usable_threads(cgroups=tmp_path, topology=tmp_path, own_cgroup=own) == 2


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="no affinity to set here")
def test_a_process_bound_to_one_core_has_one_thread(smoke_model: Path) -> None:
    code = f"""
import os
os.sched_setaffinity(0, {{min(os.sched_getaffinity(0))}})
from rejoinder import StatementClassifier
for name in {RUNTIMES}:
    engine = StatementClassifier.from_pretrained({str(smoke_model)!r}, engine=name).engine
    if name == "openvino":
        print(engine._request.get_compiled_model().get_property("INFERENCE_NUM_THREADS"))
    else:
        print(engine._session.get_session_options().intra_op_num_threads)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "1\n" * len(RUNTIMES)


def test_the_features_of_an_arm_processor_are_read() -> None:
    arm = "processor\t: 0\nFeatures\t: fp asimd asimddp sve\n\nprocessor\t: 1\nFeatures\t: fp\n"
    assert flags_in(arm) == {"fp", "asimd", "asimddp", "sve"}
    assert has_int8(flags_in(arm))
    assert not has_int8(flags_in("flags\t\t: fpu avx2\n"))


def test_info_shows_the_chosen_engine_and_the_others(rejoinder: Command, smoke_model: Path) -> None:
    out = rejoinder("info", "--model", smoke_model).stdout
    choice = choose_engine(smoke_model)
    assert f"engine     {choice.name}, in " in out
    assert choice.reason in out
    for name in {*BOUNDS} - {choice.name}:
        assert name in out.partition("others")[2].splitlines()[0]


def test_an_unknown_engine_is_refused(smoke_model: Path, rejoinder: Command) -> None:
    with pytest.raises(InputError, match="no engine named 'abacus': choose one of auto, onnxruntime"):
        StatementClassifier.from_pretrained(smoke_model, engine="abacus")  # type: ignore[arg-type]
    assert rejoinder("read", "data/demo.txt", "--engine", "abacus").returncode == 2


@pytest.mark.parametrize("first_import", ["import rejoinder", "import rejoinder_training.exporting.activation_ranges"])
def test_the_runtimes_send_no_telemetry(smoke_model: Path, tmp_path: Path, first_import: str) -> None:
    code = f"""{first_import}
from rejoinder import StatementClassifier
for name in {RUNTIMES}:
    StatementClassifier.from_pretrained({str(smoke_model)!r}, engine=name).predict("It is false.")
{"import openvino_telemetry" if "openvino" in RUNTIMES else ""}
"""
    # Each of these alone disables the telemetry of ONNX Runtime.
    disabling = {"CI", "ORT_DISABLE_TELEMETRY", "ORT_RUNNING_UNIT_TESTS"}
    environment = {name: value for name, value in os.environ.items() if name not in disabling}
    environment |= {"HOME": str(tmp_path), "XDG_CACHE_HOME": str(tmp_path / "cache")}
    subprocess.run([sys.executable, "-c", code], env=environment, check=True)
    assert [*tmp_path.rglob("*")] == []  # both runtimes would store an id of this machine there


def test_a_missing_openvino_is_reported_with_its_extra(smoke_model: Path, tmp_path: Path) -> None:
    (tmp_path / "openvino.py").write_text("raise ModuleNotFoundError('no openvino', name='openvino')", "utf8")
    code = f"""
from rejoinder import MissingExtraError, StatementClassifier
try:
    StatementClassifier.from_pretrained({str(smoke_model)!r}, engine="openvino")
except MissingExtraError as error:
    print(error)
"""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(tmp_path), *filter(None, sys.path)])}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment)
    assert "pip install 'rejoinder[openvino]'" in done.stdout


@pytest.mark.parametrize("name", ["onnxruntime", "openvino", "openvino-int8"])
def test_one_classifier_may_be_used_by_several_threads(static_model: Path, name: EngineName) -> None:
    if name.startswith("openvino"):
        pytest.importorskip("openvino", reason="the extra openvino is not installed")
    classifier = StatementClassifier.from_pretrained(static_model, engine=name)
    quotes = [f"It is false, says number {n}." for n in range(40)]
    alone = classifier.predict_proba(quotes)
    with ThreadPoolExecutor(4) as pool:
        for found in pool.map(classifier.predict_proba, [quotes] * 8):
            assert np.abs(found - alone).max() < 1e-6
