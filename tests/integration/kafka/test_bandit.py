"""A bandit in a running job: the best of three models gets most rows, and each row tells the weight that drew it."""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from gress.dev.client import create_topics
from gress.experiments.replayed import replay_files
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

NAMES = ("control", "truth", "opposite")
LOOKS = 4
WAIT_S = 300
BANDIT = {
    "name": "best",
    "strategy": "bandit",
    "bandit": {"goal": "log_loss", "floor": 0.05, "min_units": 200},
    "variants": [
        {"name": name, "model_name": "fraud-detector", "model_version": f"{place}.0.0"}
        for place, name in enumerate(NAMES, start=1)
    ],
    "verdict": {
        "auto": True,
        "interval": "10m",
        "max_silence": "30d",
        "metrics": [{"of": "log_loss"}, {"of": "errors", "role": "guardrail", "margin": 0.05}],
    },
}


@pytest.fixture
def registry(tmp_path: Path) -> Registry:
    return publish_models(tmp_path)


@pytest.fixture(params=[None, "CUSTOMER_ID"], ids=["events", "units"])
def config(request: pytest.FixtureRequest, tmp_path: Path, registry: Registry) -> Path:
    return write_config(tmp_path / "job.yaml", settings_tree(registry, BANDIT | {"split_key": request.param}))


@pytest.fixture
def run(config: Path, tmp_path: Path, new_topics: Callable[[], Topics]) -> Iterator[tuple[GressRun, Topics, str]]:
    topics, verdicts = new_topics(), unique("verdicts")
    create_topics(topics.servers, [topics.events], partitions=2)
    create_topics(topics.servers, [verdicts], partitions=1)
    more = [f"job.sink.kafka.verdicts={verdicts}", "job.source.kafka.idle_timeout=1h"]
    found = GressRun(config, topics, tmp_path / "out", more)
    yield found, topics, verdicts
    found.kill()


def has_look(records: list[dict[str, Any]], at_ms: int) -> bool:
    return sum(record["looked_at"] >= at_ms for record in records) >= 2


def test_weights_go_to_the_best_model_and_rows_tell_them(
    run: tuple[GressRun, Topics, str], registry: Registry, config: Path, tmp_path: Path
) -> None:
    job, topics, verdicts = run
    reader = Reader(topics.servers, [topics.predictions, verdicts])
    predictions, records = reader.values[topics.predictions], reader.values[verdicts]
    for look in range(LOOKS):
        send_events(topics, look)
        if look:
            reader.read(until=partial(has_look, records, START_MS + look * LOOK_MS), timeout_s=WAIT_S)
            assert has_look(records, START_MS + look * LOOK_MS), job.said()
        # Jobs look for new weights ten times a second.
        time.sleep(0.5)
    rows = LOOKS * PER_LOOK
    reader.read(until=lambda: len(predictions) >= rows, timeout_s=WAIT_S)
    reader.close()
    assert len(predictions) == rows
    assert [record["reasons"] for record in records if record["action"] == "rollback"] == []
    history = registry.deployments("fraud-detector").history()
    states = [each.experiments["best"] for each in history if "best" in each.experiments]
    in_force = [dict.fromkeys(NAMES, 100 / 3), *(state.weights for state in states)]
    assert states
    assert [state.step for state in states] == list(range(1, len(states) + 1))
    # Each row tells a weight that its variant had; the first look's rows came before any change.
    known = {(name, round(weights[name] / 100, 9)) for weights in in_force for name in NAMES}
    told = {(row["variant"], round(row["propensity"], 9)) for row in predictions}
    assert told <= known
    assert {row["propensity"] for row in predictions if row["event_id"] < PER_LOOK} == {1 / 3}
    last = [row for row in predictions if row["event_id"] >= (LOOKS - 1) * PER_LOOK]
    counts = Counter(row["variant"] for row in last)
    for name in NAMES:
        share = in_force[-1][name] / 100
        assert counts[name] / len(last) == pytest.approx(share, abs=4 * (share * (1 - share) / len(last)) ** 0.5)
    assert in_force[-1]["truth"] > 80
    assert min(min(weights.values()) for weights in in_force) >= 5
    # The first record of a look changes the weights, and both tell it.
    acting = [record for record in records if record["action"] == "reweigh"]
    assert acting[0]["done"]["generation"] == 2
    assert acting[1]["done"] == acting[0]["done"]
    assert dict(states[0].weights) == acting[0]["bandit"]["weights"]
    # What the rows tell, replayed, is what the job said.
    lines = (json.dumps(row) + "\n" for row in predictions)
    (tmp_path / "predictions.jsonl").write_text("".join(lines), "utf-8")
    done = replay_files([tmp_path / "predictions.jsonl"], config, ())
    at = max(record["looked_at"] for record in records)
    said, replayed = (
        next(each for each in some if each["looked_at"] == at and each["variant"] == "truth")
        for some in (records, done.records)
    )
    for name in NAMES:
        assert replayed["bandit"]["rewards"][name]["value"] == pytest.approx(
            said["bandit"]["rewards"][name]["value"], rel=5e-3
        )
