"""Peers: their batch steps, the comparison of what they write, and the table of their figures."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from benchmarks.make_network import NETWORK
from benchmarks.measure import Run
from benchmarks.peers.__main__ import PEERS, Bench, take_first
from benchmarks.peers.answers import difference, read_answers
from benchmarks.peers.batch_step import blocks, features, features_of_row, open_step
from benchmarks.peers.environments import NotInstallableError, python_of
from benchmarks.peers.figures import figures, table, version_lines
from benchmarks.rows import NUMBERS, line, numbers
from benchmarks.throughput.scoring import CONFIG
from conf.loading.loader import load_settings
from udfs.features.feature_set import compile_feature_set

ROWS = 300


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Bench:
    return Bench(tmp_path_factory.mktemp("bench"), {ROWS})


def answers(**changed: list[Any]) -> pa.Table:
    columns = {"event_id": [1, 2, 3], "event_time": [10, 20, 30], "key": ["a", "b", "c"], "prediction": [0.1, 0.2, 0.3]}
    return pa.table({**columns, **changed})


def test_features_of_peers_are_those_of_the_job() -> None:
    settings = load_settings(CONFIG, environ={})
    assert settings.job is not None
    ours = compile_feature_set(settings.job.features, settings.job.events)
    values = np.array(numbers(ROWS))
    columns = {name: values[:, index] for index, name in enumerate(NUMBERS)}
    expected = ours.transform(columns)
    np.testing.assert_allclose(features(values), expected, rtol=1e-6)
    np.testing.assert_allclose([features_of_row(row) for row in values.tolist()], expected, rtol=1e-6)


@pytest.mark.parametrize("name", ["bare orjson", "bare arrow", "bare arrow x 2"])
def test_answers_of_a_bare_loop_are_those_of_the_benchmark_without_peers(bench: Bench, name: str) -> None:
    run = bench.peer(name, PEERS[name], sys.executable)(ROWS)
    assert run.seconds > 0
    assert {"python", "onnxruntime"} <= run.result["versions"].keys()


@pytest.mark.parametrize("name", ["orjson", "arrow"])
def test_a_step_writes_the_members_that_a_reader_needs(name: str) -> None:
    (values,) = numbers(1)
    step = open_step(name, str(NETWORK))
    first, second = step(f"{line(7, values)}\n{line(8, values)}\n".encode()).splitlines()
    found = json.loads(first)
    assert 0 < found.pop("prediction") < 1
    assert found == {
        "event_id": 7,
        "event_time": "2023-11-14T22:13:20.007Z",
        "key": "user-007",
        "model": "network",
        "version": "1.0.0",
        "status": "ok",
    }
    assert json.loads(second)["key"] == "user-008"


def test_blocks_are_whole_lines_and_all_of_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("benchmarks.peers.batch_step.BLOCK_BYTES", 10)
    path = tmp_path / "lines"
    path.write_bytes(b"".join(b"line %d\n" % number for number in range(9)))
    found = list(blocks(path))
    assert len(found) > 2
    assert all(block.endswith(b"\n") for block in found)
    assert b"".join(found) == path.read_bytes()


@pytest.mark.parametrize(
    ("found", "told"),
    [
        pytest.param(answers(), None, id="equal"),
        pytest.param(answers(prediction=[0.1, 0.2, 0.3 + 9e-7]), None, id="close"),
        pytest.param(
            answers(prediction=[0.1, 0.200002, 0.3]), "event 2: expected prediction 0.2, got 0.200002", id="prediction"
        ),
        pytest.param(
            answers(prediction=[float("nan"), 0.2, 0.3]), "event 1: expected prediction 0.1, got nan", id="no number"
        ),
        pytest.param(answers(key=["a", "x", "c"]), "event 2: expected key b, got x", id="key"),
        pytest.param(answers(event_time=[10, 20, 31]), "event 3: expected event_time 30, got 31", id="time"),
        pytest.param(answers().slice(0, 2), "expected 3 events, got 2: 1 lost, the first 3", id="lost"),
        pytest.param(
            answers(event_id=[1, 2, 2]),
            "expected 3 events, got 3: 1 lost, the first 3; 1 doubled, the first 2",
            id="doubled",
        ),
        pytest.param(
            answers(event_id=[1, 2, 4]),
            "expected 3 events, got 3: 1 lost, the first 3; 1 unknown, the first 4",
            id="unknown",
        ),
        pytest.param(answers().slice(0, 0), "expected 3 events, got 0: 3 lost, the first 1", id="nothing"),
    ],
)
def test_difference_is_told(found: pa.Table, told: str | None) -> None:
    assert difference(answers(), found) == told


def test_answers_are_read_from_all_parts_in_the_order_of_ids(tmp_path: Path) -> None:
    # A time has one of several forms, as each engine writes it.
    for number, key, time in ((3, "c", ".030Z"), (1, "a", ".010+00:00"), (2, "b", ".02Z")):
        moment = f"1970-01-01T00:00:00{time}"
        row = {"event_id": number, "event_time": moment, "latency_us": 5, "key": key, "prediction": number / 10}
        (tmp_path / f"part-{number}").write_text(json.dumps(row) + "\n", "utf-8")
    (tmp_path / "part-empty").touch()
    (tmp_path / ".part-9").write_text("unfinished", "utf-8")
    assert difference(answers(), read_answers(tmp_path)) is None


def test_a_peer_that_differs_ends_the_benchmark(bench: Bench, tmp_path: Path) -> None:
    row = {"event_id": 0, "event_time": "2023-11-14T22:13:20Z", "key": "user-000", "prediction": 0.5}
    (tmp_path / "part-0").write_text(json.dumps(row), "utf-8")
    with pytest.raises(ValueError, match=r"beam, 300 rows: expected 300 events, got 1: 299 lost, the first 1"):
        bench.check("beam", ROWS, tmp_path)


def test_smaller_input_is_the_start_of_each_file(tmp_path: Path) -> None:
    (tmp_path / "all").mkdir()
    for name in ("a", "b", "c"):
        (tmp_path / "all" / name).write_text(f"{name}1\n{name}2\n{name}3\n", "ascii")
    take_first(tmp_path / "all", tmp_path / "few", 4)
    assert [path.read_text("ascii").split() for path in sorted((tmp_path / "few").iterdir())] == [
        ["a1"],
        ["b1"],
        ["c1", "c2"],
    ]


def turn(us_per_row: float, *sizes: int) -> list[Run]:
    versions = {"versions": {"python": "3.11.7", "bytewax": "0.21.1"}}
    return [Run(size, 5 + size * us_per_row * 1e-6, {"python": 1 + size * 4e-6}, versions) for size in sizes]


def test_table_has_the_fastest_first_and_its_relation_to_ours() -> None:
    turns = {"gress": [turn(4, 10_000, 50_000)], "beam": [turn(20, 100, 500)], "bytewax": [turn(2, 100, 500)]}
    assert table(turns) == [
        "program              rows   rows/s  CPU us/row  ours / it",
        "bytewax        100 to 500  500,000        4.00       0.50",
        "gress    10,000 to 50,000  250,000        4.00       1.00",
        "beam           100 to 500   50,000        4.00       5.00",
    ]
    assert version_lines(turns)[2] == "bytewax: python 3.11.7, bytewax 0.21.1"


def test_figures_name_what_could_not_be_compared() -> None:
    turns = {"gress": [turn(4, 100, 500)], "bytewax orjson x 2": [turn(5, 100, 500)]}
    found = figures(turns, {"beam": "no such package"})
    assert found["rows_per_s"] == 250_000
    assert found["rows_per_s_bytewax_orjson_x_2"] == 200_000
    assert found["ratio_bytewax_2"] == 1.25
    assert found["ratio_bytewax_2_arrow"] is None
    assert found["left_out"] == {"beam": "no such package"}


def test_reason_of_the_installer_is_kept(tmp_path: Path) -> None:
    (tmp_path / "peer").write_text("a file where the environment would be", "ascii")
    with pytest.raises(NotInstallableError, match=r"peer"):
        python_of("peer", (), tmp_path)


def test_environment_that_has_what_is_wanted_stays(tmp_path: Path) -> None:
    (tmp_path / "peer").mkdir()
    (tmp_path / "peer" / "requirements.txt").write_text("numpy\norjson", "utf-8")
    assert python_of("peer", ("numpy", "orjson"), tmp_path) == tmp_path / "peer" / "bin" / "python"
