from __future__ import annotations

import json
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from gress.cli.main import main
from jobs.errors import JobError
from jobs.run_folder.owner import MARKER
from jobs.runs.finish import tidy
from jobs.runs.saved_state import CHECKPOINTS
from tests.support.fraud_config import write_fraud_config
from tests.support.job_runs import run_job


def test_checkpoints_and_unfinished_parts_are_removed(tmp_path: Path) -> None:
    (tmp_path / CHECKPOINTS / "chk-1").mkdir(parents=True)
    (tmp_path / "predictions").mkdir()
    for name in ("part-0.jsonl", ".part-1.jsonl.inprogress"):
        (tmp_path / "predictions" / name).touch()
    tidy(tmp_path)
    assert [path.name for path in tmp_path.rglob("*")] == ["predictions", "part-0.jsonl"]


@pytest.fixture
def config(tmp_path: Path) -> Path:
    return write_fraud_config(tmp_path / "config")


@pytest.fixture
def no_flink(monkeypatch: pytest.MonkeyPatch) -> None:
    def start(*_: object, **__: object) -> None:
        pytest.fail("Flink was started")

    monkeypatch.setattr("jobs.runs.launch.open_session", start)


@pytest.mark.usefixtures("no_flink")
@pytest.mark.parametrize(
    ("name", "content"),
    [("in.jsonl", ""), ("in.csv", "TRANSACTION_ID,TX_DATETIME,CUSTOMER_ID,TERMINAL_ID,TX_AMOUNT\n")],
)
def test_empty_input_leaves_a_summary_without_flink(name: str, content: str, config: Path, tmp_path: Path) -> None:
    (tmp_path / name).write_text(content)
    found = run_job(config, tmp_path / name, tmp_path / "out")
    assert (found.summary.events, found.summary.predictions, found.summary.dead_letters) == (0, 0, 0)
    assert found.summary.adds_up
    written = json.loads((tmp_path / "out" / "summary.json").read_text("utf-8"))
    assert written["events"] == 0
    assert not {"model", "auc_roc", "average_precision"} & set(written)


@pytest.mark.usefixtures("no_flink")
def test_empty_input_leaves_the_files_of_its_format(config: Path, tmp_path: Path) -> None:
    (tmp_path / "in.jsonl").touch()
    run_job(config, tmp_path / "in.jsonl", tmp_path / "out", output_format="parquet")
    tables = {path.name: pq.read_table(path) for path in (tmp_path / "out").glob("*.parquet")}
    assert {name: len(table) for name, table in tables.items()} == {"predictions.parquet": 0, "dead_letters.parquet": 0}
    assert "prediction" in tables["predictions.parquet"].column_names


@pytest.mark.usefixtures("no_flink")
def test_empty_input_is_one_line(
    config: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "in.jsonl").touch()
    given = ["--input", str(tmp_path / "in.jsonl"), "--config", str(config), "--output", str(tmp_path / "out")]
    monkeypatch.setattr("sys.argv", ["gress", "run", "fraud-detection", *given])
    with pytest.raises(SystemExit) as ended:
        main()
    out, err = capsys.readouterr()
    assert (ended.value.code, err) == (0, "")
    assert out == (
        f"fraud-detection: the input has no events, so there is nothing to score; {tmp_path}/out holds the summary\n"
    )


@pytest.fixture
def killed_at_the_end(config: Path, tmp_path: Path) -> list[Path]:
    """Input and output of a run that had one prediction and one dead letter, and was killed before its summary."""
    event = {"TRANSACTION_ID": 1, "TX_DATETIME": "2018-04-01", "CUSTOMER_ID": 1, "TERMINAL_ID": 1, "TX_AMOUNT": 1}
    (tmp_path / "in.jsonl").write_text(f"{json.dumps(event)}\nnonsense\n")
    output = tmp_path / "out"
    for folder, row in (("predictions", {"event_id": 1, "prediction": 0.5}), ("dead_letters", {"reason": "not_json"})):
        (output / folder).mkdir(parents=True)
        (output / folder / "part-0.jsonl").write_text(json.dumps(row) + "\n")
    (output / "predictions" / ".part-1.jsonl.inprogress").write_text("written again by nobody")
    (output / MARKER).touch()
    return [config, tmp_path / "in.jsonl", output]


@pytest.mark.usefixtures("no_flink")
def test_run_that_was_killed_after_its_last_checkpoint_needs_only_its_summary(killed_at_the_end: list[Path]) -> None:
    found = run_job(*killed_at_the_end, is_resuming=True)
    assert (found.summary.events, found.summary.predictions, found.summary.reasons) == (2, 1, {"not_json": 1})
    assert not list(found.output.glob("*/.part-*"))
    with pytest.raises(JobError, match="expected a savepoint or checkpoint, got none"):
        run_job(*killed_at_the_end, is_resuming=True)


@pytest.mark.usefixtures("no_flink")
def test_run_that_lacks_rows_is_not_finished_without_flink(killed_at_the_end: list[Path]) -> None:
    (killed_at_the_end[-1] / "dead_letters" / "part-0.jsonl").unlink()
    with pytest.raises(JobError, match="expected a savepoint or checkpoint, got none; start anew"):
        run_job(*killed_at_the_end, is_resuming=True)
