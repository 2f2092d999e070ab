"""A bandit in a running job: the best of three models gets most rows, and each row tells the weight that drew it."""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
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
SPLITS = {"events": None, "units": "CUSTOMER_ID"}
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


@dataclass(frozen=True)
class Bandit:
    """A running job with a bandit.

    Attributes:
        config: settings of the job.
        registry: where its weights come from.
        run: the job.
        topics: what it reads and writes.
        reader: of predictions and verdicts.
        predictions: that were read.
        records: verdicts that were read.
    """

    config: Path
    registry: Registry
    run: GressRun
    topics: Topics
    reader: Reader
    predictions: list[dict[str, Any]]
    records: list[dict[str, Any]]

    def read(self, until: Callable[[], bool]) -> None:
        """Take records until something holds of them; it must."""
        self.reader.read(until=until, timeout_s=WAIT_S)
        assert until(), self.run.said()

    def has_look(self, at_ms: int) -> bool:
        """Whether both other variants were looked at by then."""
        return len([record for record in self.records if record["looked_at"] >= at_ms]) >= 2


@pytest.fixture(scope="module")
def started(tmp_path_factory: pytest.TempPathFactory, new_topics: Callable[[], Topics]) -> Iterator[dict[str, Bandit]]:
    """A job that draws a variant for each event, and one that does so for each customer, after all looks.

    Both wait for most of the time, so they do it together.
    """
    found: dict[str, Bandit] = {}
    try:
        for name, split_key in SPLITS.items():
            found[name] = start(tmp_path_factory.mktemp(name), new_topics(), split_key)
        for look in range(LOOKS):
            for job in found.values():
                send_events(job.topics, look)
            for job in found.values() if look else ():
                job.read(partial(job.has_look, START_MS + look * LOOK_MS))
            # Jobs look for new weights ten times a second.
            time.sleep(0.5)
        for job in found.values():
            job.read(partial(has_rows, job.predictions, LOOKS * PER_LOOK))
        yield found
    finally:
        for job in found.values():
            job.run.kill()
            job.reader.close()


def start(folder: Path, topics: Topics, split_key: str | None) -> Bandit:
    registry, verdicts = publish_models(folder), unique("verdicts")
    config = write_config(folder / "job.yaml", settings_tree(registry, BANDIT | {"split_key": split_key}))
    create_topics(topics.servers, [topics.events], partitions=2)
    create_topics(topics.servers, [verdicts], partitions=1)
    more = [f"job.sink.kafka.verdicts={verdicts}", "job.source.kafka.idle_timeout=1h"]
    run = GressRun(config, topics, folder / "out", more)
    reader = Reader(topics.servers, [topics.predictions, verdicts])
    return Bandit(config, registry, run, topics, reader, reader.values[topics.predictions], reader.values[verdicts])


def has_rows(predictions: list[dict[str, Any]], count: int) -> bool:
    return len(predictions) >= count


@pytest.mark.parametrize("split", SPLITS)
def test_weights_go_to_the_best_model_and_rows_tell_them(
    split: str, started: dict[str, Bandit], tmp_path: Path
) -> None:
    job = started[split]
    predictions, records = job.predictions, job.records
    assert len(predictions) == LOOKS * PER_LOOK
    assert [record["reasons"] for record in records if record["action"] == "rollback"] == []
    history = job.registry.deployments("fraud-detector").history()
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
    # The rows, replayed, tell what the job said.
    lines = (json.dumps(row) + "\n" for row in predictions)
    (tmp_path / "predictions.jsonl").write_text("".join(lines), "utf-8")
    done = replay_files([tmp_path / "predictions.jsonl"], job.config, ())
    at = max(record["looked_at"] for record in records)
    said, replayed = (
        next(each for each in some if each["looked_at"] == at and each["variant"] == "truth")
        for some in (records, done.records)
    )
    for name in NAMES:
        assert replayed["bandit"]["rewards"][name]["value"] == pytest.approx(
            said["bandit"]["rewards"][name]["value"], rel=5e-3
        )
