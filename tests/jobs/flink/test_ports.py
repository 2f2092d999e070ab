from __future__ import annotations

import socket

import pytest

from jobs.flink import ports
from jobs.flink.ports import free_port, is_free


def test_port_is_free_and_none_that_the_system_gives_to_connections() -> None:
    found = [free_port() for _ in range(20)]
    assert len(set(found)) > 1
    for port in found:
        assert 20_000 <= port < 32_768
        assert is_free(port)


def test_port_in_use_is_passed_over(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        monkeypatch.setattr(ports, "_FIRST", port)
        monkeypatch.setattr(ports, "_END", port + 2)
        numbers = iter([0, 0, 1])
        monkeypatch.setattr("secrets.randbelow", lambda size: next(numbers))
        try:
            assert free_port() == port + 1
        except StopIteration:
            pytest.skip("the next port is in use, too")


def test_where_all_are_in_use_the_system_chooses(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        monkeypatch.setattr(ports, "_FIRST", port)
        monkeypatch.setattr(ports, "_END", port + 1)
        assert free_port() != port
