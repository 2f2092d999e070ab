"""Files that workers read in pieces give the rows that they give line by line, in the same order, each once."""

from __future__ import annotations

import json
import os
import signal
import threading
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import jobs.flink.environment
import jobs.runs.launch
import jobs.scoring_job
import jobs.sources.pieces
from tests.support.crafted_input import COLUMNS, CraftedInput, iso_times
from tests.support.fraud_config import STATELESS, write_fraud_config
from tests.support.job_graph import operators
from tests.support.job_runs import JobRun, read_parts, run_job
from tests.support.processes import python_workers

_IN_TURN = ["execution.parallelism=1"]
_OFTEN_SAVED = (
    "execution.checkpoint_interval=100ms",
    'execution.flink={"execution.checkpointing.min-pause": "10 ms"}',
)
_OF_THE_RUN = ["latency_us", "failed_at"]
Layouts = dict[str, Callable[[CraftedInput, Path], None]]


@pytest.fixture(scope="module")
def config(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_fraud_config(tmp_path_factory.mktemp("pieces"), features=STATELESS)


def run_without_pieces(*arguments: Path, overrides: list[str], monkeypatch: pytest.MonkeyPatch) -> JobRun:
    """Let Flink read the lines."""
    with monkeypatch.context() as patch:
        for module in (jobs.scoring_job, jobs.runs.launch):
            patch.setattr(module, "reads_pieces", lambda *_: False)
        return run_job(*arguments, overrides=overrides)


def assert_same(found: pd.DataFrame, wanted: pd.DataFrame) -> None:
    """Compare rows in their order, but for what differs between runs."""
    # A field without a value is not written, so the first row decides the order of the columns.
    frames = [
        frame.drop(columns=frame.columns.intersection(_OF_THE_RUN)).sort_index(axis="columns")
        for frame in (found, wanted)
    ]
    pd.testing.assert_frame_equal(*frames, check_exact=True)


def _json_in_one_file(crafted: CraftedInput, folder: Path) -> None:
    crafted.write(folder / "a.jsonl")


def _json_with_odd_ends(crafted: CraftedInput, folder: Path) -> None:
    data = crafted.write(folder / "b.jsonl").read_bytes()
    half = data.index(b"\n", len(data) // 2) + 1
    (folder / "a.jsonl").write_bytes(b"\xef\xbb\xbf" + data[:half].replace(b"\n", b"\r\n") + b"\r\r\n\r")
    (folder / "b.jsonl").write_bytes(data[half:].replace(b"\n", b"\r", 500))
    (folder / "c.jsonl").write_bytes(b"")


def _csv(crafted: CraftedInput, folder: Path) -> None:
    rows = crafted.rows.assign(TX_DATETIME=iso_times(crafted.rows), NOTE='a "quoted", word')
    for index, (name, end) in enumerate((("a.csv", "\r\n"), ("b.csv", "\n"))):
        text = rows[index::2].to_csv(index=False, lineterminator=end, columns=[*COLUMNS, "NOTE"])
        lines = text.split(end)
        for place, bad in enumerate(("", "1,2", "x" * 10, '"open', ",,,,,,", lines[0], "a\udcffb,,,,,,")):
            lines.insert(100 * (place + 1), bad)
        (folder / name).write_bytes(end.join(lines).encode("utf-8", "surrogateescape"))


def _parquet(crafted: CraftedInput, folder: Path) -> None:
    rows = crafted.rows.assign(TX_DATETIME=pd.to_datetime(crafted.rows["TX_DATETIME"], unit="ms"))
    rows.loc[5::300, "CUSTOMER_ID"] = None
    rows.loc[7::300, "TX_AMOUNT"] = -1.0
    for index, name in enumerate(("a.parquet", "b.parquet")):
        table = pa.Table.from_pandas(rows[index::2], preserve_index=False)
        # The last texts of the second file are no UTF-8.
        notes = pa.array([b"fine"] * (len(table) - 9) + [b"\xff" if index else b"ff"] * 9)
        texts = pa.Array.from_buffers(pa.string(), len(table), notes.buffers())
        pq.write_table(table.append_column("NOTE", texts), folder / name, row_group_size=300)


_LAYOUTS: Layouts = {"JSON": _json_in_one_file, "odd line ends": _json_with_odd_ends, "CSV": _csv, "Parquet": _parquet}


# Most lines of the files with odd ends end as those of one file do, which jobs with windows read below.
@pytest.mark.parametrize("layout", ["odd line ends", "CSV", "Parquet"])
@pytest.mark.usefixtures("small_pieces")
def test_rows_are_those_of_lines_in_the_same_order(
    layout: str, config: Path, crafted: CraftedInput, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Without pieces, one task reads the files of a hidden folder in turn.
    source = tmp_path / ".in"
    source.mkdir()
    _LAYOUTS[layout](crafted, source)
    overrides = [*_IN_TURN, "job.inference.batch_size=30"]
    found = run_job(config, source, tmp_path / "pieces", overrides=overrides)
    wanted = run_without_pieces(config, source, tmp_path / "lines", overrides=overrides, monkeypatch=monkeypatch)
    for folder in ("predictions", "alerts", "dead_letters"):
        pieces, lines = (read_parts(run.output / folder) for run in (found, wanted))
        assert len(lines) > 5
        assert_same(pieces, lines)
    assert found.summary.events == wanted.summary.events
    assert found.summary.reasons == wanted.summary.reasons
    assert found.summary.adds_up == wanted.summary.adds_up


@pytest.mark.parametrize("layout", ["JSON", "Parquet"])
@pytest.mark.usefixtures("small_pieces")
def test_windows_see_the_rows_of_pieces_in_order(
    layout: str, fraud_config: Path, crafted: CraftedInput, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = tmp_path / "in"
    source.mkdir()
    _LAYOUTS[layout](crafted, source)
    overrides = ["execution.parallelism=2", "job.inference.batch_size=30"]
    found = run_job(fraud_config, source, tmp_path / "pieces", overrides=overrides)
    wanted = run_without_pieces(fraud_config, source, tmp_path / "lines", overrides=overrides, monkeypatch=monkeypatch)
    for pieces, lines in (
        (found.predictions, wanted.predictions),
        (found.alerts, wanted.alerts),
        *[[run.dead_letters.sort_values(["value", "error"], ignore_index=True) for run in (found, wanted)]],
    ):
        assert len(lines) > 5
        assert_same(pieces, lines)
    assert "late" in found.summary.reasons
    assert found.summary.events == wanted.summary.events
    assert found.summary.reasons == wanted.summary.reasons
    assert found.summary.adds_up


@pytest.mark.usefixtures("small_pieces")
def test_tasks_share_one_file(config: Path, crafted: CraftedInput, crafted_file: Path, tmp_path: Path) -> None:
    run = run_job(config, crafted_file, tmp_path / "out")
    assert run.summary.events == len(crafted.lines)
    assert run.summary.adds_up
    parts = [read_parts(part.parent) for part in (run.output / "predictions").glob("part-*")]
    assert len(parts) == 2
    assert sorted(run.predictions["event_id"]) == sorted(
        set(crafted.rows["TRANSACTION_ID"]) - set(crafted.unscorable) | {1_000_000}
    )


def test_numbers_and_worker_are_one_chain_whose_uid_names_the_files(
    config: Path, crafted_file: Path, tmp_path: Path
) -> None:
    found = operators(crafted_file, tmp_path, 2, config=config)
    assert [name for name, uid in found if not uid] == []
    (source,) = (uid for name, uid in found if uid.startswith("pieces-"))
    other = tmp_path / crafted_file.name
    other.write_bytes(crafted_file.read_bytes() + b"\n{}")
    assert source not in {uid for _, uid in operators(other, tmp_path, 2, config=config)}


@pytest.mark.parametrize("kind", ["jsonl", "parquet", "parquet as lines"])
def test_each_row_is_there_once_after_a_worker_was_killed(
    kind: str, config: Path, crafted: CraftedInput, tmp_path: Path
) -> None:
    good = [json.loads(event) for event in crafted.good_lines()]
    count = len(good) * (40 if kind == "parquet as lines" else 150)
    events = [{**good[number % len(good)], "TRANSACTION_ID": number} for number in range(count)]
    path = tmp_path / f"many.{kind[:7]}"
    if kind == "jsonl":
        path.write_text("".join(json.dumps(event) + "\n" for event in events))
    else:
        pq.write_table(pa.Table.from_pylist(events), path, row_group_size=50_000)
    output, killed, ended = tmp_path / "out", threading.Event(), threading.Event()
    killer = threading.Thread(target=_kill_a_worker, args=(output, killed, ended))
    killer.start()
    # A console is no place for blocks of lines, so rows come one by one.
    overrides = [*_OFTEN_SAVED, f"job.sink.print={str(kind == 'parquet as lines').lower()}"]
    try:
        run = run_job(config, path, output, overrides=overrides)
    finally:
        ended.set()
        killer.join()
    assert killed.is_set()
    assert run.summary.events == len(events)
    assert run.summary.adds_up
    assert max(Counter(run.predictions["event_id"]).values()) == 1


def _kill_a_worker(output: Path, killed: threading.Event, ended: threading.Event) -> None:
    """Kill a Python worker of this process's JVM after the first checkpoint that has rows before it."""
    while not ended.is_set():
        begun = [path.stat().st_ctime_ns for path in (output / "predictions").glob("*part-*") if path.stat().st_size]
        saved = [path.stat().st_mtime_ns for path in output.glob(".checkpoints/*/chk-*/_metadata")]
        if begun and saved and max(saved) > min(begun):
            workers = python_workers(os.getpid())
            if workers:
                os.kill(max(workers), signal.SIGKILL)
                killed.set()
                return
        time.sleep(0.02)
