"""The contract of all transforms.

Rules
- All parameters are checked in `from_spec`; `transform` never raises on values.
- `transform` fills its slice of a shared matrix, never changes its inputs, and computes each row from that row alone,
  so any split of a batch gives the same rows.
- The number and the names of columns are known before the first row.
- Dataclass fields with ``compare=True`` are the feature's identity: they go into the feature-set hash.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any, ClassVar

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import TypeAlias

    import numpy as np
    from numpy.typing import NDArray

    from conf.settings import FeatureSpec, FieldSettings
    from state.trackers.tracker import TrackerSpec
    from state.window_sql import WindowSpec
    from udfs.features.parameters import Parameter
    from udfs.features.stored.stored_value import StoredValue

    Columns: TypeAlias = Mapping[str, NDArray[np.generic]]
    Matrix: TypeAlias = NDArray[np.floating[Any]]


@dataclass(frozen=True)
class Feature(ABC):
    """One transform from input columns to feature columns."""

    type: ClassVar[str]
    null_rule: ClassVar[str]
    accepts: ClassVar[tuple[Parameter, ...]]
    example: ClassVar[Mapping[str, object]]  # source and parameters of a spec over reference.EXAMPLE_FIELDS
    reads_time: ClassVar[bool] = False  # without a source it reads the event time

    columns: tuple[str, ...]
    inputs: tuple[str, ...]

    @classmethod
    @abstractmethod
    def from_spec(cls, spec: FeatureSpec, fields: Mapping[str, FieldSettings]) -> Feature:
        """Check a spec against the columns of the event, and build the transform.

        Raises:
            FeatureError: a parameter is unknown, missing, or makes no sense.
        """

    @abstractmethod
    def transform(self, columns: Columns, out: Matrix) -> None:
        """Fill `out`, an ``(n, len(self.columns))`` slice of the matrix; NaN where not computable."""

    @abstractmethod
    def formula(self, position: int) -> str:
        """Return the formula of the column at `position`, for people."""

    @property
    def window(self) -> WindowSpec | None:
        """The window aggregate that this feature needs; None if the row alone is enough."""
        return None

    @property
    def stored(self) -> StoredValue | None:
        """The value of the feature store that this feature needs; None if it needs none."""
        return None

    @property
    def tracker(self) -> TrackerSpec | None:
        """The tracker of each key that this feature needs; None if it needs none."""
        return None

    @property
    def has_domain(self) -> bool:
        """Whether there are numbers that this feature is not defined for."""
        return type(self).count_out_of_domain is not Feature.count_out_of_domain

    def count_out_of_domain(self, columns: Columns, out: Matrix) -> int:
        """Count the values that the feature is not defined for; `transform` makes NaN of them.

        A null is not counted: it is no value. A transform that is defined for every number leaves this as it is.

        Args:
            columns: what `transform` was given.
            out: the slice that it filled.
        """
        del columns, out
        return 0

    def canonical(self) -> dict[str, object]:
        """Return the feature as JSON values with every default filled in; equal values mean equal features."""
        identity = {field.name: getattr(self, field.name) for field in fields(self) if field.compare}
        return {"type": self.type, **identity}
