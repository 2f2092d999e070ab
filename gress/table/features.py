"""Features of settings as an expression of the Table API."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from conf.settings import Settings
from gress.scoring.config import job_of, settings_of
from gress.table.call import call
from udfs.sql.options import SqlOptions
from udfs.sql.signature import feature_columns

if TYPE_CHECKING:
    from pyflink.table import Expression


def features(config: str | Path | Settings, *columns: Any) -> Expression:
    """Return the features that a job computes of each row of a table, as ``gress_features`` gives them in SQL.

    Args:
        config: name of a shipped job, file, or settings; the expression carries them.
        columns: expressions in the order in which the features read their fields and windows; or one ROW with named
            fields. None: the columns of the table that have the names.

    Returns:
        An ARRAY of DOUBLE, NULL where a feature has no value.

    Raises:
        ConfigError, FeatureError, JobError: the settings are wrong or have no job, or columns are missing or left over.

    Example:
        A table of payments gets the columns that the model would be given::

            payments.select(col("id"), gress.features("pipeline.yaml", col("amount")).alias("features"))
    """
    from udfs.sql.functions import features_function

    settings = settings_of(config)
    name = job_of(settings).name
    function = features_function(SqlOptions(given=settings))
    return call(function, f"gress.features({name!r})", (name,), columns=columns, inputs=feature_columns(name, settings))
