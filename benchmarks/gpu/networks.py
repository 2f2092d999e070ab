"""Networks of the benchmark, small and wide."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from benchmarks.make_network import NETWORK, build

_WIDE = (20, 2048, 2048, 1)


def _wide() -> bytes:
    content: bytes = build(20, widths=_WIDE).SerializeToString()
    return content


NETWORKS: Mapping[str, Callable[[], bytes]] = MappingProxyType({"small": NETWORK.read_bytes, "wide": _wide})
"""The function that returns the bytes of each network."""
