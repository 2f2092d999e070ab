"""Weights of an ONNX file that are in another file, found without ONNX Runtime.

Its versions differ in which paths they follow out of the model's folder; a checksum and a registry know one file.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

from models.errors import ModelError

_ONE_FILE = "save it as one file: onnx.save(onnx.load(FILE), NEW_FILE)"
_TENSOR, _SPARSE, _GRAPH, _ATTRIBUTE, _NODE, _FUNCTION, _TRAINING = range(7)
_MODEL = 7
# Numbers of the fields that lead to tensors, in onnx.proto3.
_CHILDREN: Mapping[int, Mapping[int, int]] = MappingProxyType(
    {
        _MODEL: {7: _GRAPH, 20: _TRAINING, 25: _FUNCTION},
        _TRAINING: {1: _GRAPH, 2: _GRAPH},
        _FUNCTION: {7: _NODE, 11: _ATTRIBUTE},
        _GRAPH: {1: _NODE, 5: _TENSOR, 15: _SPARSE},
        _NODE: {5: _ATTRIBUTE},
        _ATTRIBUTE: {5: _TENSOR, 6: _GRAPH, 10: _TENSOR, 11: _GRAPH, 22: _SPARSE, 23: _SPARSE},
        _SPARSE: {1: _TENSOR, 2: _TENSOR},
    }
)
_EXTERNAL_DATA, _DATA_LOCATION = 13, 14
_VARINT, _EIGHT, _BYTES, _FOUR = 0, 1, 2, 5
# Graphs of loops within loops; no exporter comes near.
_DEEPEST = 100


class _Message(NamedTuple):
    kind: int
    begin: int
    end: int
    depth: int


def check_single_file(path: Path, content: bytes) -> None:
    """Refuse an ONNX file with weights in another file.

    Args:
        path: path of the file, for the error.
        content: its bytes.

    Raises:
        ModelError: a tensor names another file, wherever that is.
    """
    # The key under which a tensor names its file. It may be an ordinary name, too, so the tensors themselves decide.
    if b"location" in content and _has_external_data(content):
        raise ModelError.of_file(path, "keeps weights in another file, and a registry keeps one", _ONE_FILE)


def _has_external_data(content: bytes) -> bool:
    """Return whether a tensor of a model is elsewhere; ONNX Runtime reports the fault of a file that is no model."""
    left = [_Message(_MODEL, 0, len(content), 0)]
    try:
        while left:
            message = left.pop()
            if message.depth > _DEEPEST:
                return True
            children = _CHILDREN.get(message.kind, {})
            for number, begin, end in _fields(content, message.begin, message.end):
                if message.kind == _TENSOR and number in (_EXTERNAL_DATA, _DATA_LOCATION):
                    # Location 0 is the default: the tensor's values are here.
                    if number == _EXTERNAL_DATA or content[begin:end] != b"\0":
                        return True
                elif number in children:
                    left.append(_Message(children[number], begin, end, message.depth + 1))
    except (IndexError, ValueError):
        return False
    return False


def _fields(content: bytes, place: int, end: int) -> Iterator[tuple[int, int, int]]:
    """Yield number, begin and end of each field of a message of protocol buffers.

    Source: https://protobuf.dev/programming-guides/encoding/
    """
    while place < end:
        tag, place = _varint(content, place)
        begin, wire = place, tag & 7
        if wire == _VARINT:
            _, place = _varint(content, place)
        elif wire == _BYTES:
            size, begin = _varint(content, place)
            place = begin + size
        elif wire in (_EIGHT, _FOUR):
            place += 8 if wire == _EIGHT else 4
        else:
            raise ValueError(wire)
        if place > end:
            raise ValueError(place)
        yield tag >> 3, begin, place


def _varint(content: bytes, place: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = content[place]
        place += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, place
        shift += 7
        if shift > 63:
            raise ValueError(value)
