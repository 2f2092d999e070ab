from __future__ import annotations

import threading
import urllib.error
import urllib.request
from collections.abc import Iterator

import pytest
from prometheus_client.parser import text_string_to_metric_families

from gress.autoscale.exposition import DecisionMetrics, metrics_server
from jobs.errors import JobError
from tests.gress.autoscale.decisions import AWAY, CALM, STARTING, UP
from udfs.metrics.catalogue import METRICS, PREFIX


def samples(text: str) -> dict[tuple[str, ...], float]:
    """Values by name and label values, the job's apart, as Prometheus's own client reads them."""
    found: dict[tuple[str, ...], float] = {}
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            labels = dict(sample.labels)
            assert labels.pop("job") == 'el"astic'
            found[(sample.name.removeprefix(PREFIX), *labels.values())] = sample.value
    return found


def metrics(*decisions: object, is_dry: bool = False) -> DecisionMetrics:
    found = DecisionMetrics('el"astic', is_dry=is_dry)
    for decision in decisions:
        found.note(decision)  # type: ignore[arg-type]
    return found


def test_decisions_are_counted_and_the_last_one_shown() -> None:
    assert samples(metrics(CALM, CALM, UP).text()) == {
        ("autoscale_decisions_total", "hold", "calm"): 2,
        ("autoscale_decisions_total", "up", "load"): 1,
        ("autoscale_rescales_total", "up"): 1,
        ("autoscale_rescales_total", "down"): 0,
        ("autoscale_slots", "current"): 2,
        ("autoscale_slots", "wanted"): 5,
        ("autoscale_utilization",): 1.5,
        ("autoscale_pending_records",): 70,
    }


def test_what_was_measured_stays_while_tasks_start() -> None:
    found = samples(metrics(UP, STARTING, AWAY).text())
    assert found["autoscale_utilization",] == 1.5
    assert found["autoscale_slots", "current"] == 5
    assert found["autoscale_decisions_total", "hold", "cluster"] == 1


def test_before_the_first_measurement_there_are_counts_alone() -> None:
    assert {name for name, *_ in samples(metrics(AWAY).text())} == {
        "autoscale_decisions_total",
        "autoscale_rescales_total",
    }


def test_dry_run_counts_no_rescales() -> None:
    found = samples(metrics(UP, is_dry=True).text())
    assert (found["autoscale_rescales_total", "up"], found["autoscale_decisions_total", "up", "load"]) == (0, 1)


def test_every_metric_of_the_catalogue_is_there_with_its_labels() -> None:
    families = {family.name: family for family in text_string_to_metric_families(metrics(CALM, UP).text())}
    for name, entry in METRICS.items():
        if name.startswith("autoscale_"):
            family = families[PREFIX + name.removesuffix("_total")]
            assert (family.type, tuple(family.samples[0].labels)) == (entry.kind, entry.labels)


@pytest.fixture
def address() -> Iterator[str]:
    with metrics_server(metrics(UP), "127.0.0.1", 0) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def test_server_answers_scrapes_alone(address: str) -> None:
    with urllib.request.urlopen(f"{address}/metrics?x=1") as answer:
        assert samples(answer.read().decode())["autoscale_slots", "wanted"] == 5
        assert answer.headers["Content-Type"].startswith("text/plain; version=0.0.4")
    with pytest.raises(urllib.error.HTTPError, match="404"):
        urllib.request.urlopen(f"{address}/")


def test_port_in_use_is_refused(address: str) -> None:
    port = int(address.rpartition(":")[2])
    with pytest.raises(JobError, match=f"127.0.0.1:{port}: expected a free port, got .*; --metrics PORT takes another"):
        metrics_server(metrics(), "127.0.0.1", port)
