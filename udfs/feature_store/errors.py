"""Errors of opening a feature store."""

from __future__ import annotations


class StoreSettingError(ValueError):
    """The library of the backend is not installed."""

    def __init__(self) -> None:
        super().__init__(
            "ml.feature_store.backend: expected the package redis for 'redis', found none; "
            "pip install 'gress-ml[redis]'"
        )
