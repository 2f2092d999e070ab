from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from udfs.columns.repeated import is_repeated, repeated
from udfs.inference import BatchAdapter


@pytest.mark.parametrize("value", ["ok", "", "é漢", "end\0", None])
def test_column_of_one_value_becomes_arrow_as_any_column(value: str | None) -> None:
    """PyFlink's own conversion, which is how a batch leaves a worker."""
    import pyarrow as pa

    class Function:
        inputs = (("x", "DOUBLE"),)
        outputs = (("text", "STRING"),)

        def run(self, columns: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
            return {"text": repeated(value, len(columns["x"]))}

    column = BatchAdapter(Function()).eval(pd.Series([1.0, 2.0, 3.0]))["text"]
    assert pa.Array.from_pandas(column, mask=column.isnull(), type=pa.string()).to_pylist() == [value] * 3


def test_column_that_only_looks_alike_is_not_taken_for_one() -> None:
    assert not is_repeated(np.full(3, "ok", dtype=object))
    assert not is_repeated(np.broadcast_to(np.float64(1), 3))
    assert not is_repeated(["ok"] * 3)
