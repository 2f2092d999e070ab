"""Two experiments in one running job: a worse model is rolled back, a better one reaches all units by itself."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from gress.dev.client import create_topics
from models.registry import Registry
from tests.integration.kafka.amount_events import (
    LOOK_MS,
    PER_LOOK,
    START_MS,
    publish_models,
    send_events,
    settings_tree,
)
from tests.integration.kafka.gress_run import GressRun
from tests.integration.kafka.topics import Reader, Topics, unique
from tests.support.job_runs import write_config

MOST_LOOKS = 25
STEPS = [20, 50, 100]
WAIT_S = 300


@pytest.fixture
def registry(tmp_path: Path) -> Registry:
    return publish_models(tmp_path)


@pytest.fixture
def config(tmp_path: Path, registry: Registry) -> Path:
    tree = settings_tree(registry, experiment("harmful", "3.0.0"), experiment("helpful", "2.0.0"))
    return write_config(tmp_path / "job.yaml", tree)


def experiment(name: str, version: str) -> dict[str, Any]:
    return {
        "name": name,
        "layer": "cards",
        "traffic": 50,
        "strategy": "hash",
        "split_key": "CUSTOMER_ID",
        "ramp": {"steps": STEPS, "hold": "5m", "min_units": 500},
        "variants": [
            {"name": "control", "model_name": "fraud-detector", "model_version": "1.0.0", "weight": 100},
            {"name": "treatment", "model_name": "fraud-detector", "model_version": version},
        ],
        "verdict": {
            "auto": True,
            "interval": "10m",
            "max_silence": "30d",
            "metrics": [
                {"of": "log_loss"},
                {"of": "errors", "role": "guardrail", "margin": 0.05},
                {"of": "log_loss", "name": "loss", "role": "guardrail", "margin": 0.1},
            ],
        },
    }


@pytest.fixture
def started(config: Path, tmp_path: Path) -> Iterator[Callable[..., GressRun]]:
    runs: list[GressRun] = []

    def start(topics: Topics, more: Sequence[str]) -> GressRun:
        runs.append(GressRun(config, topics, tmp_path / "out", more))
        return runs[-1]

    yield start
    for run in runs:
        run.kill()


def has_looks(records: Sequence[dict[str, Any]], at_ms: int) -> bool:
    """Whether both experiments were looked at by then."""
    return sum(record["looked_at"] >= at_ms for record in records) >= 2


def test_worse_model_is_rolled_back_and_better_one_reaches_all_units(
    new_topics: Callable[[], Topics], started: Callable[..., GressRun], registry: Registry
) -> None:
    topics, verdicts = new_topics(), unique("verdicts")
    create_topics(topics.servers, [topics.events], partitions=2)
    create_topics(topics.servers, [verdicts], partitions=1)
    run = started(topics, [f"job.sink.kafka.verdicts={verdicts}", "job.source.kafka.idle_timeout=1h"])
    reader = Reader(topics.servers, [topics.predictions, verdicts])
    predictions, records = reader.values[topics.predictions], reader.values[verdicts]
    deployments = registry.deployments("fraud-detector")
    for look in range(MOST_LOOKS):
        send_events(topics, look)
        if look:
            reader.read(until=partial(has_looks, records, START_MS + look * LOOK_MS), timeout_s=WAIT_S)
            assert has_looks(records, START_MS + look * LOOK_MS), run.said()
        # Jobs look for new weights ten times a second.
        time.sleep(0.5)
        state = deployments.latest().experiments
        if {name: each.state for name, each in state.items()} == {"harmful": "rolled_back", "helpful": "promoted"}:
            break
    history = [(each.experiment, each.action, each.primary) for each in deployments.history()]
    assert history[0] == (None, "promote", "1.0.0")
    assert ("harmful", "end", "1.0.0") in history or ("harmful", "end", "2.0.0") in history
    assert [action for name, action, _ in history if name == "helpful"] == ["advance", "advance", "promote"]
    assert deployments.latest().primary == "2.0.0"
    told = [each for each in records if each.get("done", {}).get("generation")]
    assert [(each["experiment"], each["action"]) for each in told if each["experiment"] == "harmful"] == [
        ("harmful", "rollback")
    ]
    assert all("log_loss" in each["reasons"][0] or "loss" in each["reasons"][0] for each in told)
    # The winner scores the rows that come now, or the control where the loser was.
    send_events(topics, MOST_LOOKS)
    first = MOST_LOOKS * PER_LOOK
    reader.read(until=lambda: sum(row["event_id"] >= first for row in predictions) >= PER_LOOK, timeout_s=WAIT_S)
    last = [row for row in predictions if row["event_id"] >= first]
    assert len(last) == PER_LOOK
    assert {(row["experiment"], row["variant"], row["version"]) for row in last} == {
        ("harmful", "control", "1.0.0"),
        ("helpful", "treatment", "2.0.0"),
    }
    reader.close()
