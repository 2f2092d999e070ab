"""An export that cannot know what its look-ups knew is refused before anything starts."""

from __future__ import annotations

from pathlib import Path

import pytest

from jobs.errors import JobError
from jobs.runs.export import export_features
from jobs.runs.prepare import RunRequest
from tests.support.fraud_config import shipped_tree
from tests.support.job_runs import write_config
from udfs.feature_store.past.history_file import HistoryFile


@pytest.fixture
def request_of(tmp_path: Path) -> RunRequest:
    tree = shipped_tree()
    known = {"entity": "terminal", "feature_set": "v1", "value": "risk"}
    tree["job"]["features"]["specs"] = [
        {"name": "risk", "type": "lookup", "source": "TERMINAL_ID", "parameters": known}
    ]
    tree["ml"]["feature_store"] = {"enabled": True, "backend": "redis"}
    (tmp_path / "in.jsonl").touch()
    config = write_config(tmp_path / "job.yaml", tree)
    return RunRequest("fraud-detection", tmp_path / "out.parquet", str(tmp_path / "in.jsonl"), config, environ={})


@pytest.mark.parametrize(
    "history", [(), (HistoryFile("h.parquet", "terminal", "v2", "TERMINAL_ID", "at"),)], ids=["none", "another"]
)
def test_a_look_up_without_its_history_is_refused(request_of: RunRequest, history: tuple[HistoryFile, ...]) -> None:
    with pytest.raises(
        JobError,
        match="feature 'risk': expected the history of terminal with feature set v1, to see what was known at each "
        "event, got none; add --history terminal=FILE",
    ):
        export_features(request_of, history=history)
    assert not request_of.output.exists()
    assert sorted(path.name for path in request_of.output.parent.iterdir()) == ["in.jsonl", "job.yaml"]
