"""A port, or a range of ports."""

from __future__ import annotations

import pytest

from conf.errors import ConfigError
from conf.loading.loader import settings_from


@pytest.mark.parametrize("value", [0, 1, 65_535, "9250-9250", "9250-9259"])
def test_ports_are_kept_as_written(value: object) -> None:
    assert settings_from({"ml": {"metrics": {"flink_port": value}}}).ml.metrics.flink_port == value


@pytest.mark.parametrize("value", [-1, 65_536, True, 1.5, "", "0-3", "9259-9250", "9250-", "9250-70000", "a", [9250]])
def test_anything_else_is_refused(value: object) -> None:
    expected = r"flink_port: expected 0, a port from 1 to 65535, or a range such as 9250-9259"
    with pytest.raises(ConfigError, match=expected):
        settings_from({"ml": {"metrics": {"flink_port": value}}})
