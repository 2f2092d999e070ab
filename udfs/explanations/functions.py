"""The SQL function of explanations as PyFlink runs it, row by row."""

from __future__ import annotations

from typing import Any

from pyflink.table import FunctionContext, TableFunction
from pyflink.table.udf import udtf

from udfs.explanations.explained_models import EXPLANATION_COLUMNS, ExplainedModels
from udfs.functions.vector_function import row_type
from udfs.sql.functions import column_of_one
from udfs.sql.options import SqlOptions


class Explain(TableFunction):  # type: ignore[misc]
    """A table function of a model's name and columns: a row for each feature, the largest contribution first."""

    def is_deterministic(self) -> bool:
        """Return False: another version may answer next."""
        return False

    def open(self, function_context: FunctionContext) -> None:
        """Read where models are."""
        self._models = ExplainedModels(SqlOptions.of_parameters(function_context.get_job_parameter))

    def close(self) -> None:
        """Let the models go."""
        if hasattr(self, "_models"):
            self._models.close()

    def eval(self, model: str, *columns: Any) -> list[tuple[Any, ...]]:
        """Return the contributions of one row."""
        return self._models.explain(model, [column_of_one(value) for value in columns])


gress_explain = udtf(Explain(), result_types=row_type(EXPLANATION_COLUMNS), deterministic=False)
