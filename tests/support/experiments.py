"""Experiments for tests, and an implementation of xxHash64 that is not the product's."""

from __future__ import annotations

from typing import Any

from conf.settings import ExperimentSettings

_MASK = 2**64 - 1
_P1, _P2, _P3, _P4, _P5 = (
    0x9E3779B185EBCA87,
    0xC2B2AE3D27D4EB4F,
    0x165667B19E3779F9,
    0x85EBCA77C2B2AE63,
    0x27D4EB2F165667C5,
)


def experiment(weights: dict[str, float], **given: Any) -> ExperimentSettings:
    """Return an experiment of variants with these weights, whose models are their names."""
    off = given.pop("off", ())
    variants = [
        {"name": name, "model_name": name, "weight": weight, "enabled": name not in off}
        for name, weight in weights.items()
    ]
    settings = {"name": "test", "strategy": "hash", "split_key": "card", "variants": variants, **given}
    return ExperimentSettings.model_validate(settings)


def xxh64(data: bytes, seed: int = 0) -> int:
    """Return the hash by the algorithm's description, https://github.com/Cyan4973/xxHash (doc/xxhash_spec.md)."""
    place, size = 0, len(data)
    if size >= 32:
        lanes = [seed + _P1 + _P2, seed + _P2, seed, seed - _P1]
        while place + 32 <= size:
            for lane in range(4):
                lanes[lane] = _round(lanes[lane], _word(data, place + 8 * lane, 8))
            place += 32
        found = sum(_turn(lane, by) for lane, by in zip(lanes, (1, 7, 12, 18), strict=True))
        for lane in lanes:
            found = ((found & _MASK) ^ _round(0, lane)) * _P1 + _P4
    else:
        found = seed + _P5
    found += size
    while place + 8 <= size:
        found = _turn(found ^ _round(0, _word(data, place, 8)), 27) * _P1 + _P4
        place += 8
    if place + 4 <= size:
        found = _turn(found ^ (_word(data, place, 4) * _P1 & _MASK), 23) * _P2 + _P3
        place += 4
    for byte in data[place:]:
        found = _turn(found ^ (byte * _P5 & _MASK), 11) * _P1
    found &= _MASK
    found = (found ^ (found >> 33)) * _P2 & _MASK
    found = (found ^ (found >> 29)) * _P3 & _MASK
    return found ^ (found >> 32)


def _round(lane: int, word: int) -> int:
    return _turn(lane + word * _P2, 31) * _P1 & _MASK


def _turn(value: int, by: int) -> int:
    value &= _MASK
    return (value << by | value >> (64 - by)) & _MASK


def _word(data: bytes, place: int, size: int) -> int:
    return int.from_bytes(data[place : place + size], "little")
