"""The SQL functions as PyFlink runs them: batches of columns for scalars, single rows for tables."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

import numpy as np
from pyflink.table import FunctionContext
from pyflink.table.udf import ScalarFunction, TableFunction, udf, udtf

from udfs.functions.vector_function import row_type
from udfs.sql.classes import SCORE_COLUMNS, ClassOptions, ScoreRow, classes_of, unfit_row
from udfs.sql.named_features import NamedFeatures
from udfs.sql.named_models import PREDICTION_COLUMNS, NamedModels, prediction_columns
from udfs.sql.options import SqlOptions

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray


class _WithOptions:
    """A function that knows where models and settings are.

    PyFlink would run a deterministic function again for each field of its row that a query selects.

    Args:
        options: where they are; None: where the parameters of the job say.
    """

    def __init__(self, options: SqlOptions | None = None) -> None:
        super().__init__()
        self._options = options

    def is_deterministic(self) -> bool:
        """Return False: another version may answer next, and a result that is read twice is computed once."""
        return False

    def options(self, function_context: FunctionContext) -> SqlOptions:
        """Return where models and settings are."""
        return self._options or SqlOptions.of_parameters(function_context.get_job_parameter)


class _WithModels(_WithOptions):
    """A function that opens models."""

    def open(self, function_context: FunctionContext) -> None:
        """Read where models are."""
        self._models = NamedModels(self.options(function_context))

    def close(self) -> None:
        """Let the models go."""
        if hasattr(self, "_models"):
            self._models.close()


class Predict(_WithModels, ScalarFunction):  # type: ignore[misc]
    """A vectorised function of a model's name and columns: a row of ``PREDICTION_COLUMNS`` each."""

    def eval(self, model: str, *columns: Any) -> pd.DataFrame:
        """Return a prediction, or a status with its reason, for each row."""
        import pandas as pd

        found = prediction_columns(self._models.score("gress_predict", model, [_in_utc(each) for each in columns]))
        return pd.DataFrame(found, copy=False)


class Features(_WithOptions, ScalarFunction):  # type: ignore[misc]
    """A vectorised function of a feature set's name and columns: the features of each row."""

    def open(self, function_context: FunctionContext) -> None:
        """Read where settings are."""
        self._features = NamedFeatures(self.options(function_context))

    def close(self) -> None:
        """Let the stores go that features are looked up in."""
        if hasattr(self, "_features"):
            self._features.close()

    def eval(self, config: str, *columns: Any) -> pd.Series:
        """Return an array for each row."""
        import pandas as pd

        return pd.Series(list(self._features.compute(config, [_in_utc(each) for each in columns])), dtype=object)


class Score(_WithModels, TableFunction):  # type: ignore[misc]
    """A table function of a model's name, options and columns: a row for each class, the likeliest first."""

    def eval(self, model: str, *arguments: Any) -> list[ScoreRow]:
        """Return the classes of each version that is named; one row with the reason where there are none."""
        options, values = ClassOptions.split(arguments)
        columns = [column_of_one(value) for value in values]
        rows: list[ScoreRow] = []
        for named, found in self._models.score_each("gress_score", model, columns):
            if isinstance(found, str):
                rows.append(unfit_row(named.model, named.version, found))
            else:
                rows += classes_of(found, options)
        return rows


def _in_utc(column: Any) -> Any:
    """Return a column whose moments have no zone: PyFlink writes the session's zone beside their time in UTC."""
    return column if getattr(getattr(column, "dtype", None), "tz", None) is None else column.dt.tz_localize(None)


def column_of_one(value: Any) -> Any:
    """Return a column of one row, its moments as ``_in_utc`` has them; a ROW is a frame of its fields."""
    if hasattr(value, "as_dict"):
        import pandas as pd

        return pd.DataFrame({name: _array_of_one(each) for name, each in value.as_dict().items()})
    return _array_of_one(value)


def _array_of_one(value: Any) -> NDArray[Any]:
    if isinstance(value, bool | int | float):
        return np.array([value])
    column = np.empty(1, dtype=object)
    column[0] = value.replace(tzinfo=None) if isinstance(value, datetime) else value
    return column


def predict_function(options: SqlOptions | None = None) -> Any:
    """Return ``gress_predict`` as PyFlink registers or calls it, with options of its own where there are some."""
    return udf(Predict(options), result_type=row_type(PREDICTION_COLUMNS), func_type="pandas", deterministic=False)


def features_function(options: SqlOptions | None = None) -> Any:
    """Return ``gress_features`` as PyFlink registers or calls it, with options of its own where there are some."""
    return udf(Features(options), result_type="ARRAY<DOUBLE>", func_type="pandas", deterministic=False)


def score_function(options: SqlOptions | None = None) -> Any:
    """Return ``gress_score`` as PyFlink registers or calls it, with options of its own where there are some."""
    return udtf(Score(options), result_types=row_type(SCORE_COLUMNS), deterministic=False)


gress_predict = predict_function()
gress_features = features_function()
gress_score = score_function()
