"""Settings of the features that a job writes into the feature store (`ml.feature_store.publish`)."""

from __future__ import annotations

from conf.types.base import FrozenSettings
from conf.types.scalars import Column, Segment


class PublishSettings(FrozenSettings):
    """Features that a job writes into the store, by entity.

    Attributes:
        entity: kind of the entities, such as ``customer``.
        key: event field with the entity's id, a text or a whole number; default: ``job.events.key``.
        features: columns of the job's feature set to write; default none = all.
    """

    entity: Segment
    key: Column | None = None
    features: tuple[Column, ...] = ()
