"""A live model over versions that are fakes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from models.serving.live import LiveModel, SwapOptions
from tests.models.serving.fakes import FakeVersions, Heard, Make


@pytest.fixture
def versions() -> FakeVersions:
    found = FakeVersions()
    found.promote("1.0.0")
    return found


@pytest.fixture
def heard() -> Heard:
    return Heard()


@pytest.fixture
def make(versions: FakeVersions, heard: Heard) -> Iterator[Make]:
    made = []

    def build(**options: Any) -> LiveModel:
        made.append(LiveModel(versions, SwapOptions(**options), heard))
        return made[-1]

    yield build
    for live in made:
        live.close()
