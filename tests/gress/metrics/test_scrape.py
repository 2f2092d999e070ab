from __future__ import annotations

from http.server import BaseHTTPRequestHandler

import pytest

from gress.metrics.scrape import Series, parse_endpoint, scrape
from jobs.errors import JobError
from jobs.flink.ports import free_port
from tests.gress.metrics.expositions import Exposition
from tests.support.servers import serving


def handler(content: bytes, status: int = 200) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status)
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
            pass

    return Handler


def test_counters_gauges_and_histograms_are_told_apart() -> None:
    host = Exposition().count("predictions_total", ("m", "1", "success"), 4).set("queue_depth", ("m",), 3)
    host.observe("batch_size", ("m", "1"), 20, 30)
    with serving(handler(host.text.encode())) as url:
        found = scrape(url.removeprefix("http://"), timeout_s=5, clock=lambda: 7.0)
    labels = {"job": "job", "model": "m", "version": "1"}
    assert (found.problem, found.at_s) == ("", 7.0)
    assert found.counters == {Series.of("predictions_total", {"status": "success", **labels}): 4}
    assert found.gauges[Series.of("queue_depth", {"job": "job", "model": "m"})] == 3
    histogram = found.histograms[Series.of("batch_size", labels)]
    assert (histogram.count, histogram.total, histogram.buckets[25.0], histogram.limit) == (2, 50, 1, 10_000)


@pytest.mark.parametrize(
    "content",
    [b"<html><body class='x'>Flink</body></html>", b'{"errors": ["Not found"]}', b"\xff\xfe\x00", b"a b c d", b"x{"],
    ids=["html", "json", "binary", "text", "cut off"],
)
def test_what_is_no_metrics_is_said(content: bytes) -> None:
    with serving(handler(content)) as url:
        assert "Prometheus' text format" in scrape(url.removeprefix("http://"), timeout_s=5).problem


def test_a_refusal_is_said() -> None:
    with serving(handler(b"", 404)) as url:
        assert scrape(url.removeprefix("http://"), timeout_s=5).problem.startswith("HTTP 404")


def test_no_endpoint_is_said() -> None:
    assert scrape(f"127.0.0.1:{free_port()}", timeout_s=5).problem == "Connection refused"


@pytest.mark.parametrize("text", ["localhost:9249", "10.0.0.1:1", "[::1]:9249"])
def test_endpoint_is_host_and_port(text: str) -> None:
    assert parse_endpoint(text) == text


@pytest.mark.parametrize(
    "text",
    ["localhost", "http://localhost:9249", "localhost:9249/metrics", ":9249", "a:b", "a:70000", "u@a:1", "a b:1"],
)
def test_another_endpoint_is_refused(text: str) -> None:
    with pytest.raises(JobError, match="metrics endpoint: expected HOST:PORT, got "):
        parse_endpoint(text)
