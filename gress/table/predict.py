"""Prediction of a model as an expression of the Table API."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from conf.settings import Settings
from gress.table.call import call, options_of
from udfs.sql.sql_models import SqlModels

if TYPE_CHECKING:
    from pyflink.table import Expression


def predict(
    model: str, *columns: Any, registry: str | Path = "", config: str | Path | Settings | None = None
) -> Expression:
    """Return a model's prediction for each row of a table, as ``gress_predict`` gives it in SQL.

    The expression carries its registry and its settings, so it needs no parameters of the job, and a program may use
    several. Types of columns are checked when rows come.

    Args:
        model: name of the model: the promoted version, and each that is promoted while the table is read. Or
            ``name$version``, which stays.
        columns: expressions in the order of the model's inputs, or with ``config`` of what its features are computed
            from; or one ROW with named fields. None: the columns of the table that have the names.
        registry: folder, ``package:NAME`` or URL; empty: that of the settings. Workers must reach it, too.
        config: name of a shipped job, file, or settings whose features are computed; None: the columns are the model's
            own inputs. Experiments of the job on this model answer its rows, as they do in the job.

    Returns:
        A ROW of ``prediction``, ``label``, ``scores``, ``model``, ``version``, ``variant``, ``status`` and ``reason``.

    Raises:
        ConfigError, FeatureError, JobError: the settings are wrong or have no job, or columns are missing or left over.
        ModelError: there is no such model or version, or its inputs do not fit.

    Example:
        A table of payments gets their scores::

            scored = payments.select(col("*"), gress.predict("fraud-detector", registry="models").alias("p"))
            scored.select(col("id"), col("p").get("prediction"))
    """
    from udfs.sql.functions import predict_function

    options = options_of(registry, config)
    models = SqlModels(options)
    inputs = models.columns(models.one("gress.predict", model))
    return call(predict_function(options), f"gress.predict({model!r})", (model,), columns=columns, inputs=inputs)
