"""Throughput of models on a GPU, beside the same models on one core.

Two networks of 20 features: the small one of ``scoring`` (20-64-32-1), and a wide one (20-2048-2048-1), as a small one
leaves a GPU idle. Each is run through the runtime of the jobs, one call after the other: batches of 100 rows, as in the
integration document (100,000 rows/s), and the best batch, the smallest within 5 % of the best rate. Figures:

- ``SIZE_DEVICE_rows_per_s_100``, ``_p50_ms_100``, ``_p99_ms_100``: batches of 100 rows.
- ``SIZE_DEVICE_best_batch``, ``_rows_per_s_best``: the best batch.
- ``SIZE_bound_from_bytes``: size of a batch's inputs from which on binding them, and outputs, costs no time; ``null``:
  no size does. A line for each size has its ratio. ``bind_from_bytes`` is the bound in use.
- ``ratio_document``: rows/s on the GPU in batches of 100, small network, relative to the document's 100,000.

Without a GPU it says why, and prints the figures of the CPU. ``python -m benchmarks gpu [SECONDS_A_SIZE]``.
"""

from __future__ import annotations

import sys
from typing import Any

from benchmarks.gpu.networks import NETWORKS
from benchmarks.gpu.times import ROWS, bound_from, bound_ratios, figures_of, open_network, times_of
from benchmarks.measure import load_average, print_figures
from models.runtimes.gpu.bound_run import BIND_FROM_BYTES

_DOCUMENT_ROWS_PER_S = 100_000


def main(seconds: str = "0.5") -> None:
    """Print the figures."""
    load = load_average()
    figures: dict[str, Any] = {"provider": "CPUExecutionProvider", "device": "cpu"}
    problem = None
    for size, content in NETWORKS.items():
        for kind, is_gpu in (("cpu", False), ("gpu", True)):
            runtime = open_network(content(), is_gpu=is_gpu)
            problem = runtime.gpu_problem
            if problem is not None:
                continue
            times = times_of(runtime, float(seconds))
            for each in times:
                print(
                    f"{size} on {kind}, {each.rows} rows: {each.median_s * 1e3:.3f} ms, {each.rows_per_s:,.0f} rows/s"
                )
            figures |= figures_of(f"{size}_{kind}", times)
            if is_gpu:
                session = runtime._session
                figures |= {"provider": session.get_providers()[0], "device": session.name}
                ratios = bound_ratios(runtime, [each.rows for each in times])
                for count, ratio in ratios.items():
                    print(f"{size} on gpu, {count:,} bytes of inputs: bound {ratio:.2f} times as fast")
                figures |= {f"{size}_bound_from_bytes": bound_from(ratios), "bind_from_bytes": BIND_FROM_BYTES}
    if problem is not None:
        print(f"no GPU, so these are figures of one core: {problem.reason}: {problem}")
    measured = "gpu" if problem is None else "cpu"
    figures["ratio_document"] = round(figures[f"small_{measured}_rows_per_s_{ROWS}"] / _DOCUMENT_ROWS_PER_S, 3)
    print(f"load average before {load}, after {load_average()}")
    print_figures(figures)


if __name__ == "__main__":
    main(*sys.argv[1:])
