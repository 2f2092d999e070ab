"""A worker that scores 100 rows every 20 ms, as far as its metrics go, until it is killed.

``python -m tests.support.scoring_worker PORT FOLDER``; it says so once it has begun.
"""

from __future__ import annotations

import sys
import time

from conf.settings import MetricsSettings
from udfs.metrics.catalogue import metric
from udfs.metrics.exporter import export_metrics

JOB = "fraud-detection"
ROWS = {"2.0.0": 80, "1.0.0": 20}


def main(port: str, folder: str) -> None:
    export_metrics(MetricsSettings(port=int(port), bind="127.0.0.1", folder=folder))
    for version in ROWS:
        metric("models_loaded").labels(JOB, "fraud", version, "onnx").set(1)
    metric("circuit_breaker_state").labels(JOB, "fraud", "1.0.0").set(2)
    metric("model_drift_score").labels(JOB, "fraud", "2.0.0", "overall").set(0.91)
    metric("model_drift_score").labels(JOB, "fraud", "2.0.0", "feature:amount").set(0.25)
    metric("model_swaps_total").labels(JOB, "fraud", "swapped").inc()
    score()
    sys.stdout.write("scoring\n")
    sys.stdout.flush()
    while True:
        time.sleep(0.02)
        score()


def score() -> None:
    for version, rows in ROWS.items():
        metric("predictions_total").labels(JOB, "fraud", version, "success").inc(rows)
        metric("batch_size").labels(JOB, "fraud", version).observe(rows)
        metric("inference_latency_seconds").labels(JOB, "fraud", version).observe(0.003)
    metric("dead_letters_total").labels(JOB, "parse", "malformed").inc()
    metric("fallback_predictions_total").labels(JOB, "fraud", "2.0.0", "too_slow").inc(2)


if __name__ == "__main__":
    main(*sys.argv[1:])
