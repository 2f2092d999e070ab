"""Labels in a stream of their own, of which is known what is to become of each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from jobs.sources.transactions import GeneratorSettings, TransactionGenerator, write
from tests.support.fraud_config import STATELESS, write_fraud_config
from tests.support.job_runs import read_parts
from tests.support.small_model import write_model

HOUR, DAY = 3_600_000, 86_400_000
# Fates of an event's label: the share of events, and the time of the label after its event.
KINDS: Mapping[str, tuple[float, float, float]] = {
    "in time": (0.6, HOUR, 5 * DAY),
    "before its event": (0.1, -20 * HOUR, -HOUR),
    "late": (0.1, 7 * DAY + HOUR, 8 * DAY),
    "twice": (0.1, HOUR, 5 * DAY),
    "missing": (0.1, 0, 0),
}
ORPHANS, BAD = 50, ['{"tx": 1, "at": "never", "fraud": 1}', "{", '{"tx": 2, "fraud": 0}']


@dataclass(frozen=True)
class Input:
    """Files of events and labels, and what is to become of them.

    Attributes:
        pairs: id and label of the predictions that get one.
        counts: rows by outcome, where no label stands for a missing one.
    """

    folder: Path
    config: Path
    pairs: pd.DataFrame
    counts: Mapping[str, int]

    @property
    def events(self) -> Path:
        return self.folder / "events.jsonl"


def make_input(folder: Path, events: int, customers: int) -> Input:
    """Write events and labels; some lines of the labels are no labels."""
    folder.mkdir()
    write(folder / "events.jsonl", TransactionGenerator(GeneratorSettings(customers=customers)).batches(events))
    frame = pd.read_json(folder / "events.jsonl", lines=True, convert_dates=False)
    times = pd.to_datetime(frame["TX_DATETIME"]).astype("int64").to_numpy() // 1_000_000
    times = times if times[0] > 10**12 else times * 1_000
    random = np.random.default_rng(5)
    kinds = random.choice(list(KINDS), events, p=[share for share, _, _ in KINDS.values()])
    first, last = (np.array([KINDS[kind][place] for kind in kinds]) for place in (1, 2))
    delays = (first + random.random(events) * (last - first)).astype(np.int64)
    labels = pd.DataFrame({"tx": frame["TRANSACTION_ID"], "at": times + delays, "fraud": random.random(events) < 0.2})
    again = labels[kinds == "twice"].assign(at=lambda rows: rows["at"] + HOUR, fraud=True)
    orphans = pd.DataFrame({"tx": 10**9 + np.arange(ORPHANS), "at": times[:ORPHANS] + DAY, "fraud": True})
    written = pd.concat([labels[kinds != "missing"], again, orphans]).sort_values("at", kind="stable")
    lines = written.assign(fraud=written["fraud"].astype(int)).to_json(orient="records", lines=True).splitlines()
    (folder / "labels.jsonl").write_text("\n".join([*lines[:9], *BAD, *lines[9:]]) + "\n", "utf-8")
    of = pd.Series(kinds).value_counts()
    has_pair = np.isin(kinds, ["in time", "before its event", "twice"])
    counts = {
        "matched": int(has_pair.sum()),
        "unlabelled": int((~has_pair).sum()),
        "late": int(of["late"]),
        "duplicate": int(of["twice"]),
        "orphan": ORPHANS,
    }
    return Input(folder, write_config(folder), labels[has_pair], counts)


def write_config(folder: Path) -> Path:
    return write_fraud_config(folder, features=STATELESS, model=write_model(folder / "model", width=len(STATELESS)))


def overrides(of: Input, missing: str = "null", *, source: str | None = None, id_type: str = "long") -> list[str]:
    """Settings of an experiment with two versions of the job's model, and of its labels.

    Args:
        of: the input.
        missing: label of a prediction that none comes for.
        source: setting that names where labels come from; without it, the input's file.
        id_type: type of the ids of labels.
    """
    path = of.folder / "model" / "model.onnx"
    arms = {"control": ("2.0.0", 60), "treatment": ("3.0.0", 40)}
    models = [f"{{name: fraud-detector, version: {version}, type: onnx, path: {path}}}" for version, _ in arms.values()]
    variants = [
        f"{{name: {name}, model_name: fraud-detector, model_version: {version}, weight: {weight}}}"
        for name, (version, weight) in arms.items()
    ]
    metrics = "{of: label, better: lower}, {of: log_loss}, {of: auc}, {of: errors, role: guardrail, margin: 0.01}"
    verdict = f"verdict: {{interval: 1d, metrics: [{metrics}]}}"
    tested = f"name: test, strategy: hash, split_key: CUSTOMER_ID, variants: [{', '.join(variants)}], {verdict}"
    fields = f"tx: {{type: {id_type}}}, at: {{type: timestamp, unit: ms}}, fraud: {{type: long}}"
    times = f"ttl: 7d, early: 1d, late: 2d, missing_label: {missing}"
    source = source or f"path: {of.folder / 'labels.jsonl'}"
    named = f"{source}, id: tx, time: at, label: fraud, fields: {{{fields}}}"
    return [
        f"ml.models=[{', '.join(models)}]",
        "ml.ab_testing.enabled=true",
        f"ml.ab_testing.experiments=[{{{tested}}}]",
        f"job.labels={{{named}, {times}}}",
        "job.inference.batch_size=500",
    ]


def records(output: Path) -> list[dict[str, Any]]:
    """Verdicts in the order of their looks."""
    found = read_parts(output / "verdicts").to_dict("records")
    return sorted(found, key=lambda record: int(record["looked_at"]))


def expected_arms(predictions: pd.DataFrame, pairs: pd.DataFrame) -> dict[str, dict[str, float]]:
    """Metrics of the label of each variant, by pandas."""
    rows = predictions.merge(pairs, left_on="event_id", right_on="tx")
    chance, truth = rows["prediction"], rows["fraud"].astype(int)
    rows["log_loss"] = -np.log(np.where(truth == 1, chance, 1 - chance))
    found = {}
    for name, of in rows.groupby("variant"):
        ranks, is_positive = of["prediction"].rank(), of["fraud"].astype(bool)
        positives, negatives = is_positive.sum(), (~is_positive).sum()
        area = (ranks[is_positive].sum() - positives * (positives + 1) / 2) / (positives * negatives)
        found[str(name)] = {"label": is_positive.mean(), "log_loss": of["log_loss"].mean(), "auc": area}
    return found


def check_last_record(output: Path, predictions: pd.DataFrame, pairs: pd.DataFrame) -> None:
    """Compare the last verdict with the metrics of all pairs."""
    last = records(output)[-1]
    for name, wanted in expected_arms(predictions, pairs).items():
        found = last["arms"][name]
        assert found["label"] == pytest.approx(wanted["label"], rel=1e-9)
        assert found["log_loss"] == pytest.approx(wanted["log_loss"], rel=1e-6)
        assert found["auc"] == pytest.approx(wanted["auc"], abs=0.002)  # it is counted in cells
    assert last["numbers"]["label.clock"] == len(pairs)
