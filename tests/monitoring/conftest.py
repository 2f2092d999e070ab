from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NoReturn

import pytest

from jobs.flink.ports import free_port
from tests.monitoring.prometheus import Prometheus


@pytest.fixture(scope="session", autouse=True)
def _tools(no_service: Callable[[str], NoReturn]) -> None:
    for tool in ("prometheus", "promtool"):
        if shutil.which(tool) is None:
            no_service(f"{tool} is not installed: apt-get install prometheus")


@pytest.fixture(scope="session")
def promtool() -> Callable[..., subprocess.CompletedProcess[str]]:
    """Run promtool; its output is one text."""

    def run(*arguments: object) -> subprocess.CompletedProcess[str]:
        command = ["promtool", *map(str, arguments)]
        return subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)

    return run


@pytest.fixture(scope="session")
def watched(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Prometheus]:
    """A Prometheus that scrapes a worker in which every metric moves."""
    folder, port = tmp_path_factory.mktemp("watched"), free_port()
    command = [sys.executable, "-m", "tests.monitoring.moving_metrics", str(port), str(folder / "metrics")]
    with subprocess.Popen(command, cwd=Path(__file__).parents[2]) as worker:
        server = Prometheus(folder / "prometheus", {"gress-ml-workers": f"127.0.0.1:{port}"})
        try:
            server.wait_for(lambda: bool(server.query("count_over_time(gress_ml_batch_size_count[1m]) >= 8")))
            yield server
        finally:
            server.stop()
            worker.kill()
