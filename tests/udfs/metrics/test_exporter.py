"""The endpoint of a host, with real processes that are killed."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from conf.settings import MetricsSettings
from jobs.flink.ports import free_port
from tests.support.cluster import wait_until
from udfs.metrics.exporter import MetricsServer, export_metrics, forget_ended, hold_for_scrape, metrics_folder
from udfs.metrics.files import MetricFiles
from udfs.metrics.series import series

ROOT = Path(__file__).parents[3]
Start = Callable[[], "Worker"]


class Worker:
    def __init__(self, port: int, folder: Path) -> None:
        command = [sys.executable, "-m", "tests.udfs.metrics.worker", str(port), str(folder)]
        pipe = subprocess.PIPE
        self.process = subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True, cwd=ROOT)

    def record(self, count: float, seconds: float = 0.2, loaded: float = 1) -> None:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(f"{count} {seconds} {loaded}\n")
        self.process.stdin.flush()
        assert self.process.stdout.readline() == "done\n"

    def kill(self) -> None:
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()


@pytest.fixture
def port() -> int:
    return free_port()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "metrics"


@pytest.fixture
def start(port: int, folder: Path) -> Iterator[Start]:
    started: list[Worker] = []

    def begin() -> Worker:
        started.append(Worker(port, folder))
        return started[-1]

    yield begin
    for worker in started:
        worker.kill()


def scrape(port: int) -> dict[str, float]:
    """Value by name and labels, as Prometheus reads them; waits for the endpoint for ten seconds."""
    end = time.monotonic() + 10
    while True:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=5) as answer:
                text = answer.read().decode()
            break
        except (urllib.error.URLError, ConnectionError):
            assert time.monotonic() < end, "no endpoint within 10 s"
            time.sleep(0.05)
    found = {}
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            labels = ",".join(f"{name}={value}" for name, value in sorted(sample.labels.items()))
            found[f"{sample.name}{{{labels}}}"] = sample.value
    return found


SWAPS = "gress_ml_model_swaps_total{job=j,model=m,result=swapped}"
LOADED = "gress_ml_models_loaded{job=j,model=m,type=onnx,version=1.0.0}"
BREAKER = "gress_ml_circuit_breaker_state{job=j,model=m,version=1.0.0}"
TIME = "gress_ml_model_load_time_seconds"


def test_one_endpoint_adds_up_all_workers(start: Start, port: int) -> None:
    for count, seconds, loaded in ((1, 0.05, 1), (2, 0.7, 0), (4.5, 20, 2)):
        start().record(count, seconds, loaded)
    found = scrape(port)
    assert found[SWAPS] == 7.5
    assert found[LOADED] == 3
    assert found[BREAKER] == 2
    assert found[f"{TIME}_count{{job=j,model=m,type=onnx,version=1.0.0}}"] == 3
    assert found[f"{TIME}_sum{{job=j,model=m,type=onnx,version=1.0.0}}"] == 20.75
    model = "model=m,type=onnx,version=1.0.0"
    bounds = {le: found[f"{TIME}_bucket{{job=j,le={le},{model}}}"] for le in ("0.1", "1.0", "30.0")}
    assert bounds == {"0.1": 1, "1.0": 2, "30.0": 3}


def test_another_worker_serves_when_the_first_is_killed_and_counters_do_not_go_back(start: Start, port: int) -> None:
    first = start()
    first.record(3)
    assert scrape(port)[SWAPS] == 3
    second = start()
    second.record(4)
    first.kill()
    found = scrape(port)
    assert found[SWAPS] == 7
    assert found[LOADED] == 1
    second.record(5)
    assert scrape(port)[SWAPS] == 12


def test_workers_that_come_and_go_leave_no_pile_of_files(start: Start, port: int, folder: Path) -> None:
    keeper = start()
    keeper.record(1)
    for _ in range(5):
        worker = start()
        worker.record(1)
        worker.kill()
    assert scrape(port)[SWAPS] == 6
    names = sorted(path.name for path in folder.iterdir())
    pid = keeper.process.pid
    assert names == sorted(
        ["counter_0.db", "histogram_0.db"]
        + [f"{kind}_{pid}.db" for kind in ("counter", "histogram", "gauge_livesum", "gauge_livemax")]
    )


def test_files_of_ended_workers_go_where_nobody_scrapes(start: Start, folder: Path) -> None:
    for _ in range(3):
        worker = start()
        worker.record(1)
        worker.kill()
    keeper = start()
    keeper.record(1)
    end = time.monotonic() + 10
    while not (folder / "counter_0.db").exists():
        assert time.monotonic() < end, "nothing was added up within 10 s"
        time.sleep(0.05)
    pids = {path.stem.rpartition("_")[2] for path in folder.glob("*.db")}
    while pids - {"0", str(keeper.process.pid)}:
        assert time.monotonic() < end, pids
        time.sleep(0.05)
        pids = {path.stem.rpartition("_")[2] for path in folder.glob("*.db")}
    assert total(MetricFiles(folder)) == 4


def test_who_dies_while_folding_counts_nothing_twice(start: Start, port: int, folder: Path) -> None:
    worker = start()
    worker.record(2)
    worker.kill()
    files, source = MetricFiles(folder), folder / f"counter_{worker.process.pid}.db"
    content = source.read_bytes()
    files.fold_ended()
    folded = (folder / "counter_0.db").read_bytes()
    # Died with the new file whole and the old one taken away.
    (folder / "counter_0.db").unlink()
    (folder / "counter_0.new").write_bytes(folded)
    source.with_suffix(".taken").write_bytes(content)
    files.fold_ended()
    assert total(files) == 2
    # Died with the new file in place, and the old one not yet gone.
    source.with_suffix(".taken").write_bytes(content)
    files.fold_ended()
    assert total(files) == 2
    assert not list(folder.glob("*.taken"))


def total(files: MetricFiles) -> float:
    families = text_string_to_metric_families(files.exposition().decode())
    return sum(
        sample.value for family in families for sample in family.samples if sample.name == "gress_ml_model_swaps_total"
    )


def test_a_path_that_is_none_is_not_found(start: Start, port: int) -> None:
    start().record(1)
    scrape(port)
    with pytest.raises(urllib.error.HTTPError, match="404"):
        urllib.request.urlopen(f"http://127.0.0.1:{port}/other")


def settings(port: int, folder: Path, final_scrape: str = "15s") -> MetricsSettings:
    tree = {"port": port, "bind": "127.0.0.1", "folder": str(folder), "final_scrape": final_scrape}
    return MetricsSettings.model_validate(tree)


def test_the_last_values_wait_for_a_scrape(start: Start, port: int, folder: Path) -> None:
    worker = start()
    worker.record(7)
    worker.kill()
    holding = threading.Thread(target=hold_for_scrape, args=(settings(port, folder, "60s"),))
    holding.start()
    assert scrape(port)["gress_ml_model_swaps_total{job=j,model=m,result=swapped}"] == 7
    holding.join(10)
    assert not holding.is_alive()


@pytest.mark.parametrize(("final_scrape", "least"), [("0s", 0.0), ("300ms", 0.3)])
def test_nobody_scrapes(final_scrape: str, least: float, port: int, folder: Path) -> None:
    folder.mkdir()
    begin = time.monotonic()
    hold_for_scrape(settings(port, folder, final_scrape))
    assert least <= time.monotonic() - begin < least + 10


def test_another_process_serves_the_last_values(start: Start, port: int, folder: Path) -> None:
    start().record(1)
    scrape(port)
    begin = time.monotonic()
    hold_for_scrape(settings(port, folder, "10m"))
    assert time.monotonic() - begin < 60


def test_worker_that_ends_slowly_does_not_cost_the_last_values(
    start: Start, port: int, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("udfs.metrics.exporter._HANDOVER_S", 0.1)
    worker = start()
    worker.record(5)
    scrape(port)
    # It has the port still, and answers nobody.
    worker.process.send_signal(signal.SIGSTOP)
    holding = threading.Thread(target=hold_for_scrape, args=(settings(port, folder, "60s"),))
    holding.start()
    time.sleep(2)
    assert holding.is_alive()
    worker.kill()
    assert scrape(port)["gress_ml_model_swaps_total{job=j,model=m,result=swapped}"] == 5
    holding.join(10)
    assert not holding.is_alive()


def test_a_run_begins_at_zero_unless_a_worker_runs(start: Start, port: int, folder: Path) -> None:
    first, second = start(), start()
    first.record(3)
    second.record(4)
    first.kill()
    forget_ended(settings(port, folder))
    assert scrape(port)["gress_ml_model_swaps_total{job=j,model=m,result=swapped}"] == 7
    second.kill()
    forget_ended(settings(port, folder))
    assert list(folder.iterdir()) == []
    start().record(1)
    assert scrape(port)["gress_ml_model_swaps_total{job=j,model=m,result=swapped}"] == 1


def test_server_knows_whether_another_has_its_port_once_it_has_tried(port: int, folder: Path) -> None:
    server = MetricsServer(MetricsSettings(port=port, bind="127.0.0.1", folder=str(folder)))
    assert server.is_serving is None
    try:
        with socket.create_server(("127.0.0.1", port)):
            server.start()
            wait_until(lambda: server.is_serving is False)
        wait_until(lambda: server.is_serving is True)
    finally:
        server.stop()


def test_process_that_only_stores_its_values_leaves_the_port_alone(tmp_path: Path) -> None:
    port = free_port()
    program = (
        "import socket, sys\n"
        "from conf.settings import MetricsSettings\n"
        "from udfs.metrics.exporter import export_metrics\n"
        "given = MetricsSettings(port=int(sys.argv[1]), bind='127.0.0.1', folder=sys.argv[2])\n"
        "export_metrics('j', given, is_serving=False)\n"
        "from udfs.metrics.series import series\n"
        "series('model_drift_score', 'j', 'm', '1', 'overall').set(0.5)\n"
        "with socket.socket() as own:\n"
        "    own.bind(('127.0.0.1', given.port))\n"
    )
    subprocess.run([sys.executable, "-c", program, str(port), str(tmp_path)], check=True)
    assert list(tmp_path.glob("*.db"))


def test_neighbour_s_link_in_the_place_of_the_folder_gets_no_metrics(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    given = MetricsSettings(port=1)
    (tmp_path / "theirs").mkdir()
    metrics_folder(given).symlink_to(tmp_path / "theirs")
    export_metrics("linked", given, is_serving=False)
    series("model_swaps_total", "linked", "m", "swapped").inc()
    assert "metrics: the job goes on without them" in caplog.text
    assert list((tmp_path / "theirs").iterdir()) == []
