"""Classes of a prediction, a row each, as an expression of the Table API."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from conf.settings import Settings
from gress.table.call import call, options_of
from udfs.sql.classes import ClassOptions
from udfs.sql.sql_models import SqlModels

if TYPE_CHECKING:
    from pyflink.table import Expression


def classes(
    model: str,
    *columns: Any,
    top_k: int | None = None,
    threshold: float | None = None,
    registry: str | Path = "",
    config: str | Path | Settings | None = None,
) -> Expression:
    """Return a row for each class of each prediction, the likeliest first, as ``gress_score`` gives them in SQL.

    It goes row by row: it is for looking, not for millions.

    Args:
        model: name of the model, ``name$version``, or ``name$all`` for the classes of each version side by side.
        columns: as ``predict`` takes them; of ``name$all`` they are checked against the highest version.
        top_k: most classes of a row; None: all.
        threshold: least score of a class; None: any.
        registry: as of ``predict``.
        config: as of ``predict``.

    Returns:
        A table function of ``label``, ``score``, ``place``, ``model``, ``version``, ``status`` and ``reason``.

    Raises:
        ConfigError, FeatureError, JobError, ModelError: as ``predict``; or an option is invalid.

    Example:
        Each payment is joined with its two likeliest classes::

            payments.join_lateral(gress.classes("risks", col("amount"), top_k=2, registry="models"))
    """
    from pyflink.table.expressions import map_

    from udfs.sql.functions import score_function

    given = {name: str(value) for name, value in (("top_k", top_k), ("threshold", threshold)) if value is not None}
    ClassOptions.read(given)
    options = options_of(registry, config)
    models = SqlModels(options)
    inputs = models.columns(models.versions(models.find("gress.classes", model))[-1])
    chosen = [map_(*(part for pair in given.items() for part in pair))] if given else []
    return call(score_function(options), f"gress.classes({model!r})", (model, *chosen), columns=columns, inputs=inputs)
