from __future__ import annotations

from benchmarks.latency.latency_job import ROWS
from conf.loading.loader import load_settings
from jobs.catalogue import default_config
from jobs.flink.sql import View
from jobs.pipeline.scoring import is_written_by_workers
from udfs.functions.parse_lines import LINE


def test_predictions_of_the_fraud_job_are_rows_whose_time_can_be_taken() -> None:
    lines, config = View("lines", LINE), default_config("fraud-detection")
    plain, measured = (load_settings(config, overrides=chosen, environ={}).job for chosen in ((), ROWS))
    assert plain is not None
    assert measured is not None
    assert is_written_by_workers(plain, lines)
    assert not is_written_by_workers(measured, lines)
