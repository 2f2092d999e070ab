"""Keys and values of a stranger's file fit the lines of errors."""

from __future__ import annotations

import pytest

from conf.errors import ConfigError, ConfigProblem


@pytest.mark.parametrize("part", ["path", "expected", "got", "hint", "source"])
def test_every_part_of_a_problem_fits_a_line(part: str) -> None:
    parts = {"path": ("job",), "expected": "text", "got": "1", "hint": "", "source": ""}
    odd = "9" * 100_000 + "\n"
    problem = ConfigProblem(**{**parts, part: (odd,) if part == "path" else odd})  # type: ignore[arg-type]
    text = str(ConfigError("job.yaml", [problem]))
    assert text.isprintable()
    assert len(text) < 3_000
