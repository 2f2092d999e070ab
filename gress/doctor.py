"""Checks of this machine for everything that gress-ml needs, with a remedy for each missing part."""

from __future__ import annotations

import os
import re
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from jobs.flink.jvm.java import NEWEST, OLDEST, JavaHome, candidates
from models.checksum import verify_checksum
from models.errors import ModelError
from models.registry import Registry, local_registry

PYTHONS = ((3, 10), (3, 12))
FLINK = "2.3.0"
# First versions that PyFlink 2.3 does not run with; apache-beam brings these libraries.
TOO_NEW = {"numpy": "2.2", "pandas": "2.3", "pyarrow": "17", "protobuf": "6"}
LIBRARIES = ("orjson", "pydantic", "rich", "ruamel.yaml", "typer", "xxhash")
LEAST_DISK_GIB = 1.0
LEAST_MEMORY_GIB = 3.0

_GIB = 1 << 30
_REINSTALL = "pip install --force-reinstall gress-ml"


@dataclass(frozen=True)
class Requirement:
    """One thing a job needs.

    Attributes:
        name: name of the needed thing.
        ok: jobs run with the found version.
        found: version or state on this machine.
        fix: the remedy; empty if ok.
    """

    name: str
    ok: bool
    found: str
    fix: str = ""


def diagnose() -> list[Requirement]:
    """Check everything that a job needs on this machine, in the order in which to repair it."""
    return [
        check_python(sys.version_info[:2]),
        check_java(tuple(candidates())),
        check_flink(_installed(("apache-flink", "apache-flink-libraries", *TOO_NEW))),
        check_onnx(import_module),
        check_libraries(_installed(LIBRARIES)),
        check_models(Path(__file__).resolve().parents[1] / "models"),
        check_disk(Path(tempfile.gettempdir())),
        check_machine(_usable_cores(), memory_bytes()),
    ]


def check_python(running: tuple[int, ...]) -> Requirement:
    """Check the interpreter, given as (major, minor)."""
    lowest, highest = (".".join(map(str, bound)) for bound in PYTHONS)
    is_supported = PYTHONS[0] <= running <= PYTHONS[1]
    fix = f"install Python {lowest} to {highest} and make the environment with it"
    return _requirement("Python", is_supported, ".".join(map(str, running)), fix)


def check_java(found: Sequence[JavaHome]) -> Requirement:
    """Check the Java that jobs run on: the first supported one of those found."""
    chosen = next((java for java in found if java.is_supported), None)
    if chosen:
        return Requirement("Java", ok=True, found=f"{chosen.major} from {chosen.source}: {chosen.home}")
    others = ", ".join(f"{java.major} from {java.source}" for java in found) or "none"
    fix = f"install Java {OLDEST} to {NEWEST} and set JAVA_HOME, or pip install 'gress-ml[local]'"
    return Requirement("Java", ok=False, found=others, fix=fix)


def check_flink(installed: Mapping[str, str]) -> Requirement:
    """Check PyFlink, its jars, and the libraries whose versions it limits; versions by distribution name."""
    wrong = [
        f"{name} {installed.get(name, 'missing')} (wants {FLINK})"
        for name in ("apache-flink", "apache-flink-libraries")
        if installed.get(name) != FLINK
    ]
    wrong += [f"{name} {installed.get(name, 'missing')} (wants <{bound})" for name, bound in _held_back(installed)]
    found = ", ".join(wrong) or ", ".join(f"{name} {installed[name]}" for name in ("apache-flink", *TOO_NEW))
    bounds = " ".join(f"'{name}<{bound}'" for name, bound in TOO_NEW.items())
    return _requirement("PyFlink", not wrong, found, f"pip install apache-flink=={FLINK} {bounds}")


def check_onnx(load: Callable[[str], object]) -> Requirement:
    """Check ONNX Runtime; ``load`` imports a module by name."""
    try:
        runtime = load("onnxruntime")
    except ImportError as error:
        return Requirement("ONNX Runtime", ok=False, found=str(error), fix="pip install onnxruntime")
    return Requirement("ONNX Runtime", ok=True, found=str(getattr(runtime, "__version__", "no version")))


def check_libraries(installed: Mapping[str, str]) -> Requirement:
    """Check the other libraries; versions by distribution name."""
    missing = [name for name in LIBRARIES if name not in installed]
    found = f"no {', '.join(missing)}" if missing else ", ".join(f"{name} {installed[name]}" for name in LIBRARIES)
    return _requirement("Libraries", not missing, found, f"pip install {' '.join(missing)}")


def check_models(base: Path) -> Requirement:
    """Check that every artifact of the shipped models exists and matches its model.json."""
    try:
        names = list(_verified(local_registry(base)))
    except ModelError as error:
        return Requirement("Shipped models", ok=False, found=str(error), fix=_REINSTALL)
    return _requirement("Shipped models", bool(names), ", ".join(names) or f"none in {base}", _REINSTALL)


def check_disk(folder: Path) -> Requirement:
    """Check the folder for temporary files, where Flink unpacks its workers' files."""
    try:
        with tempfile.TemporaryFile(dir=folder) as file:
            file.write(b"0")
        free_gib = shutil.disk_usage(folder).free / _GIB
    except OSError as error:
        found = f"{folder} cannot be written: {error.strerror}"
        return Requirement("Temporary files", ok=False, found=found, fix="set TMPDIR to a folder that can")
    fix = f"free {LEAST_DISK_GIB:g} GiB there, or set TMPDIR to a folder that has it"
    return _requirement("Temporary files", free_gib >= LEAST_DISK_GIB, f"{free_gib:.1f} GiB free in {folder}", fix)


def check_machine(cores: int, available_bytes: int) -> Requirement:
    """Check the memory of the machine, up to the container's limit; report the cores that this process may use."""
    memory_gib = available_bytes / _GIB
    fix = f"give the machine or container {LEAST_MEMORY_GIB:g} GiB: a JVM and a worker process for each slot"
    return _requirement("Machine", memory_gib >= LEAST_MEMORY_GIB, f"{cores} cores, {memory_gib:.1f} GiB memory", fix)


def memory_bytes(limit_file: Path = Path("/sys/fs/cgroup/memory.max")) -> int:
    """Return the memory of the machine, or of the container if it has less."""
    physical = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    limit = limit_file.read_text(encoding="ascii").strip() if limit_file.is_file() else "max"
    return min(physical, int(limit)) if limit.isdigit() else physical


def _requirement(name: str, ok: bool, found: str, fix: str) -> Requirement:
    return Requirement(name, ok, found, "" if ok else fix)


def _usable_cores() -> int:
    return len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count() or 1


def _installed(names: Sequence[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for name in names:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


def _held_back(installed: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Yield the libraries that are missing or too new for PyFlink, each with its bound."""
    for name, bound in TOO_NEW.items():
        if name not in installed or _numbers(installed[name]) >= _numbers(bound):
            yield name, bound


def _numbers(text: str) -> tuple[int, ...]:
    """Return the leading numbers of a version: ``2.1.3rc1`` gives 2, 1, 3."""
    release = re.match(r"\d+(\.\d+)*", text)
    return tuple(map(int, release[0].split("."))) if release else ()


def _verified(registry: Registry) -> Iterator[str]:
    for name in registry.names():
        for number in registry.versions(name):
            spec, artifact = registry.resolve(name, str(number))
            verify_checksum(spec, artifact)
            yield f"{name} {number}"
