from __future__ import annotations

import pyarrow as pa
import pytest

from jobs.run_folder.model_versions import ModelVersions


def rows(*scored_by: str) -> pa.Table:
    models, versions = zip(*(each.split("@") for each in scored_by), strict=True)
    return pa.table({"model": models, "version": versions})


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (["a@1.0.0", "a@2.0.0", "a@2.0.0"], ModelVersions("a", "2.0.0", {"1.0.0": 1, "2.0.0": 2})),
        (["b@1.0.0", "a@1.0.0", "a@1.0.0"], ModelVersions("a", "1.0.0", {"b@1.0.0": 1, "a@1.0.0": 2})),
    ],
    ids=["one model", "two models with one number"],
)
def test_rows_are_counted_by_what_scored_them(given: list[str], expected: ModelVersions) -> None:
    assert ModelVersions.of(rows(*given)) == expected


def test_no_rows_have_no_model() -> None:
    none = pa.table({"model": pa.array([], pa.string()), "version": pa.array([], pa.string())})
    assert ModelVersions.of(none) == ModelVersions(None, None, {})
