"""A folder that cannot be made is refused in one line."""

from __future__ import annotations

from pathlib import Path

import pytest

from gress.new_job.whole_folder import whole_folder
from jobs.errors import JobError


def test_folder_that_not_even_a_superuser_can_make_is_refused() -> None:
    with (
        pytest.raises(JobError, match=r"^folder /proc/x: expected .*; name another --output$"),
        whole_folder(Path("/proc/x")),
    ):
        pytest.fail("there is no such folder")
