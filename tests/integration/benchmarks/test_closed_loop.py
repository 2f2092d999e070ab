"""A job scores with the model that it learns: a label is seen, new weights score."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest

from benchmarks.learning.closed_loop import MODEL, area, label_to_score, newest_by_version, run_loop
from benchmarks.learning.payments import Names, Town
from gress.dev.broker import DevKafka
from models.version import Version

FIRST = "0.0.0"
LEARNT, SCORED = 3, 500


@pytest.fixture
def kafka(tmp_path: Path, kafka_jars: None) -> Iterator[DevKafka]:
    with DevKafka(tmp_path / "kafka", partitions=2) as broker:
        yield broker


@pytest.mark.slow
def test_labels_become_weights_that_score(kafka: DevKafka, tmp_path: Path) -> None:
    names = Names("payments", "labels", "predictions")
    town = Town(kafka.servers, names, rate=100)

    def is_enough(steps: int) -> bool:
        """Whether some versions have scored, and the last of them enough."""
        versions = [each.version for each in town.seen if each.version != FIRST]
        return (len(set(versions)) >= LEARNT and versions.count(versions[-1]) >= SCORED // LEARNT) or steps > 240

    loop = run_loop(tmp_path, town, is_enough)
    newest = newest_by_version(loop.registry, town.seen)
    waits = label_to_score(town, newest)
    known = sorted(wait for wait in waits.values() if wait is not None)
    sys.stdout.write(f"label to score: p95 {known[int(0.95 * len(known))]:.1f} s\n")
    # `make bench NAME=closed_loop` measures the speed.
    assert len(newest) > LEARNT
    assert newest[FIRST] == -1
    # Later versions have learnt from later payments, and are later to score.
    ordered = sorted(newest, key=Version.parse)
    assert all(newest[one] < newest[other] for one, other in pairwise(ordered))
    firsts = [min(each.at_s for each in town.seen if each.version == version) for version in ordered]
    assert firsts == sorted(firsts)
    # No version scores before the labels that it was learnt from are sent, and all labels but the newest do score.
    assert all(wait > 0 for wait in known)
    assert all(wait is not None for number, wait in waits.items() if town.made_ms[number] <= newest[ordered[-1]])
    assert loop.registry.deployments(MODEL).latest().primary >= ordered[-1]
    # A model that knows nothing tells nothing apart.
    learnt = [each for each in town.seen if each.version != FIRST]
    assert area([each for each in town.seen if each.version == FIRST], town.frauds) == 0.5
    assert area(learnt[-SCORED:], town.frauds) > 0.8
    assert len({each.payment for each in town.seen}) == len(town.seen)
