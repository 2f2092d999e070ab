from __future__ import annotations

from pathlib import Path

import pytest

from gress.dev.broker import serve
from jobs.errors import JobError


def test_a_url_makes_no_folder_of_records(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(JobError, match=r"folder s3:/bucket/kafka: expected a folder of this machine, got a URL"):
        serve(Path("s3://bucket/kafka"), port=0, partitions=1)
    assert not list(tmp_path.iterdir())
