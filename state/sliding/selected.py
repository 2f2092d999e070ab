"""The values of a batch that aggregates see, by key: without NULLs, and with filters applied."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from state.sliding.aggregates.latest import NEVER
from state.sliding.aggregates.limbs import split_doubles, split_squares, split_whole
from state.sliding.codes import LEAST, to_codes, to_whole

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from state.sliding.batch import SortedBatch
    from state.sliding.plan import Extreme, Quantity, Selection, SlidingPlan
    from state.sliding.rows import Rows


class SelectedValues:
    """Values of the rows of a batch, by key.

    Args:
        plan: the windows.
        rows: the rows as they come.
        batch: the same rows by key.
    """

    def __init__(self, plan: SlidingPlan, rows: Rows, batch: SortedBatch) -> None:
        self._plan, self._rows, self._batch = plan, rows, batch
        self._masks: dict[Selection, NDArray[np.bool_] | None] = {}
        self._whole: dict[Selection, NDArray[np.int64]] = {}

    def mask(self, selection: Selection) -> NDArray[np.bool_] | None:
        """Return the rows of a selection; None: all rows."""
        if selection not in self._masks:
            mask = self._mask(selection)
            is_all = mask is None or bool(mask.all())
            self._masks[selection] = None if is_all or mask is None else mask.take(self._batch.origin)
        return self._masks[selection]

    def codes(self, selection: Selection) -> NDArray[np.int64]:
        """Return the codes of a numeric source; anything where the selection leaves a row out."""
        return to_codes(self._rows.fields[selection.source or ""].values).take(self._batch.origin)

    def ranked(self, extreme: Extreme) -> NDArray[np.int64]:
        """Return codes of which the largest is the extreme one; `LEAST` where the selection leaves a row out."""
        codes, mask = self.codes(extreme.selection), self.mask(extreme.selection)
        ranked = ~codes if extreme.is_least else codes
        return ranked if mask is None else np.where(mask, ranked, LEAST)

    def times(self, source: str | None) -> NDArray[np.int64]:
        """Return the values of a time field, `NEVER` for NULL; None: the event times."""
        if source is None:
            return self._batch.time
        column = self._rows.fields[source]
        values = column.values if column.nulls is None else np.where(column.nulls, NEVER, column.values)
        return values.take(self._batch.origin)

    def texts(self, selection: Selection) -> NDArray[np.object_]:
        """Return the texts of a source; anything where the selection leaves a row out."""
        return self._rows.fields[selection.source or ""].values.take(self._batch.origin)

    def summands(self, quantity: Quantity) -> dict[int, NDArray[np.int64]]:
        """Return int64 columns whose sums make up a quantity, by part; those that are all zero may be absent.

        A count is summed as the rows that it leaves out.
        """
        mask = self.mask(quantity.selection)
        if quantity.form == "count":
            return {} if mask is None else {0: (~mask).astype(np.int64)}
        scale = self._plan.scale(quantity.selection.source)
        if scale is None:
            values = self._filled(quantity.selection)
            with np.errstate(over="ignore"):
                return split_doubles(values if quantity.form == "sum" else values * values)
        whole = self._whole.get(quantity.selection)
        if whole is None:
            whole = self._whole[quantity.selection] = to_whole(self._filled(quantity.selection), scale)
        return split_whole(whole) if quantity.form == "sum" else split_squares(whole)

    def _filled(self, selection: Selection) -> NDArray[Any]:
        """Return the numbers of a source, 0 where the selection leaves a row out."""
        values = self._rows.fields[selection.source or ""].values.take(self._batch.origin)
        mask = self.mask(selection)
        return values if mask is None else np.where(mask, values, values.dtype.type(0))

    def _mask(self, selection: Selection) -> NDArray[np.bool_] | None:
        nulls = None if selection.source is None else self._rows.fields[selection.source].nulls
        passes = None if selection.filter is None else self._rows.passes[selection.filter]
        if nulls is None:
            return passes
        return ~nulls if passes is None else passes & ~nulls
