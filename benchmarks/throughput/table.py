"""The performance table of the integration document, measured: features and model of the fraud job, call after call.

A request is a card transaction with its windows. ``gress.Scorer`` computes the job's 21 features and scores them, with
the trees of fraud-detector 2.0.0 in ONNX and the network of fraud-network 1.0.0 in TFLite, in one process without Flink
that makes one call at a time. Figures, by runtime and rows of a call:

- ``p50_ms``, ``p99_ms``: elapsed time of a call.
- ``cpu_p50_ms``, ``cpu_p99_ms``: its CPU, which other work on the machine hardly changes. A call is one
  thread's work, so on a quiet machine the two are close.
- ``per_s``: rows a second of one core, by the median of the CPU.
- ``of_claim``: ``per_s`` relative to what the document claims.

``best`` is the smallest batch within 5 % of the best rate by CPU, of those that take up to 100 ms.

``python -m benchmarks table [SECONDS]``: time for the calls of each size.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import numpy as np

import gress
from benchmarks.measure import load_average, print_figures
from models.scoring.batch_times import BatchTime, best_batch, time_batches

MODELS = MappingProxyType({"ONNX": ("fraud-detector", "2.0.0"), "TFLite": ("fraud-network", "1.0.0")})
SIZES = (1, 10, 100, 1_000, 10_000)
_LIMIT_S = 0.1


@dataclass(frozen=True)
class Claim:
    """A line of the document's table: figures of a runtime and a batch.

    Attributes:
        p50_ms: median time of a call.
        p99_ms: its 99th percentile.
        per_s: requests a second.
    """

    p50_ms: float
    p99_ms: float
    per_s: int


CLAIMS: Mapping[tuple[str, int], Claim] = MappingProxyType(
    {
        ("ONNX", 1): Claim(5, 15, 200),
        ("ONNX", 100): Claim(50, 100, 20_000),
        ("TFLite", 1): Claim(3, 10, 300),
        ("TFLite", 100): Claim(30, 75, 30_000),
    }
)


@dataclass(frozen=True)
class TableRow:
    """A row of the table.

    Attributes:
        runtime: one of ``MODELS``.
        name: ``1``, ``100`` or ``best``.
        elapsed: elapsed times of a call.
        cpu: its CPU times.
    """

    runtime: str
    name: str
    elapsed: BatchTime
    cpu: BatchTime

    @property
    def claim(self) -> Claim | None:
        """The document's figure of it; None: it gives none."""
        return None if self.name == "best" else CLAIMS[self.runtime, self.cpu.rows]

    @property
    def figures(self) -> dict[str, float]:
        """Figures of the row, as the module says."""
        found: dict[str, float] = {"rows": self.cpu.rows, "per_s": round(self.cpu.rows_per_s)}
        for prefix, times in (("", self.elapsed), ("cpu_", self.cpu)):
            found |= {f"{prefix}p50_ms": float(_ms(times.median_s)), f"{prefix}p99_ms": float(_ms(times.p99_s))}
        if self.claim is not None:
            found["of_claim"] = round(self.cpu.rows_per_s / self.claim.per_s, 2)
        return found


def main(seconds: str = "0.5") -> None:
    """Print the table and the figures."""
    load = load_average()
    found = [row for runtime in MODELS for row in rows_of(runtime, budget_s=float(seconds))]
    print("\n".join(table_lines(found)))
    print(f"load average before {load}, after {load_average()}")
    print_figures({f"{row.runtime} {row.name}": row.figures for row in found})


def rows_of(runtime: str, *, budget_s: float) -> list[TableRow]:
    """Return the rows of the table for a runtime: 1 and 100 rows a call, and the best batch.

    Args:
        runtime: one of ``MODELS``.
        budget_s: time for the calls of each size.
    """
    costs = measure(*MODELS[runtime], budget_s=budget_s, clock=time.process_time)
    by_name = {"1": 1, "100": 100, "best": best_batch(costs).rows}
    # However long they take: on a busy machine a call waits for its turn.
    sizes = sorted(set(by_name.values()))
    elapsed = measure(*MODELS[runtime], sizes=sizes, budget_s=budget_s, limit_s=math.inf)
    times, by_rows = ({each.rows: each for each in found} for found in (elapsed, costs))
    return [TableRow(runtime, name, times[rows], by_rows[rows]) for name, rows in by_name.items()]


def measure(
    model: str,
    version: str,
    *,
    sizes: Sequence[int] = SIZES,
    budget_s: float,
    limit_s: float = _LIMIT_S,
    clock: Callable[[], float] = time.perf_counter,
) -> tuple[BatchTime, ...]:
    """Return the times of a model by rows of a call, up to the first size that takes longer than a limit.

    Args:
        model: name of a fraud model that comes with the package.
        version: its version.
        sizes: rows of the calls, ascending.
        budget_s: time for the calls of each size.
        limit_s: longest median of a call.
        clock: function that returns seconds.
    """
    with gress.Scorer.open("package:models", model, version, config="fraud-detection") as scorer:

        def prepare(rows: int) -> Callable[[], object]:
            columns = made_columns(scorer.inputs, rows)
            return lambda: scorer.score(columns)

        return time_batches(prepare, sizes, limit_s=limit_s, budget_s=budget_s, clock=clock)


def made_columns(names: Sequence[str], rows: int) -> dict[str, np.ndarray[Any, Any]]:
    """Return made-up transactions: a time a minute, all else numbers up to 100 with two digits."""
    rng = np.random.default_rng(7)
    columns: dict[str, np.ndarray[Any, Any]] = {name: rng.uniform(0, 100, rows).round(2) for name in names}
    columns["TX_DATETIME"] = np.datetime64("2026-01-01T00:00", "ms") + np.arange(rows) * np.timedelta64(1, "m")
    return columns


def table_lines(rows: Sequence[TableRow]) -> list[str]:
    """Return the table as Markdown, what the document claims in brackets."""
    heads = ("runtime", "rows of a call", "elapsed p50", "elapsed p99", "CPU p50", "CPU p99", "rows/s by CPU")
    lines = [f"| {' | '.join(heads)} |", f"|{'---|' * len(heads)}"]
    for row in rows:
        times = (row.elapsed.median_s, row.elapsed.p99_s, row.cpu.median_s, row.cpu.p99_s)
        cells = [f"{_ms(each)} ms" for each in times] + [f"{row.cpu.rows_per_s:,.0f}"]
        if (claim := row.claim) is not None:
            said = {2: f"{claim.p50_ms:g} ms", 3: f"{claim.p99_ms:g} ms", 4: f"{claim.per_s:,}"}
            cells = [f"{cell} ({said[place]})" if place in said else cell for place, cell in enumerate(cells)]
        size = f"{row.cpu.rows:,}" + (" (best)" if row.name == "best" else "")
        lines.append(f"| {row.runtime} | {size} | {' | '.join(cells)} |")
    return lines


def _ms(seconds: float) -> str:
    """Return milliseconds of three digits."""
    return f"{seconds * 1e3:.3g}"


if __name__ == "__main__":
    import sys

    main(*sys.argv[1:])
