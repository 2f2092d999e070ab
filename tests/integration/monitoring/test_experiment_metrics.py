"""Figures of an experiment's variants at the endpoint equal the rows that the job wrote."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from urllib.request import urlopen

import pytest
from prometheus_client.parser import text_string_to_metric_families

from conf.settings import MetricsSettings
from jobs.flink.ports import free_port
from tests.support.experiment_runs import SPLIT, overrides
from tests.support.fraud_config import STATELESS, write_fraud_config
from tests.support.job_runs import JobRun, read_parts, run_job
from udfs.metrics.exporter import MetricsServer

Samples = dict[tuple[str, ...], float]


@pytest.fixture(scope="module")
def scraped(crafted_file: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[JobRun, str]:
    """A run, and the endpoint's answer after it: the looks may come too late for a scrape of the run itself."""
    folder = tmp_path_factory.mktemp("scraped")
    config = write_fraud_config(folder, features=STATELESS)
    verdict = "{interval: 1d, max_silence: 30d, metrics: [{of: log_loss}, {of: field, field: TX_AMOUNT, role: signal}]}"
    given = overrides(folder, len(STATELESS), SPLIT, has_shadows=True, verdict=verdict)
    metrics = MetricsSettings(port=free_port(), bind="127.0.0.1", folder=str(folder / "metrics"))
    more = [f"ml.metrics.port={metrics.port}", f"ml.metrics.folder={metrics.folder}", "ml.metrics.bind=127.0.0.1"]
    run = run_job(config, crafted_file, folder / "out", overrides=[*given, *more, "ml.metrics.final_scrape=0s"])
    server = MetricsServer(metrics)
    server.start()
    try:
        assert server.wait_for_port(300), "a worker still has the port"
        with urlopen(f"http://127.0.0.1:{metrics.port}/metrics", timeout=60) as answer:
            return run, answer.read().decode()
    finally:
        server.stop()


def samples(text: str, name: str) -> Samples:
    return {
        tuple(value for label, value in sorted(each.labels.items()) if label not in ("job", "le")): each.value
        for family in text_string_to_metric_families(text)
        for each in family.samples
        if each.name == f"gress_ml_{name}"
    }


def test_selections_are_the_rows_of_each_variant(scraped: tuple[JobRun, str]) -> None:
    run, text = scraped
    rows = Counter(run.predictions["variant"])
    dead = run.summary.reasons.get("not_finite", 0)
    found = samples(text, "abtest_variant_selections_total")
    assert {variant for _, variant in found} == set(SPLIT)
    # Rows without a score have a variant, too.
    assert sum(found.values()) == sum(rows.values()) + dead
    assert all(0 <= found["test", variant] - rows[variant] <= dead for variant in SPLIT)
    errors = samples(text, "abtest_variant_errors_total")
    assert sum(errors.values()) >= dead


def test_latency_is_counted_for_answers_and_shadows(scraped: tuple[JobRun, str]) -> None:
    run, text = scraped
    selections = samples(text, "abtest_variant_selections_total")
    counted = samples(text, "abtest_variant_latency_seconds_count")
    compared = Counter(read_parts(run.output / "comparisons")["shadow"])
    assert counted == {("test", variant): selections["test", variant] + compared[variant] for variant in SPLIT}


def test_comparisons_are_counted_by_result(scraped: tuple[JobRun, str]) -> None:
    run, text = scraped
    rows = Counter(read_parts(run.output / "comparisons")["is_match"])
    found = samples(text, "abtest_shadow_comparisons_total")
    assert found == {("test", "match"): rows[True], ("test", "mismatch"): rows[False]}
    assert set(samples(text, "abtest_shadow_skipped_total").values()) == {0}


def test_gains_and_actions_are_those_of_a_look(scraped: tuple[JobRun, str]) -> None:
    """A job that has ended shows its actions as 0."""
    run, text = scraped
    records = read_parts(run.output / "verdicts").to_dict("records")
    found = samples(text, "abtest_verdict_gain")
    assert {(bound, metric) for bound, _, metric, _ in found} >= {("estimate", "log_loss"), ("estimate", "TX_AMOUNT")}
    for (bound, experiment, metric, variant), value in found.items():
        sign = -1 if bound == "estimate" and metric == "log_loss" else 1
        name = f"{metric}.{'difference' if bound == 'estimate' else f'gain_{bound}'}"
        assert (experiment, variant) == ("test", "treatment")
        assert sign * value in [record["numbers"][name] for record in records]
    told = samples(text, "abtest_verdict_info")
    assert {action for action, *_ in told} == {record["action"] for record in records}
    assert set(told.values()) == {0}
