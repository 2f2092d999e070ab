"""A promotion names the running jobs that keep their version."""

from __future__ import annotations

import sys
import tempfile
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from conf.settings import MetricsSettings
from gress.cli.main import main
from gress.metrics.pinned_jobs import PinnedJob, endpoints_here, pinned_jobs
from models.inspect import spec_from_file
from models.registry import local_registry
from tests.gress.metrics.expositions import Exposition
from tests.support.tiny_models import write_linear
from udfs.metrics.exporter import metrics_folder


def _info(version: str, follows: str, model: str = "m") -> tuple[str, ...]:
    return (model, version, "onnx", follows, "", "")


@pytest.fixture
def port() -> Iterator[int]:
    """The port of an endpoint with four jobs: pinned, following, pinned to another model, and ended."""
    told = Exposition("pinned").set("model_info", _info("1.0.0", "settings"), 1)
    told.of("follows").set("model_info", _info("1.0.0", "registry"), 1)
    told.of("other").set("model_info", _info("1.0.0", "settings", "n"), 1)
    told.of("ended").set("model_info", _info("1.0.0", "settings"), 0)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(told.text.encode())

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_port
        server.shutdown()


def test_only_running_jobs_that_do_not_follow_are_named(port: int) -> None:
    assert pinned_jobs("m", [f"localhost:{port}"] * 2) == [PinnedJob("pinned", "1.0.0", f"localhost:{port}")]


def test_an_endpoint_that_does_not_answer_tells_of_no_job() -> None:
    assert pinned_jobs("m", ["localhost:1"]) == []


def test_endpoints_of_this_machine_are_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    for number in (9249, 9250):
        metrics_folder(MetricsSettings(port=number)).mkdir()
    assert list(endpoints_here()) == ["localhost:9249", "localhost:9250"]


def test_promote_names_the_job(
    port: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    path = write_linear(tmp_path)
    local_registry(tmp_path / "registry").publish(spec_from_file(path, "m", "2.0.0"), path)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    given = ["--registry", str(tmp_path / "registry"), "--metrics", f"localhost:{port}"]
    monkeypatch.setattr(sys, "argv", ["gress", "models", "promote", "m", "2.0.0", *given])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code in (0, None)
    assert f"job pinned (localhost:{port}) is pinned to 1.0.0 and does not follow; leave out" in capsys.readouterr().out
