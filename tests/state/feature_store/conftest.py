"""A Redis server that the tests of a module share, and stores on it."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NoReturn

import pytest

from state.feature_store.attempts import Patience
from state.feature_store.backend import Backend
from state.feature_store.feature_store import FeatureStore
from state.feature_store.reads.store_options import StoreOptions
from tests.support.redis_server import PROGRAM, RedisServer, redis_server
from udfs.scoring.breaker import BreakerOptions, CircuitBreaker


class Clock:
    """Seconds that pass when they are told to."""

    def __init__(self) -> None:
        self.now_s = 0.0

    def __call__(self) -> float:
        return self.now_s

    def sleep(self, seconds: float) -> None:
        self.now_s += seconds


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def open_store(clock: Clock) -> Iterator[Callable[..., FeatureStore]]:
    """A store with a clock of the test, on a backend."""
    stores: list[FeatureStore] = []

    def opened(backend: Backend, *, retries: int = 0, **options: Any) -> FeatureStore:
        breaker = CircuitBreaker(BreakerOptions(failures=3, open_s=10.0, successes=1), clock=clock)
        store = FeatureStore(
            backend,
            StoreOptions(**options),
            patience=Patience(retries=retries, jitter=0.0),
            breaker=breaker,
            clock=clock,
            sleep=clock.sleep,
        )
        stores.append(store)
        return store

    yield opened
    for store in stores:
        store.close()


@pytest.fixture(scope="session")
def _has_redis(no_service: Callable[[str], NoReturn]) -> None:
    if shutil.which(PROGRAM) is None:
        no_service(f"{PROGRAM} is not installed: apt-get install {PROGRAM}")


@pytest.fixture
def folder(_has_redis: None, tmp_path: Path) -> Path:
    """The folder of a server that a test has for itself."""
    return tmp_path


@pytest.fixture(scope="module")
def server(_has_redis: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    with redis_server(tmp_path_factory.mktemp("redis")) as running:
        yield running
