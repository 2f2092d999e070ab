from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest

from jobs.errors import JobError
from jobs.flink.rest import ClusterUnreachable, FlinkRest
from tests.support.flink_stub import FlinkStub, overview, serve

A, B = "a" * 32, "b" * 32


@pytest.fixture
def flink() -> Iterator[FlinkStub]:
    with serve(FlinkStub()) as stub:
        yield stub


def test_jobs_come_latest_first(flink: FlinkStub) -> None:
    flink.answers["/jobs/overview"] = overview((A, "fraud", "FAILED", 1), (B, "fraud", "RUNNING", 2))
    assert [job.id for job in FlinkRest(flink.address).jobs()] == [B, A]


@pytest.mark.parametrize(
    "answer",
    [
        {},
        [],
        "jobs",
        {"jobs": None},
        {"jobs": [1]},
        {"jobs": [{"jid": A, "name": "fraud", "state": "RUNNING"}]},
        {"jobs": [{"jid": A, "name": "fraud", "state": "RUNNING", "start-time": "soon"}]},
        {"jobs": [{"jid": A, "name": "fraud", "state": "RUNNING", "start-time": float("inf")}]},
    ],
    ids=["nothing", "list", "text", "null", "number", "no start", "start in words", "start without end"],
)
def test_another_list_of_jobs_is_not_flink(answer: object, flink: FlinkStub) -> None:
    flink.answers["/jobs/overview"] = answer
    with pytest.raises(ClusterUnreachable, match="expected Flink's REST API there, got another list of jobs than Fl"):
        FlinkRest(flink.address).jobs()


def test_name_means_the_job_that_runs(flink: FlinkStub) -> None:
    flink.answers["/jobs/overview"] = overview((A, "fraud", "RUNNING", 1), (B, "fraud", "CANCELED", 2))
    assert FlinkRest(flink.address).job("fraud").id == A
    assert FlinkRest(flink.address).job(B).state == "CANCELED"


def test_unknown_job_is_refused_with_those_there_are(flink: FlinkStub) -> None:
    flink.answers["/jobs/overview"] = overview((A, "fraud", "RUNNING", 1))
    with pytest.raises(JobError, match=f"job 'frau': expected the id or name .* has {A}; nearest valid name 'fraud'"):
        FlinkRest(flink.address).job("frau")


def test_refusal_is_one_line(flink: FlinkStub) -> None:
    with pytest.raises(JobError, match=r"^cluster 127\.0\.0\.1:\d+: /nothing: Not found: x$"):
        FlinkRest(flink.address).get("/nothing")


def test_url_is_an_address_too(flink: FlinkStub) -> None:
    flink.answers["/flink/overview"] = {"taskmanagers": 1}
    assert FlinkRest(f"http://{flink.address}/flink/").get("/overview") == {"taskmanagers": 1}


def test_nobody_there_is_unreachable() -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{probe.getsockname()[1]}"
    with pytest.raises(ClusterUnreachable, match=f"cluster {address}: expected Flink's REST API there, got .*refused"):
        FlinkRest(address).get("/overview")


@pytest.mark.parametrize("address", ["nowhere", "http://", "127.0.0.1:port", "ht tp://x"])
def test_address_that_is_none_is_unreachable(address: str) -> None:
    with pytest.raises(ClusterUnreachable, match=r"check HOST:PORT"):
        FlinkRest(address, timeout_s=1).get("/overview")


def test_proxy_for_the_world_outside_is_not_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    monkeypatch.delenv("no_proxy", raising=False)
    with serve(FlinkStub()) as flink:
        flink.answers["/overview"] = {"taskmanagers": 1}
        assert FlinkRest(flink.address).get("/overview") == {"taskmanagers": 1}
    with pytest.raises(ClusterUnreachable):
        FlinkRest("flink.invalid:8081").get("/overview")
