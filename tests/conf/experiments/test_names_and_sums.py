from __future__ import annotations

from collections.abc import Callable

import pytest

ONE_LINE = "expected one line of text, of 200 characters at most, got"


@pytest.mark.parametrize(
    ("variants", "line"),
    [
        (
            "{name: a, model_name: m, weight: 80}, {name: b, model_name: m, weight: 20.00001}",
            "variants: expected variants whose weights sum to 100, got a list of 2; enabled weights sum to 100.00001",
        ),
        ('{name: "a\\nb", model_name: m, weight: 100}', f"variants.0.name: {ONE_LINE} 'a\\nb'"),
        ('{name: "  ", model_name: m, weight: 100}', f"variants.0.name: {ONE_LINE} '  '"),
    ],
    ids=["a little too much", "two lines", "blanks"],
)
def test_refused_variants(refusals: Callable[..., list[str]], variants: str, line: str) -> None:
    tested = f"{{name: e, strategy: random, variants: [{variants}]}}"
    assert refusals(f"ml: {{ab_testing: {{experiments: [{tested}]}}}}") == [
        f"c.yaml: ml.ab_testing.experiments.0.{line}"
    ]
