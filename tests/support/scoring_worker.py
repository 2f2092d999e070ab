"""A worker that scores 100 rows every 20 ms, as far as its metrics go, until it is killed.

``python -m tests.support.scoring_worker PORT FOLDER``; it says so once it has begun.
"""

from __future__ import annotations

import sys
import time

from conf.settings import MetricsSettings
from udfs.metrics.exporter import export_metrics
from udfs.metrics.series import series

JOB = "fraud-detection"
ROWS = {"2.0.0": 80, "1.0.0": 20}


def main(port: str, folder: str) -> None:
    export_metrics(JOB, MetricsSettings(port=int(port), bind="127.0.0.1", folder=folder))
    for version in ROWS:
        series("models_loaded", JOB, "fraud", version, "onnx").set(1)
    series("circuit_breaker_state", JOB, "fraud", "1.0.0").set(2)
    series("model_drift_score", JOB, "fraud", "2.0.0", "overall").set(0.91)
    series("model_drift_score", JOB, "fraud", "2.0.0", "feature:amount").set(0.25)
    series("model_swaps_total", JOB, "fraud", "swapped").inc()
    score()
    sys.stdout.write("scoring\n")
    sys.stdout.flush()
    while True:
        time.sleep(0.02)
        score()


def score() -> None:
    for version, rows in ROWS.items():
        series("predictions_total", JOB, "fraud", version, "success").inc(rows)
        series("batch_size", JOB, "fraud", version).observe(rows)
        series("inference_latency_seconds", JOB, "fraud", version).observe(0.003)
    series("dead_letters_total", JOB, "parse", "malformed").inc()
    series("fallback_predictions_total", JOB, "fraud", "2.0.0", "too_slow").inc(2)


if __name__ == "__main__":
    main(*sys.argv[1:])
