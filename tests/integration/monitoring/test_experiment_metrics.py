"""Figures of an experiment's variants at the endpoint equal the rows that the job wrote."""

from __future__ import annotations

import threading
from collections import Counter
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

import pytest
from prometheus_client.parser import text_string_to_metric_families

from jobs.flink.ports import free_port
from tests.support.experiment_runs import SPLIT, overrides
from tests.support.fraud_config import STATELESS, write_fraud_config
from tests.support.job_runs import JobRun, read_parts, run_job

Samples = dict[tuple[str, ...], float]


class Scraper(threading.Thread):
    """Scrapes an endpoint until it is told to stop, and keeps its answers.

    A worker that ends takes its series along, and another one may answer after it.
    """

    def __init__(self, port: int) -> None:
        super().__init__(daemon=True)
        self._url, self._stop_it = f"http://127.0.0.1:{port}/metrics", threading.Event()
        self.texts: list[str] = []

    def run(self) -> None:
        while not self._stop_it.wait(0.2):
            try:
                with urlopen(self._url, timeout=5) as answer:
                    self.texts.append(answer.read().decode())
            except (URLError, OSError):
                continue

    def stop(self) -> None:
        self._stop_it.set()
        self.join()


@pytest.fixture(scope="module")
def scraped(crafted_file: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[JobRun, list[str]]:
    folder, port = tmp_path_factory.mktemp("scraped"), free_port()
    config = write_fraud_config(folder, features=STATELESS)
    verdict = "{interval: 1d, max_silence: 30d, metrics: [{of: log_loss}, {of: field, field: TX_AMOUNT, role: signal}]}"
    given = overrides(folder, len(STATELESS), SPLIT, has_shadows=True, verdict=verdict)
    more = [f"ml.metrics.port={port}", f"ml.metrics.folder={folder / 'metrics'}", "ml.metrics.bind=127.0.0.1"]
    scraper = Scraper(port)
    scraper.start()
    run = run_job(config, crafted_file, folder / "out", overrides=[*given, *more])
    scraper.stop()
    return run, scraper.texts


def samples(texts: list[str], name: str) -> Samples:
    """The series of a name in the last answer that had any."""
    return next(filter(None, (samples_in(text, name) for text in reversed(texts))), {})


def samples_in(text: str, name: str) -> Samples:
    return {
        tuple(value for label, value in sorted(each.labels.items()) if label not in ("job", "le")): each.value
        for family in text_string_to_metric_families(text)
        for each in family.samples
        if each.name == f"gress_ml_{name}"
    }


def test_selections_are_the_rows_of_each_variant(scraped: tuple[JobRun, list[str]]) -> None:
    run, texts = scraped
    rows = Counter(run.predictions["variant"])
    dead = run.summary.reasons.get("not_finite", 0)
    found = samples(texts, "abtest_variant_selections_total")
    assert {variant for _, variant in found} == set(SPLIT)
    # Rows without a score have a variant, too.
    assert sum(found.values()) == sum(rows.values()) + dead
    assert all(0 <= found["test", variant] - rows[variant] <= dead for variant in SPLIT)
    errors = samples(texts, "abtest_variant_errors_total")
    assert sum(errors.values()) >= dead


def test_latency_is_counted_for_answers_and_shadows(scraped: tuple[JobRun, list[str]]) -> None:
    run, texts = scraped
    selections = samples(texts, "abtest_variant_selections_total")
    counted = samples(texts, "abtest_variant_latency_seconds_count")
    compared = Counter(read_parts(run.output / "comparisons")["shadow"])
    assert counted == {("test", variant): selections["test", variant] + compared[variant] for variant in SPLIT}


def test_comparisons_are_counted_by_result(scraped: tuple[JobRun, list[str]]) -> None:
    run, texts = scraped
    rows = Counter(read_parts(run.output / "comparisons")["is_match"])
    found = samples(texts, "abtest_shadow_comparisons_total")
    assert found == {("test", "match"): rows[True], ("test", "mismatch"): rows[False]}
    assert set(samples(texts, "abtest_shadow_skipped_total").values()) == {0}


def test_gains_and_actions_are_those_of_a_look(scraped: tuple[JobRun, list[str]]) -> None:
    """The last looks may come when the endpoint has ended; a job that ends shows no action."""
    run, texts = scraped
    records = read_parts(run.output / "verdicts").to_dict("records")
    found = samples(texts, "abtest_verdict_gain")
    assert {(bound, metric) for bound, _, metric, _ in found} >= {("estimate", "log_loss"), ("estimate", "TX_AMOUNT")}
    for (bound, experiment, metric, variant), value in found.items():
        sign = -1 if bound == "estimate" and metric == "log_loss" else 1
        name = f"{metric}.{'difference' if bound == 'estimate' else f'gain_{bound}'}"
        assert (experiment, variant) == ("test", "treatment")
        assert sign * value in [record["numbers"][name] for record in records]
    told = {action for action, *_ in samples(texts, "abtest_verdict_info")}
    assert told
    assert told <= {record["action"] for record in records}
