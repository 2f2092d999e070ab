"""Settings that name a folder of this machine take no URL."""

from __future__ import annotations

from collections.abc import Callable

import pytest


@pytest.mark.parametrize("key", ["model_registry.cache_dir", "metrics.folder"])
def test_a_url_is_no_local_folder(key: str, refusals: Callable[..., list[str]]) -> None:
    (line,) = refusals("ml: {}", [f"ml.{key}=s3://me:word@bucket/x"])
    assert f"ml.{key} (from --set ml.{key}): expected a folder of this machine, got 's3://***@bucket/x'" in line
