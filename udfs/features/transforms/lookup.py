"""Numbers from a table, looked up by a field of the event."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from udfs.features.feature import Feature
from udfs.features.parameters import Parameter, Parameters
from udfs.features.source import output_of, resolve_source
from udfs.features.stored.stored_lookup import KEYS, StoredLookup
from udfs.features.tables.key_values import KeyValues
from udfs.features.tables.read_key_values import TableColumns
from udfs.features.tables.watched_table import WatchedTable
from udfs.features.vocabulary import Vocabulary

if TYPE_CHECKING:
    from collections.abc import Mapping

    from conf.settings import FeatureSpec, FieldSettings
    from udfs.features.feature import Columns, Matrix


@dataclass(frozen=True)
class Lookup(Feature):
    """The number of a key in a dimension table, which is read again when its file changes, or in the feature store.

    The feature-set hash covers the file's name, not its folder or content: the table may change while a model serves.
    """

    type: ClassVar[str] = "lookup"
    null_rule: ClassVar[str] = "null -> default; key without a number -> default, without one NaN and counted"
    accepts: ClassVar[tuple[Parameter, ...]] = (
        Parameter("table", "File with the numbers, .parquet or .csv; or the number of each key.", "either"),
        Parameter("key", "Column of the file with the keys.", "the source"),
        *StoredLookup.accepts,
    )
    example: ClassVar[Mapping[str, object]] = {
        "source": "country",
        "parameters": {"table": {"FR": 0.2, "DE": 0.1}, "default": 0},
    }

    table: str
    key: str
    value: str
    default: float | None
    rows: KeyValues | WatchedTable = field(compare=False, repr=False)

    @classmethod
    def from_spec(cls, spec: FeatureSpec, fields: Mapping[str, FieldSettings]) -> Feature:
        """Require `table`, a file or {key: number}, or `entity`; accept what fits it, and `default`."""
        if spec.parameters.get("entity") is not None:
            return StoredLookup.from_spec(spec, fields)
        parameters = Parameters(spec, cls.accepts)
        source = resolve_source(spec, fields, KEYS)
        for name in ("feature_set", "max_age"):
            if name in parameters:
                parameters.refuse(f"no {name} without entity", name, "add entity to look up in the feature store")
        kind, default = fields[source].type, parameters.optional_number("default")
        if isinstance(parameters.value("table", "a file, or numbers by key; or entity"), str):
            wanted = TableColumns(parameters.text("key", source), kind, parameters.text("value", spec.name))
            name, rows = _of_file(parameters, wanted)
            return cls((output_of(spec),), (source,), name, wanted.key, wanted.value, default, rows)
        name, inline = _inline(parameters, kind)
        return cls((output_of(spec),), (source,), name, "", "", default, inline)

    def transform(self, columns: Columns, out: Matrix) -> None:
        """Look each key up."""
        rows = self.rows if isinstance(self.rows, KeyValues) else self.rows.current()
        found = rows.look_up(columns[self.inputs[0]])
        out[:, 0] = found if self.default is None else np.where(np.isnan(found), self.default, found)

    @property
    def has_domain(self) -> bool:
        """Whether a key can be without a number; a default is one."""
        return self.default is None

    def count_out_of_domain(self, columns: Columns, out: Matrix) -> int:
        """Count keys without a number."""
        is_absent = np.isnan(out[:, 0])
        if self.default is not None or not is_absent.any():
            return 0
        keys = columns[self.inputs[0]]
        is_null = np.equal(keys, None) if keys.dtype.kind == "O" else np.isnan(keys)  # type: ignore[call-overload]
        return int(np.count_nonzero(is_absent & ~is_null.astype(bool)))

    def formula(self, position: int) -> str:
        """Return a description of the table and the look-up."""
        del position
        other = "" if self.default is None else f", else {self.default:g}"
        if isinstance(self.rows, KeyValues):
            return f"number of {self.inputs[0]} among {len(self.rows.keys)} keys{other}"
        return f"{self.value} of {self.table} where {self.key} = {self.inputs[0]}{other}"


def _of_file(parameters: Parameters, wanted: TableColumns) -> tuple[str, WatchedTable]:
    path = parameters.text("table")
    try:
        return Path(path).name, WatchedTable(Path(path), wanted)
    except FileNotFoundError:
        parameters.refuse("table: a dimension table (no such file)", path,
                          "correct the path, which counts from where the command runs")  # fmt: skip
    except (OSError, ValueError) as error:
        parameters.refuse(f"table: a dimension table ({error})", path, "correct the file")


def _inline(parameters: Parameters, kind: str) -> tuple[str, KeyValues]:
    for name in ("key", "value"):
        if name in parameters:
            parameters.refuse(f"no {name}, which names a column of a file", name, "drop it, or give table a file")
    table = sorted(parameters.mapping("table").items(), key=lambda row: str(row[0]))
    keys = Vocabulary.checked("table", tuple(key for key, _ in table), kind, parameters)
    numbers = [parameters.as_number(f"table[{key!r}]", value) for key, value in table]
    digest = hashlib.sha256(repr(list(zip(keys.values, numbers, strict=True))).encode())
    return digest.hexdigest(), KeyValues.of(keys, numbers)
