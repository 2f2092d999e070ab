"""Predictions joined with labels: pairs a second on two cores in a mini-cluster, and the join alone in one process.

Predictions come at a steady rate in event time, in batches that are packed by 32 shards as jobs pack them. Labels come
with exponential delays, some before their predictions, some twice and some never. The figures are slopes between two
numbers of predictions, so that the start of the JVM is left out. The stage has TASKS tasks: by default one, as tasks of
one JVM take turns in Python, and two reach less than one does.

- ``matched_pairs_per_second``: in the mini-cluster, parts read from a file, joined, and counted.
- ``cpu_us_per_pair``: CPU of all programs; ``engine_us_per_pair`` that of the join without Flink.
- ``state_bytes_at_end``: what the stores of the join alone hold when the last prediction has come, of
  ``rows_waiting_at_end`` and of the remembered ids.

``python -m benchmarks label_join [PREDICTIONS [REPEATS [TASKS]]]``.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from benchmarks.labels.label_job import INDEX, PARTS, SIDES, joined_rows
from benchmarks.measure import Run, cpu, elapsed, load_average, print_figures, run_module, take_turns, us_per_row
from benchmarks.windows.window_stages import LABELS, Shards
from jobs.flink.environment import AUTO_BATCH_ROWS
from state.labels.settings import JoinTimes
from udfs.labels.keyed_labels import KeyedLabels, Side
from udfs.labels.settings import JoinSide, LabelSettings
from udfs.windows.pack_lines import LABEL_BYTES
from udfs.windows.parts import PartFormat, by_key

if TYPE_CHECKING:
    from numpy.typing import NDArray

BATCH_ROWS = AUTO_BATCH_ROWS
RATE = 1_000
"""Predictions a second of event time."""

DELAY_S, TTL_S = 120, 600
EARLY, TWICE, NEVER = 0.02, 0.01, 0.05
PREDICTIONS = JoinSide(
    (
        ("event_id", "BIGINT"),
        ("event_time", "BIGINT"),
        ("prediction", "DOUBLE"),
        ("experiment", "STRING"),
        ("variant", "STRING"),
    ),
    "event_id",
    "event_time",
)
LABELLED = JoinSide((("event_id", "BIGINT"), ("label_time", "BIGINT"), ("label", "DOUBLE")), "event_id", "label_time")
COLUMNS: dict[Side, JoinSide] = {"predictions": PREDICTIONS, "labels": LABELLED}
SETTINGS = LabelSettings(PREDICTIONS, LABELLED, "label", JoinTimes(1000 * TTL_S, 60_000, 60_000))

_SEED = 11


@dataclass(frozen=True)
class Batch:
    """Rows of one side, packed by shards.

    Attributes:
        side: the side.
        parts: label of a shard and its part.
        newest: time of the latest row.
        watermark: up to it all rows of both sides have come after this batch.
    """

    side: Side
    parts: list[tuple[int, bytes]]
    newest: int
    watermark: int = 0


def batches(count: int) -> list[Batch]:
    """Return the batches of both sides in the order of time."""
    random = np.random.default_rng(_SEED)
    ids = np.arange(count)
    times = ids * 1000 // RATE
    texts = np.array(["control", "treatment"], object).take(random.integers(0, 2, count))
    columns = {
        "event_id": ids,
        "event_time": times,
        "prediction": random.random(count),
        "experiment": np.full(count, "thresholds", object),
        "variant": texts,
    }
    delays = random.exponential(1000 * DELAY_S, count).astype(np.int64)
    delays = np.where(random.random(count) < EARLY, -random.integers(0, 20_000, count), delays)
    is_labelled = (random.random(count) >= NEVER) & (delays < 1000 * TTL_S)
    labelled = np.concatenate([ids[is_labelled], random.integers(0, count, int(TWICE * count))])
    at = times[labelled] + delays[labelled]
    order = at.argsort(kind="stable")
    labels = {"event_id": labelled[order], "label_time": at[order], "label": random.integers(0, 2, len(at)) * 1.0}
    found = [*_packed("predictions", columns, times), *_packed("labels", labels, at[order])]
    found.sort(key=lambda batch: batch.newest)
    newest = dict.fromkeys(SIDES, 0)
    for place, batch in enumerate(found):
        newest[batch.side] = batch.newest
        found[place] = replace(batch, watermark=min(newest.values()) - 1)
    return found


def engine_only(count: int) -> dict[str, float]:
    """Return the figures of the join without Flink."""
    store, outcomes, seconds = Shards(), Counter[str](), 0.0
    join, steps = KeyedLabels(SETTINGS, store), batches(count)
    last = max(step.newest for step in steps if step.side == "predictions")
    end_bytes = held = 0
    for step in steps:
        begin = time.process_time()
        for label, part in step.parts:
            store.current = label
            for left in (*join.arrive(label, step.side, part), *join.advance(label, step.watermark)):
                outcomes[left.outcome] += left.rows
        seconds += time.process_time() - begin
        if step.newest <= last:
            end_bytes = sum(len(piece) for pieces in store.chunks.values() for piece in pieces.values())
            held = sum(join.waiting)
    print(f"engine: {dict(outcomes)}, {held:,} rows wait at the end of the predictions", flush=True)
    per_pair = round(seconds / outcomes["matched"] * 1e6, 2)
    return {"engine_us_per_pair": per_pair, "state_bytes_at_end": end_bytes, "rows_waiting_at_end": held}


def write(folder: Path, found: Iterable[Batch]) -> None:
    """Write the parts of batches, one after the other, and where they lie."""
    index, end, watermark = list[tuple[int, int, int]](), 0, 0
    with (folder / PARTS).open("wb") as file:
        for batch in found:
            for label, part in batch.parts:
                end += file.write(label.to_bytes(LABEL_BYTES, "little", signed=True) + part)
                index.append((end, watermark, SIDES.index(batch.side)))
            # The last part of a batch brings its watermark.
            watermark = batch.watermark
            index[-1] = end, watermark, index[-1][2]
    np.save(folder / INDEX, index)


def run_once(folder: str, tasks: str) -> None:
    """Join the rows of a folder in a mini-cluster, and print the figures."""
    begin = time.perf_counter()
    outcomes = joined_rows(Path(folder), SETTINGS, parallelism=int(tasks))
    print_figures({"seconds": time.perf_counter() - begin, "outcomes": outcomes})


def main(predictions: str = "2000000", repeats: str = "3", tasks: str = "1") -> None:
    """Print the figures."""
    count, load = int(predictions), load_average()
    sizes = (count // 4, count)
    with tempfile.TemporaryDirectory(prefix="gress-bench-") as name:
        for size in sizes:
            folder = Path(name) / str(size)
            folder.mkdir()
            write(folder, batches(size))

        def join(size: int) -> Run:
            run = run_module("benchmarks.labels.label_join", "once", str(Path(name) / str(size)), tasks, rows=size)
            pairs = run.result["outcomes"]["matched"]
            return Run(pairs, run.seconds, run.cpu_s, run.result)

        turns = take_turns({"join": join}, sizes, int(repeats))["join"]
    print(f"outcomes of the largest run: {turns[-1][-1].result['outcomes']}")
    print(f"load average before {load}, after {load_average()}")
    figures = {
        "matched_pairs_per_second": round(1e6 / us_per_row(turns, elapsed)),
        "cpu_us_per_pair": round(us_per_row(turns, cpu), 2),
    }
    print_figures({**figures, **engine_only(count)})


def _packed(side: Side, columns: dict[str, Any], times: NDArray[np.int64]) -> Iterator[Batch]:
    rows_format = PartFormat(COLUMNS[side].columns)
    for begin in range(0, len(times), BATCH_ROWS):
        chosen = slice(begin, begin + BATCH_ROWS)
        block = rows_format.block({name: values[chosen] for name, values in columns.items()})
        parts = [(LABELS[shard], rows_format.encode(rows)) for shard, rows in by_key(block, "event_id", len(LABELS))]
        yield Batch(side, parts, int(times[chosen][-1]))


if __name__ == "__main__":
    if sys.argv[1:2] == ["once"]:
        run_once(*sys.argv[2:])
    else:
        main(*sys.argv[1:])
