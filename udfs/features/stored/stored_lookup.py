"""Numbers that a job or a file brought into the feature store."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from state.feature_store.group import WORD
from udfs.features.feature import Feature
from udfs.features.parameters import Parameter, Parameters
from udfs.features.source import output_of, resolve_source
from udfs.features.stored.stored_value import StoredValue

if TYPE_CHECKING:
    from collections.abc import Mapping

    from conf.settings import FeatureSpec, FieldSettings
    from udfs.features.feature import Columns, Matrix


KEYS = ("string", "long")
"""Types of fields that look-ups have keys in."""


@dataclass(frozen=True)
class StoredLookup(Feature):
    """The number of an entity in the feature store, as its newest writer left it.

    The operator asks the store once for all such features of a batch and hands the answers in beside the event fields;
    a default stands there already. The feature-set hash covers what is asked, not the values.
    """

    type: ClassVar[str] = "lookup"
    null_rule: ClassVar[str] = "null, value that is missing or older than max_age -> default, without one NaN"
    accepts: ClassVar[tuple[Parameter, ...]] = (
        Parameter("entity", "Kind of entity in the feature store, whose numbers are wanted.", "either"),
        Parameter("feature_set", "With entity: the hash of the feature set, or the name of its load."),
        Parameter("value", "Column of the file with the numbers, or feature in the store.", "the name"),
        Parameter("max_age", "Longest time before the event at which a number of the store counts.", "none"),
        Parameter("default", "Number for a key that has none.", "none"),
    )
    example: ClassVar[Mapping[str, object]] = {
        "source": "country",
        "parameters": {"entity": "country", "feature_set": "9f2c0a17b3d4e5f6", "default": 0},
    }

    entity: str
    feature_set: str
    value: str
    default: float | None
    max_age_ms: int | None

    @classmethod
    def from_spec(cls, spec: FeatureSpec, fields: Mapping[str, FieldSettings]) -> StoredLookup:
        """Require `entity` and `feature_set`; accept `value`, `max_age` and `default`."""
        parameters = Parameters(spec, cls.accepts)
        source = resolve_source(spec, fields, KEYS)
        entity, feature_set = (_word(parameters, name) for name in ("entity", "feature_set"))
        default, max_age_ms = parameters.optional_number("default"), parameters.optional_duration_ms("max_age")
        value = parameters.text("value", spec.name)
        return cls((output_of(spec),), (source,), entity, feature_set, value, default, max_age_ms)

    @property
    def stored(self) -> StoredValue:
        """The value that is looked up in the store."""
        return StoredValue(
            self.columns[0],
            self.inputs[0],
            self.entity,
            self.feature_set,
            self.value,
            self.default,
            self.max_age_ms,
        )

    def transform(self, columns: Columns, out: Matrix) -> None:
        """Take the answers of the store."""
        out[:, 0] = columns[self.stored.given_as]

    def formula(self, position: int) -> str:
        """Return a description of the look-up."""
        from conf.types.durations import format_duration

        del position
        age = "" if self.max_age_ms is None else f", at most {format_duration(self.max_age_ms)} old"
        other = "" if self.default is None else f", else {self.default:g}"
        table = f"{self.entity}:{self.feature_set}"
        return f"{self.value} of {table} in the feature store where entity = {self.inputs[0]}{age}{other}"


def _word(parameters: Parameters, name: str) -> str:
    word = parameters.text(name)
    if not WORD.fullmatch(word):
        parameters.refuse(f"{name}: letters, digits, '.', '_' or '-'", word, "give the name that the values have there")
    return word
