"""Latency beside a shadow is measured after the warm-up only."""

from __future__ import annotations

import pytest

from benchmarks.experiments.shadow import main


@pytest.mark.parametrize("seconds", ["30", "41.9"])
def test_a_run_that_is_over_before_its_warm_up_is_refused(seconds: str) -> None:
    with pytest.raises(SystemExit, match=f"expected at least 42 seconds, .*, got {seconds}"):
        main(seconds)
