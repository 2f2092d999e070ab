from __future__ import annotations

import pytest

from models.runtimes.options import RuntimeOptions


def test_threads_must_be_at_least_one() -> None:
    with pytest.raises(ValueError, match=r"intra_op_threads: expected int >= 1, got 0"):
        RuntimeOptions(intra_op_threads=0)
