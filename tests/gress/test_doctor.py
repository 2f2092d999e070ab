from __future__ import annotations

import hashlib
from pathlib import Path
from types import ModuleType

import pytest

from gress.doctor import (
    LIBRARIES,
    Requirement,
    check_disk,
    check_flink,
    check_java,
    check_libraries,
    check_machine,
    check_models,
    check_onnx,
    check_python,
    diagnose,
    memory_bytes,
)
from jobs.flink.jvm.java import JavaHome
from models.registry import Registry, local_registry
from models.spec import ModelSpec, TensorSpec

FLINK_AS_PINNED = {
    "apache-flink": "2.3.0",
    "apache-flink-libraries": "2.3.0",
    "numpy": "2.1.3",
    "pandas": "2.2.3",
    "pyarrow": "16.1.0",
    "protobuf": "5.29.6",
}


def _nothing(name: str) -> ModuleType:
    msg = f"No module named {name!r}"
    raise ImportError(msg)


def test_every_finding_says_what_was_found_and_how_to_mend_it() -> None:
    findings = diagnose()
    assert len({finding.name for finding in findings}) == len(findings) == 8
    assert all(finding.found for finding in findings)
    assert all(bool(finding.fix) is not finding.ok for finding in findings)


@pytest.mark.parametrize(
    ("running", "ok"),
    [((3, 9), False), ((3, 10), True), ((3, 12), True), ((3, 13), False)],
    ids=["3.9", "3.10", "3.12", "3.13"],
)
def test_python_within_bounds(running: tuple[int, int], ok: bool) -> None:
    fix = "" if ok else "install Python 3.10 to 3.12 and make the environment with it"
    assert check_python(running) == Requirement("Python", ok, ".".join(map(str, running)), fix)


def test_java_names_the_one_that_jobs_run_on() -> None:
    found = [JavaHome(Path("/old"), 8, "JAVA_HOME"), JavaHome(Path("/good"), 17, "PATH")]
    assert check_java(found) == Requirement("Java", ok=True, found="17 from PATH: /good")


@pytest.mark.parametrize(
    ("found", "said"),
    [([], "none"), ([JavaHome(Path("/new"), 25, "PATH")], "25 from PATH")],
    ids=["none", "too new"],
)
def test_java_that_flink_does_not_run_on(found: list[JavaHome], said: str) -> None:
    fix = "install Java 11 to 21 and set JAVA_HOME, or pip install 'gress-ml[local]'"
    assert check_java(found) == Requirement("Java", ok=False, found=said, fix=fix)


def test_flink_as_pinned() -> None:
    finding = check_flink(FLINK_AS_PINNED)
    assert finding.ok
    assert finding.found == "apache-flink 2.3.0, numpy 2.1.3, pandas 2.2.3, pyarrow 16.1.0, protobuf 5.29.6"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"apache-flink": "2.2.0"}, "apache-flink 2.2.0 (wants 2.3.0)"),
        ({"apache-flink-libraries": "2.3.1"}, "apache-flink-libraries 2.3.1 (wants 2.3.0)"),
        ({"numpy": "2.2.0rc1"}, "numpy 2.2.0rc1 (wants <2.2)"),
        ({"pyarrow": "17.0.0"}, "pyarrow 17.0.0 (wants <17)"),
        ({"protobuf": "10.1"}, "protobuf 10.1 (wants <6)"),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
)
def test_flink_names_what_does_not_fit(change: dict[str, str], said: str) -> None:
    finding = check_flink(FLINK_AS_PINNED | change)
    assert (finding.ok, finding.found) == (False, said)
    assert finding.fix == ("pip install apache-flink==2.3.0 'numpy<2.2' 'pandas<2.3' 'pyarrow<17' 'protobuf<6'")


def test_flink_names_what_is_missing() -> None:
    assert "apache-flink missing (wants 2.3.0)" in check_flink({}).found


def test_onnx_runtime_that_loads() -> None:
    module = ModuleType("onnxruntime")
    module.__dict__["__version__"] = "1.20.1"
    assert check_onnx(lambda _: module) == Requirement("ONNX Runtime", ok=True, found="1.20.1")


def test_onnx_runtime_that_does_not_load() -> None:
    assert check_onnx(_nothing) == Requirement(
        "ONNX Runtime", ok=False, found="No module named 'onnxruntime'", fix="pip install onnxruntime"
    )


def test_missing_libraries_are_named() -> None:
    installed = dict.fromkeys(LIBRARIES, "1.0")
    assert check_libraries(installed).ok
    del installed["orjson"], installed["xxhash"]
    assert check_libraries(installed) == Requirement(
        "Libraries", ok=False, found="no orjson, xxhash", fix="pip install orjson xxhash"
    )


@pytest.fixture
def registry(tmp_path: Path) -> Registry:
    """A registry with one version, whose file holds no model: only its bytes matter here."""
    file = tmp_path / "model.onnx"
    file.write_bytes(b"artifact")
    port = TensorSpec(name="x", dtype="float32", shape=(None, 2))
    spec = ModelSpec(
        name="fraud",
        version="1.0.0",
        type="onnx",
        file="model.onnx",
        sha256=hashlib.sha256(b"artifact").hexdigest(),
        inputs=(port,),
        outputs=(port,),
    )
    registry = local_registry(tmp_path / "models")
    registry.publish(spec, file)
    return registry


def test_models_are_listed(registry: Registry) -> None:
    assert check_models(registry.base) == Requirement("Shipped models", ok=True, found="fraud 1.0.0")


def test_changed_model_is_found(registry: Registry) -> None:
    (registry.base / "fraud" / "1.0.0" / "model.onnx").write_bytes(b"other")
    finding = check_models(registry.base)
    assert not finding.ok
    assert finding.found.startswith("model fraud@1.0.0 expects sha256 ")
    assert finding.fix == "pip install --force-reinstall gress-ml"


def test_no_models(tmp_path: Path) -> None:
    finding = check_models(tmp_path)
    assert (finding.ok, finding.found) == (False, f"none in {tmp_path}")


def test_temporary_folder_is_written_to(tmp_path: Path) -> None:
    finding = check_disk(tmp_path)
    assert finding.ok
    assert finding.found.endswith(f"GiB free in {tmp_path}")
    assert list(tmp_path.iterdir()) == []


def test_temporary_folder_that_is_not_there(tmp_path: Path) -> None:
    finding = check_disk(tmp_path / "none")
    assert (finding.ok, finding.fix) == (False, "set TMPDIR to a folder that can")
    assert finding.found == f"{tmp_path / 'none'} cannot be written: No such file or directory"


def test_memory_below_what_a_job_needs() -> None:
    assert check_machine(2, 4 << 30) == Requirement("Machine", ok=True, found="2 cores, 4.0 GiB memory")
    finding = check_machine(1, 1 << 30)
    assert (finding.ok, finding.found) == (False, "1 cores, 1.0 GiB memory")


@pytest.mark.parametrize(("limit", "is_lower"), [("1048576\n", True), ("max\n", False), (str(1 << 60), False)])
def test_container_limit_counts_when_it_is_lower(tmp_path: Path, limit: str, is_lower: bool) -> None:
    file = tmp_path / "memory.max"
    file.write_text(limit)
    physical = memory_bytes(tmp_path / "none")
    assert memory_bytes(file) == (1_048_576 if is_lower else physical)
