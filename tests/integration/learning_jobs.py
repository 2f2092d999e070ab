"""Jobs that learn transactions without windows, and what they leave."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from jobs.sources.transactions import GeneratorSettings, TransactionGenerator, write
from models.learned.linear import LearnedLinear
from models.learned.snapshots import open_snapshots
from tests.integration.learning_oracle import DAY_MS
from tests.support.fraud_config import STATELESS, write_fraud_config
from tests.support.job_runs import JobRun, read_parts
from tests.support.small_model import write_model

MODEL = "fraud-online"
# In the order of the shipped feature set.
COLUMNS = ("TX_AMOUNT", "TX_DURING_WEEKEND", "TX_DURING_NIGHT")
EVENTS, FILES = 8_000, 20
FIELDS = "{tx: {type: long}, at: {type: timestamp, unit: ms}, fraud: {type: long}}"
LABELS = f"id: tx, time: at, label: fraud, fields: {FIELDS}"


@dataclass(frozen=True)
class Given:
    """Transactions, the same labels in a file of their own, and settings of a job without windows."""

    folder: Path
    config: Path
    rows: pd.DataFrame

    @property
    def events(self) -> Path:
        return self.folder / "events.jsonl"

    @property
    def pieces(self) -> Path:
        """The events in many files, which one task after the other reads."""
        return self.folder / "events"

    @property
    def labels(self) -> Path:
        return self.folder / "labels.jsonl"


def made(folder: Path, events: int = EVENTS, customers: int = 200) -> Given:
    """Make transactions in a folder that is not there."""
    folder.mkdir()
    write(folder / "events.jsonl", TransactionGenerator(GeneratorSettings(customers=customers)).batches(events))
    (folder / "events").mkdir()
    lines = (folder / "events.jsonl").read_bytes().splitlines(keepends=True)
    for number in range(FILES):
        part = lines[number * events // FILES : (number + 1) * events // FILES]
        (folder / "events" / f"{number:03}.jsonl").write_bytes(b"".join(part))
    rows = pd.read_json(folder / "events.jsonl", lines=True, convert_dates=False)
    times = pd.to_datetime(rows["TX_DATETIME"])
    rows["TX_MS"] = times.astype("int64") // (1_000_000 if times.dt.unit == "ns" else 1)
    rows["TX_DURING_NIGHT"] = (times.dt.hour < 7).astype(float)
    rows["TX_DURING_WEEKEND"] = (times.dt.dayofweek >= 5).astype(float)
    # As models get them.
    rows["TX_AMOUNT"] = rows["TX_AMOUNT"].astype(np.float32).astype(float)
    rows["known"] = rows["TX_MS"] + 3 * DAY_MS
    labels = pd.DataFrame({"tx": rows["TRANSACTION_ID"], "at": rows["known"], "fraud": rows["TX_FRAUD"]})
    labels.to_json(folder / "labels.jsonl", orient="records", lines=True)
    model = write_model(folder / "model", width=len(STATELESS))
    return Given(folder, write_fraud_config(folder, features=STATELESS, model=model), rows)


def settings(folder: Path, **more: str) -> list[str]:
    learning = {
        "model_name": MODEL,
        "registry": f"{{type: local, base_path: {folder / 'registry'}}}",
        "label_delay": "3d",
        "learner": "{learning_rate: 0.05}",
        # It takes nothing back, as the oracle does not.
        "guard": "{margin: 1000}",
        "keep": "100",
        **more,
    }
    listed = ", ".join(f"{name}: {value}" for name, value in learning.items() if value)
    return [
        "ml.online_learning.enabled=true",
        "ml.online_learning.default_checkpoint_interval=1d",
        f"ml.online_learning.checkpoint_dir={folder / 'snapshots'}",
        f"job.learning={{{listed}}}",
        "job.inference.batch_size=200",
    ]


def last(folder: Path) -> LearnedLinear:
    """The last model of a run."""
    _, version = open_snapshots(str(folder / "snapshots")).read(MODEL)
    assert isinstance(version.model, LearnedLinear)
    return version.model


def bits(folder: Path) -> Mapping[str, bytes]:
    """The snapshots of a run, with all weights, by version."""
    return {path.stem: path.read_bytes() for path in (folder / "snapshots" / MODEL).glob("*.json")}


def records(run: JobRun) -> list[dict[str, object]]:
    return read_parts(run.output / "learning").to_dict("records")
