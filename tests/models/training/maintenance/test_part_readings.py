from __future__ import annotations

import gzip
import json
from collections import defaultdict
from typing import Any

import numpy as np
import pytest

from jobs.catalogue import sample_input
from models.training.maintenance.part_readings import make_readings

PARTS = 40


@pytest.fixture(scope="module")
def rows() -> list[dict[str, Any]]:
    return list(make_readings(PARTS, 5))


@pytest.fixture(scope="module")
def by_part(rows: list[dict[str, Any]]) -> dict[str, list[dict[str, Any]]]:
    found = defaultdict(list)
    for row in rows:
        found[row["part"]].append(row)
    return found


def test_every_part_is_read_each_hour_until_it_fails(by_part: dict[str, list[dict[str, Any]]]) -> None:
    assert len(by_part) == PARTS
    for own in by_part.values():
        assert set(np.diff([row["time"] for row in own])) == {3_600_000}
        assert [row["hours_left"] for row in own] == list(range(len(own) - 1, -1, -1))
        assert sum(row["fails"] for row in own) == 25


def test_readings_come_in_the_order_of_time(rows: list[dict[str, Any]]) -> None:
    assert [row["reading"] for row in rows] == list(range(len(rows)))
    assert [row["time"] for row in rows] == sorted(row["time"] for row in rows)


def test_wear_shows_in_all_sensors_but_current(by_part: dict[str, list[dict[str, Any]]]) -> None:
    def rise(name: str) -> float:
        # Over whole days, so that the load of the hour drops out.
        return float(
            np.mean(
                [
                    np.mean([r[name] for r in own[-24:]]) - np.mean([r[name] for r in own[:48]])
                    for own in by_part.values()
                ]
            )
        )

    # Mean of the law over the last day of a life of 250 hours: exp(8 (w - 1)) is 0.7, w^6 0.75, w^4 0.83.
    assert rise("vibration") == pytest.approx(1.2 * 0.7, abs=0.25)
    assert rise("temperature") == pytest.approx(5 * 0.75, abs=1)
    assert rise("pressure") == pytest.approx(-0.6 * 0.83, abs=0.15)
    assert rise("current") == pytest.approx(0, abs=0.15)


def test_sample_has_the_rows_of_its_seed() -> None:
    sample = sample_input("predictive-maintenance")
    assert sample is not None
    with gzip.open(sample, "rt", encoding="utf-8") as lines:
        found = [json.loads(line) for line in lines]
    assert found == list(make_readings(24, 2))
