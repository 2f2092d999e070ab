"""The SQL functions of gathered rows as PyFlink runs them: one group a call, as an array of rows."""

from __future__ import annotations

from collections.abc import Sequence

from pyflink.common import Row
from pyflink.table import FunctionContext
from pyflink.table.udf import ScalarFunction, udf

from udfs.functions.vector_function import row_type
from udfs.sql.options import SqlOptions
from udfs.sql_aggregates.drifting_models import DriftingModels
from udfs.sql_aggregates.evaluation import EVALUATION_COLUMNS, FUNCTION, evaluate
from udfs.sql_aggregates.gathered_rows import gathered_rows, refuse_values
from udfs.sql_aggregates.window_drift import COLUMN_DRIFT, DRIFT_COLUMNS


class _OncePerRow(ScalarFunction):  # type: ignore[misc]
    """A function that PyFlink runs once: a deterministic one it runs again for each field that a query selects."""

    def is_deterministic(self) -> bool:
        """Return False, so that a result which is read twice is computed once."""
        return False


class Evaluate(_OncePerRow):
    """A function of gathered labels and predictions: a row of ``EVALUATION_COLUMNS``."""

    def eval(self, rows: Sequence[Row] | None) -> Row:
        """Return the figures of a group."""
        matrix = gathered_rows(FUNCTION, ("label", "prediction"), rows)
        found = evaluate(matrix[:, 0], matrix[:, 1])
        return Row(*(found[name] for name, _ in EVALUATION_COLUMNS))


class Drift(_OncePerRow):
    """A function of a model's name and gathered columns: a row of ``DRIFT_COLUMNS``."""

    def open(self, function_context: FunctionContext) -> None:
        """Read where models are."""
        self._models = DriftingModels(SqlOptions.of_parameters(function_context.get_job_parameter))

    def close(self) -> None:
        """Let the models go."""
        if hasattr(self, "_models"):
            self._models.close()

    def eval(self, model: str, rows: Sequence[Row] | None) -> Row:
        """Return the comparison of a group with the model's training."""
        refuse_values(f"gress_drift({model!r})", rows or ())
        plain = [row.as_dict() for row in rows or () if row is not None]
        found = self._models.compare(model, plain)
        found["columns"] = [Row(*(each[name] for name, _ in COLUMN_DRIFT)) for each in found["columns"]]
        return Row(*(found[name] for name, _ in DRIFT_COLUMNS))


gress_evaluate = udf(Evaluate(), result_type=row_type(EVALUATION_COLUMNS), deterministic=False)
gress_drift = udf(Drift(), result_type=row_type(DRIFT_COLUMNS), deterministic=False)
