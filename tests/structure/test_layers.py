"""Imports point down, from package to package and from room to room, and only adapters know the engine."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from fnmatch import fnmatch
from graphlib import CycleError, TopologicalSorter

import pytest

from tests.structure.source_tree import PACKAGES, REPOSITORY, imported_modules, imported_names, modules

# Which packages of ours each package may import.
BELOW = {
    "conf": {"conf"},
    "models": {"models", "conf"},
    "state": {"state", "conf"},
    "udfs": {"udfs", "models", "state", "conf"},
    "jobs": {"jobs", "udfs", "models", "state", "conf"},
    "gress": {"gress", "jobs", "udfs", "models", "state", "conf"},
}
# Rooms of jobs from the lowest to the highest; a room imports only lower ones, and none beside it.
ROOMS_OF_JOBS = (
    {"errors", "signals", "workers"},
    {"flink", "kafka"},
    {"saved_state"},
    {"sources", "sinks"},
    {"pipeline", "run_folder"},
    {"evaluation", "checks"},
    {"runs"},
)
# The files at the top of jobs, one a job, are put together from all rooms; `runs` looks them up in the catalogue.
ENTRY = "jobs.catalogue"

_STAGES = (
    "udfs/labels/stage.py",
    "udfs/labels/steps.py",
    "udfs/learning/stage.py",
    "udfs/trackers/stage.py",
    "udfs/verdicts/stage.py",
    "udfs/windows/part_stage.py",
    "udfs/windows/stage.py",
)
_FUNCTIONS = tuple(f"udfs/{room}/functions.py" for room in ("sql", "sql_aggregates", "explanations"))
_UDFS = ("udfs/scalar.py", "udfs/inference.py", *_FUNCTIONS, *_STAGES)
ENGINE = ("gress/*", "jobs/*", *_UDFS, "state/process.py")
MOST_MODULES = 14
# One transform a file.
LARGE_ROOMS = {"udfs/features/transforms"}


def test_imports_point_down() -> None:
    wrong = [
        f"{module} imports {name}"
        for module in modules()
        for name in imported_names(module)
        if name.partition(".")[0] in {*PACKAGES, "", "tests", "benchmarks", "setup"} - BELOW[module.partition(".")[0]]
    ]
    assert wrong == []


def test_every_layer_has_modules() -> None:
    assert {module.partition(".")[0] for module in modules()} == set(BELOW) == set(PACKAGES)


def test_only_adapters_import_the_engine() -> None:
    paths = {module: path.relative_to(REPOSITORY).as_posix() for module, path in modules().items()}
    wrong = [
        path
        for module, path in paths.items()
        if not any(fnmatch(path, pattern) for pattern in ENGINE)
        and {"pyflink", "py4j", "apache_beam"} & {name.partition(".")[0] for name in imported_names(module)}
    ]
    assert wrong == []


def _room(module: str) -> str:
    return ".".join(module.split(".")[1:2])


def _rank(module: str) -> int | None:
    """The height of a module's room in jobs; None for the files at the top."""
    return next((rank for rank, rooms in enumerate(ROOMS_OF_JOBS) if _room(module) in rooms), None)


def _upward() -> Iterator[str]:
    for module in modules():
        rank = _rank(module)
        if not module.startswith("jobs.") or rank is None:
            continue
        for target in imported_modules(module):
            is_entry = target == ENTRY and rank == len(ROOMS_OF_JOBS) - 1
            if target.startswith("jobs.") and _room(target) != _room(module) and not is_entry:
                height = _rank(target)
                if height is None or height >= rank:
                    yield f"{module} imports {target}"


def test_rooms_of_jobs_import_lower_rooms_only() -> None:
    assert list(_upward()) == []


def test_every_room_of_jobs_has_a_height() -> None:
    rooms = {path.name for path in (REPOSITORY / "jobs").iterdir() if (path / "__init__.py").is_file()}
    assert rooms | {"errors", "signals"} == set().union(*ROOMS_OF_JOBS)


def test_no_module_imports_itself_by_way_of_others() -> None:
    graph = {module: imported_modules(module) - {module} for module in modules()}
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        pytest.fail(" imports ".join(reversed(error.args[1])))


def test_a_folder_holds_no_more_modules_than_one_can_see() -> None:
    paths = [*modules().values(), *(REPOSITORY / "benchmarks").rglob("*.py")]
    folders = [path.parent.relative_to(REPOSITORY).as_posix() for path in paths if path.stem != "__init__"]
    large = {folder: number for folder, number in Counter(folders).items() if number > MOST_MODULES}
    assert set(large) == LARGE_ROOMS
