"""State finds its operator again: every operator of the job has a uid that parallelism does not change."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from conf.loading.loader import load_settings
from jobs.catalogue import default_config
from jobs.flink.environment import open_session, planning
from jobs.fraud_detection import build
from jobs.sources.files import find_inputs


def operators(
    source: Path, output: Path, parallelism: int, *overrides: str, config: Path | None = None
) -> list[tuple[str, str]]:
    """Name and uid of every operator of the fraud job, in the order of its graph."""
    path = config or default_config("fraud-detection")
    settings = load_settings(path, overrides=[f"execution.parallelism={parallelism}", *overrides], environ={})
    assert settings.job is not None
    with planning():
        session = open_session(settings)
        build(session, settings, settings.job, find_inputs(str(source)), output).attach_as_datastream()
    graph = session.env._j_stream_execution_environment.getStreamGraph(False)
    nodes: list[Any] = sorted(graph.getStreamNodes().toArray(), key=lambda node: node.getId())
    return [(str(node.getOperatorName()), str(node.getTransformationUID() or "")) for node in nodes]


def renumbered(found: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """Uids counted from the job's first: a JVM counts on from job to job, and a submission has one of its own."""
    first = min(int(uid.partition("_")[0]) for _, uid in found if uid[:1].isdigit())

    def shifted(match: re.Match[str]) -> str:
        return str(int(match[0]) - first)

    return [(re.sub(r"(?<=\[)\d+", shifted, name), re.sub(r"^\d+(?=_)", shifted, uid)) for name, uid in found]


@pytest.fixture(scope="module")
def by_parallelism(crafted_file: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[int, list[tuple[str, str]]]:
    return {number: operators(crafted_file, tmp_path_factory.mktemp("out"), number) for number in (2, 1, 3)}


def test_every_operator_has_a_uid_of_its_own(by_parallelism: dict[int, list[tuple[str, str]]]) -> None:
    found = by_parallelism[2]
    assert [name for name, uid in found if not uid] == []
    assert len({uid for _, uid in found}) == len(found) > 20


def test_stateful_operators_are_among_them(by_parallelism: dict[int, list[tuple[str, str]]]) -> None:
    uids = [uid for _, uid in by_parallelism[2]]
    kinds = ("files", "watermark-assigner", "over-aggregate", "python-calc", "streaming-writer")
    assert [kind for kind in kinds if not any(uid.endswith(kind) for uid in uids)] == []


@pytest.mark.parametrize("parallelism", [1, 3])
def test_parallelism_does_not_change_uids(
    by_parallelism: dict[int, list[tuple[str, str]]], parallelism: int
) -> None:
    assert renumbered(by_parallelism[parallelism]) == renumbered(by_parallelism[2])


def test_lines_are_parsed_and_rows_scored_once(by_parallelism: dict[int, list[tuple[str, str]]]) -> None:
    # And one counts dead letters on their way.
    assert sum(uid.endswith("python-calc") for _, uid in by_parallelism[2]) == 3
