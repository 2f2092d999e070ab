"""Latency and size of the feature store on a Redis server of its own, on this machine.

A batch has 1,000 rows of 200 distinct entities with 20 numbers each. Figures:

- ``warm_p50_ms``, ``warm_p99_ms``: time of a batch that the cache answers; ``warm_rows_per_s`` is the rate.
- ``cold_p50_ms``, ``cold_p99_ms``: time of a batch whose entities all come from the server.
- ``write_rows_per_s``: rate at which rows are written, 500 in a call.
- ``operator_us_per_row``, ``operator_with_lookups_us_per_row``: CPU time of the scoring job's operator, and of the
  same with five look-ups that the cache answers, in turns; ``lookups_cost_pct`` is what they add.
- ``bytes_an_entity``: memory of the server for an entity, as its own statistics have it.

``python -m benchmarks store [BATCHES]``.
"""

from __future__ import annotations

import sys
import time

import numpy as np

from benchmarks.feature_store.joined import operator_us_per_row
from benchmarks.feature_store.store_server import store_server
from benchmarks.measure import load_average, print_figures
from conf.settings import FeatureStoreSettings
from state.feature_store.errors import StoreError
from state.feature_store.feature_store import FeatureStore
from state.feature_store.group import Group
from udfs.feature_store.open_store import open_store

ENTITIES, DISTINCT, ROWS = 20_000, 200, 1_000
NAMES = [f"feature_{number}" for number in range(20)]
GROUP = Group("customer", "9f2c0a17b3d4e5f6")


def main(batches: str = "500") -> None:
    """Print the figures."""
    before = load_average()
    with store_server() as port:
        settings: dict[str, object] = {
            "backend": "redis",
            "redis_addr": f"127.0.0.1:{port}",
            "timeout": "5s",
            "ttl": "1d",
        }
        warm = open_store(FeatureStoreSettings.model_validate({**settings, "cache_ttl": "1d"}))
        cold = open_store(FeatureStoreSettings.model_validate({**settings, "cache_size": 0}))
        writing = _write(cold)
        reads = {"cold": _read(cold, int(batches)), "warm": _read(warm, int(batches), spread=1)}
        size = cold.stats().bytes_an_entity
        without, joined = operator_us_per_row(settings, ROWS, DISTINCT, int(batches))
        warm.close()
        cold.close()
    print(f"load average before {before}, after {load_average()}")
    figures = {
        f"{name}_p{share}_ms": round(float(np.percentile(seconds, share)) * 1000, 3)
        for name, seconds in reads.items()
        for share in (50, 99)
    }
    rate = round(ROWS / float(np.median(reads["warm"])))
    operator = {
        "operator_us_per_row": round(without, 2),
        "operator_with_lookups_us_per_row": round(joined, 2),
        "lookups_cost_pct": round(100 * (joined / without - 1), 1),
    }
    stored = {"warm_rows_per_s": rate, "write_rows_per_s": writing, "bytes_an_entity": size}
    print_figures({**figures, **stored, **operator})


def _write(store: FeatureStore) -> int:
    """Fill the store, and return rows a second."""
    keys = [f"c{number}" for number in range(ENTITIES)]
    values = np.random.default_rng(0).normal(size=(len(NAMES), ENTITIES))
    columns = dict(zip(NAMES, values, strict=True))
    _await(store)
    start_s = time.perf_counter()
    store.put_many(GROUP, keys, columns, np.full(ENTITIES, 1_700_000_000_000))
    return round(ENTITIES / (time.perf_counter() - start_s))


def _await(store: FeatureStore) -> None:
    for _ in range(20):
        try:
            store.stats()
        except StoreError:
            time.sleep(0.5)
        else:
            return


def _read(store: FeatureStore, batches: int, spread: int = ENTITIES // DISTINCT) -> list[float]:
    """Return the seconds of each batch; entities come from ``spread`` times as many as a batch has."""
    rng, seconds = np.random.default_rng(1), []
    for turn in range(batches + 1):
        chosen = rng.choice(DISTINCT * spread, DISTINCT, replace=False)
        keys = [f"c{number}" for number in np.resize(chosen, ROWS)]
        start_s = time.perf_counter()
        found = store.get_many(GROUP, keys, NAMES)
        matrix = [found.floats(name) for name in NAMES]
        if turn:
            seconds.append(time.perf_counter() - start_s)
        if found.is_failed.any() or np.isnan(matrix).any():
            message = f"expected a value for each row, got {store.counts()}"
            raise RuntimeError(message)
    return seconds


if __name__ == "__main__":
    main(*sys.argv[1:])
