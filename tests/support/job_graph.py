"""The operators that a job becomes, without running it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from conf.loading.loader import load_settings
from jobs.catalogue import default_config
from jobs.flink.environment import open_session
from jobs.flink.jvm.collection import planning
from jobs.scoring_job import build
from jobs.sources.files import find_inputs


def operators(
    source: Path, output: Path, parallelism: int, *overrides: str, config: Path | None = None
) -> list[tuple[str, str]]:
    """Name and uid of every operator of the fraud job, in the order of its graph."""
    nodes = _nodes(source, output, [f"execution.parallelism={parallelism}", *overrides], config)
    return [(str(node.getOperatorName()), str(node.getTransformationUID() or "")) for node in nodes]


def rescaled_after(source: Path, output: Path, config: Path, overrides: Sequence[str]) -> list[int]:
    """Milliseconds for which each edge of the fraud job that is rescaled collects its rows."""
    edges = [edge for node in _nodes(source, output, overrides, config) for edge in node.getOutEdges()]
    return [int(edge.getBufferTimeout()) for edge in edges if str(edge.getPartitioner()) == "RESCALE"]


def _nodes(source: Path, output: Path, overrides: Sequence[str], config: Path | None) -> list[Any]:
    path = config or default_config("fraud-detection")
    settings = load_settings(path, overrides=overrides, environ={})
    assert settings.job is not None
    with planning():
        session = open_session(settings)
        graph = build(session, settings, settings.job, find_inputs(str(source)), output).graph()
    return sorted(graph.getStreamNodes().toArray(), key=lambda node: node.getId())


def renumbered(found: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """Uids counted from the job's first: a JVM counts on from job to job, and a submission has one of its own."""
    first = min(int(uid.partition("_")[0]) for _, uid in found if uid[:1].isdigit())

    def shifted(match: re.Match[str]) -> str:
        return str(int(match[0]) - first)

    return [(re.sub(r"(?<=\[)\d+", shifted, name), re.sub(r"^\d+(?=_)", shifted, uid)) for name, uid in found]
