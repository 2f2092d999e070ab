"""Predictions by the models and versions that made them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pyarrow as pa


@dataclass(frozen=True)
class ModelVersions:
    """The models of some rows.

    Attributes:
        model: model of most of them; None: there are no rows.
        version: its version in most rows.
        rows: number of rows by version, and by ``MODEL@VERSION`` where there are several models.
    """

    model: str | None
    version: str | None
    rows: dict[str, int]

    @classmethod
    def of(cls, table: pa.Table) -> ModelVersions:
        """Count the rows of a table with the columns ``model`` and ``version``; those that come first are first."""
        grouped = table.group_by(["model", "version"], use_threads=False).aggregate([([], "count_all")])
        found = [(row["model"], row["version"], row["count_all"]) for row in grouped.to_pylist()]
        if not found:
            return cls(None, None, {})
        models = {model for model, _, _ in found}
        named = {version if len(models) == 1 else f"{model}@{version}": count for model, version, count in found}
        model, version, _ = max(found, key=lambda one: one[2])
        return cls(model, version, named)


def named_version(model: str, name: str) -> tuple[str, str]:
    """Return model and version of a name in `ModelVersions.rows`.

    >>> named_version("fraud", "1.0.0"), named_version("fraud", "other@1.0.0")
    (('fraud', '1.0.0'), ('other', '1.0.0'))
    """
    other, _, version = name.rpartition("@")
    return other or model, version
