"""Errors of settings of the feature store."""

from __future__ import annotations


class StoreSettingError(ValueError):
    """The library of the backend is not installed."""

    def __init__(self) -> None:
        super().__init__(
            "ml.feature_store.backend: expected the package redis for 'redis', found none; "
            "pip install 'gress-ml[redis]'"
        )


class PublishError(ValueError):
    """Settings ask to publish something that a job cannot.

    Args:
        place: setting below `ml.feature_store`.
        expected: the correct kind of value.
        got: the value.
        hint: what to do; empty: it is clear.
    """

    def __init__(self, place: str, expected: str, got: str, hint: str = "") -> None:
        text = f"ml.feature_store.{place}: expected {expected}, got {got}"
        super().__init__(f"{text}; {hint}" if hint else text)
        self.problem = text
        self.hint = hint
