"""A value of an entity that the feature store knows, and a feature needs."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class StoredValue:
    """A value of an entity that the feature store knows.

    Attributes:
        column: column of the feature that needs it.
        key: event field with the entity.
        entity: kind of the entity.
        feature_set: hash of the feature set that the value comes from, or the name that it was loaded under.
        name: its name there.
        default: number in place of a value that is missing or too old; None: NaN.
        max_age_ms: oldest age that counts, in event time; None: any.
    """

    column: str
    key: str
    entity: str
    feature_set: str
    name: str
    default: float | None = None
    max_age_ms: int | None = None

    @property
    def given_as(self) -> str:
        """Name under which the values of a batch are given to the feature: none that an event field can have."""
        return f"ml.feature_store/{self.column}"
