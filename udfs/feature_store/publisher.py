"""Features of a job's batches into the feature store, beside scoring."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from udfs.feature_store.open_store import open_store
from udfs.feature_store.publication import only, publications_of
from udfs.feature_store.publish_recorder import PublishRecorder
from udfs.feature_store.store_writer import MOST_WAITING, StoreWriter

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from conf.settings import JobSettings, MlSettings
    from state.feature_store.feature_store import FeatureStore
    from udfs.feature_store.publication import Publication
    from udfs.feature_store.store_writer import Rows
    from udfs.features.feature_set import FeatureSet

_WAITS = "the job waits for it"
_DROPS = "the job goes on, and drops what finds no room to wait"


class Publisher:
    """A writer of the features of batches, whose values leave for the store while their rows are scored.

    With ``on_full: wait`` no answer leaves the operator before its features are in the store. So no checkpoint stands
    on values that are not: after a failure the job makes them again, and writes the same.

    Args:
        job: settings of the job.
        ml: settings of the store and of metrics.
        features: the job's feature set.
        publications: what to write, at least one.
    """

    def __init__(
        self, job: JobSettings, ml: MlSettings, features: FeatureSet, publications: tuple[Publication, ...]
    ) -> None:
        settings = ml.feature_store
        self._time = job.events.time
        self._publications = publications
        self._features = only(features, {name for each in publications for name in each.columns})
        self._store: FeatureStore = open_store(settings)
        is_dropping = settings.on_full == "drop"
        entities = [each.group.entity for each in publications]
        self._recorder = PublishRecorder(job.name, entities, _DROPS if is_dropping else _WAITS)
        self._writer = StoreWriter(self._put, self._recorder, most_waiting=MOST_WAITING if is_dropping else None)

    def begin(self, columns: Mapping[str, NDArray[Any]], exact: Mapping[str, NDArray[Any]]) -> None:
        """Start to write a batch's rows to the store.

        Args:
            columns: inputs of the features, keys and times of n rows, (n,) each.
            exact: integer columns with nulls again, as objects.
        """
        times_ms = columns[self._time].astype(np.int64)
        if not len(times_ms):
            return
        # The job computes in this precision, too, and rounds the result for the model.
        matrix = self._features.transform(columns, np.float64)
        values = {name: matrix[:, place] for place, name in enumerate(self._features.columns)}
        for each in self._publications:
            keys = exact.get(each.key, columns[each.key])
            self._writer.write(each.rows(keys, times_ms, values))

    def settle(self) -> None:
        """Wait until the store has what was begun, unless rows may be dropped."""
        self._writer.settle()

    def close(self) -> None:
        """End writing, and let the store go."""
        self._writer.close()
        self._recorder.close()
        self._store.close()

    def _put(self, rows: Rows) -> None:
        self._store.put_many(rows.group, rows.keys, rows.columns, rows.times_ms)


def open_publisher(job: JobSettings, ml: MlSettings, features: FeatureSet) -> Publisher | None:
    """Return the publisher of a job; None where it publishes nothing."""
    publications = publications_of(ml.feature_store, features, job.events)
    return Publisher(job, ml, features, publications) if publications else None


def publish_fields(job: JobSettings, ml: MlSettings) -> tuple[str, ...]:
    """Return the event fields that publishing reads beside what features do."""
    if not ml.feature_store.enabled or not ml.feature_store.publish:
        return ()
    keys = (each.key or job.events.key for each in ml.feature_store.publish)
    return tuple(dict.fromkeys((job.events.time, *keys)))
