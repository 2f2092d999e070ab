"""A Redis server that the tests of this folder share."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from typing import NoReturn

import pytest

from tests.support.redis_server import PROGRAM, RedisServer, redis_server


@pytest.fixture(scope="module")
def server(no_service: Callable[[str], NoReturn], tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    if shutil.which(PROGRAM) is None:
        no_service(f"{PROGRAM} is not installed: apt-get install {PROGRAM}")
    with redis_server(tmp_path_factory.mktemp("redis")) as running:
        yield running
