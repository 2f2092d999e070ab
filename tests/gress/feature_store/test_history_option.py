"""Files of history, as a command line names them."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from gress.feature_store.history_option import history_files
from jobs.errors import JobError
from udfs.feature_store.past.history_file import HistoryFile


@pytest.fixture
def file(tmp_path: Path) -> Path:
    about = {"gress.time": "at", "gress.feature_set_hash": "abc"}
    pq.write_table(pa.table({"card": ["a"], "at": [1]}).replace_schema_metadata(about), tmp_path / "h.parquet")
    return tmp_path / "h.parquet"


def test_a_file_of_an_export_says_the_rest(file: Path) -> None:
    whole = f"shop={file},key=shop_id,time=t,feature_set=v1"
    assert history_files([f"card={file}", whole]) == (
        HistoryFile(str(file), "card", "abc", "card", "at"),
        HistoryFile(str(file), "shop", "v1", "shop_id", "t"),
    )


def test_two_files_of_one_table_are_refused(file: Path) -> None:
    expected = rf"--history: expected one file of card with feature set abc, got {file} and {file}; write all rows"
    with pytest.raises(JobError, match=expected):
        history_files([f"card={file}", f"shop={file}", f"card={file},time=t"])


@pytest.mark.parametrize("text", ["card", "=f", "card=", "card=f,key", "card=f,key=", "card=f,colour=red"])
def test_another_form_is_refused(text: str) -> None:
    with pytest.raises(JobError, match=r"--history: expected ENTITY=FILE\[,key=COLUMN\].*, got '"):
        history_files([text])


def test_a_name_that_no_table_has_is_refused(file: Path) -> None:
    with pytest.raises(JobError, match=r"--history a:b=.*: entity: expected letters.*give the names that the store"):
        history_files([f"a:b={file}"])


def test_a_file_that_does_not_say_the_rest_is_refused(file: Path, tmp_path: Path) -> None:
    pq.write_table(pa.table({"card": ["a"]}), tmp_path / "other.parquet")
    with pytest.raises(JobError, match="expected a file of gress features export, which says its time, got another"):
        history_files([f"card={tmp_path / 'other.parquet'}"])
    file.write_bytes(b"none")
    with pytest.raises(JobError, match="expected a Parquet file"):
        history_files([f"card={file}"])
