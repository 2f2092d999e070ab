"""A worker that counts as told by its standard input, and keeps metrics as a job's worker does.

``python -m tests.udfs.metrics.worker PORT FOLDER``; each line is ``COUNT SECONDS LOADED``; it answers each.
"""

from __future__ import annotations

import sys

from conf.settings import MetricsSettings
from udfs.metrics.exporter import export_metrics
from udfs.metrics.series import series


def main(port: str, folder: str) -> None:
    export_metrics("j", MetricsSettings(port=int(port), bind="127.0.0.1", folder=folder))
    for line in sys.stdin:
        count, seconds, loaded = line.split()
        series("model_swaps_total", "j", "m", "swapped").inc(float(count))
        series("model_load_time_seconds", "j", "m", "1.0.0", "onnx").observe(float(seconds))
        series("models_loaded", "j", "m", "1.0.0", "onnx").set(float(loaded))
        series("circuit_breaker_state", "j", "m", "1.0.0").set(float(loaded))
        sys.stdout.write("done\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main(*sys.argv[1:])
