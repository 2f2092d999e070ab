"""One more column in the table of predictions, for as long as a test needs it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

import udfs.rows
from udfs.row_columns import Column
from udfs.rows import prediction_row


@contextmanager
def planted(column: Column) -> Iterator[None]:
    """Add a column at the end of the table of predictions; take it away again."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(udfs.rows, "PREDICTION", (*udfs.rows.PREDICTION, column))
        # Derive rows from the planted table, not from the cached one.
        prediction_row.cache_clear()
        yield
    prediction_row.cache_clear()
