"""Blocks of lines to blocks of predictions, as a user writes it for an engine without a scoring step.

There are two: ``orjson`` parses line by line into dictionaries, ``arrow`` a block at once into columns. A prediction
has the members of ours that a reader needs: id, time, key, score, model, version and status.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator, Sequence
from itertools import chain
from math import log1p
from operator import itemgetter
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.rows import NUMBERS

BLOCK_BYTES = 1 << 21
"""Bytes of a block: some 6,000 lines."""

CONSTANTS = {"model": "network", "version": "1.0.0", "status": "ok"}
Step = Callable[[bytes], bytes]


def open_step(name: str, model: str) -> Step:
    """Load a model and return the step that takes blocks of whole lines."""
    predict = load(model)
    step = {"orjson": step_by_orjson, "arrow": step_by_arrow}[name]
    return lambda block: step(block, predict)


def load(model: str) -> Callable[[NDArray[np.float32]], NDArray[np.float32]]:
    """Load a model and return what scores a matrix (n, 20) on one thread."""
    import onnxruntime as ort

    options = ort.SessionOptions()
    options.intra_op_num_threads = 1
    session = ort.InferenceSession(model, options, ["CPUExecutionProvider"])
    return lambda matrix: session.run(None, {"features": matrix})[0][:, 0]


def read_block(file: IO[bytes]) -> bytes:
    """Return the next whole lines of a file, empty at its end."""
    block = file.read(BLOCK_BYTES)
    return block and block + file.readline()


def blocks(path: Path) -> Iterator[bytes]:
    """Yield all lines of a file in blocks."""
    with path.open("rb") as file:
        while block := read_block(file):
            yield block


def features(values: NDArray[np.float64]) -> NDArray[np.float32]:
    """Return the features of rows: the columns of ``data/scoring.yaml``."""
    found = np.empty(values.shape, np.float32)
    found[:, :5] = np.log1p(values[:, :5])
    found[:, 5:10] = (values[:, 5:10] - 50) / 20
    found[:, 10:14] = np.clip(values[:, 10:14], 0, 95)
    found[:, 14:17] = values[:, 14:17] / 100
    found[:, 17:] = values[:, 17:]
    return found


def features_of_row(values: Sequence[float]) -> list[float]:
    """Return the features of one row, without arrays."""
    return [
        *map(log1p, values[:5]),
        *((value - 50) / 20 for value in values[5:10]),
        *(min(max(value, 0), 95) for value in values[10:14]),
        *(value / 100 for value in values[14:17]),
        *values[17:],
    ]


def step_by_orjson(block: bytes, predict: Callable[[NDArray[np.float32]], NDArray[np.float32]]) -> bytes:
    """Score lines, each parsed into a dictionary."""
    import orjson

    rows = list(map(orjson.loads, block.splitlines()))
    numbers = chain.from_iterable(map(itemgetter(*NUMBERS), rows))
    values = np.fromiter(numbers, np.float64, len(rows) * len(NUMBERS)).reshape(-1, len(NUMBERS))
    scores = predict(features(values)).tolist()
    times = iso_times(np.array([row["time"] for row in rows])).tolist()
    written = orjson.dumps(
        [
            {"event_id": row["id"], "event_time": time, "key": row["user"], "prediction": score, **CONSTANTS}
            for row, time, score in zip(rows, times, scores, strict=True)
        ]
    )
    # Inside a text, quotes are escaped. So this stands between two rows only.
    return written[1:-1].replace(b'},{"event_id":', b'}\n{"event_id":') + b"\n"


def step_by_arrow(block: bytes, predict: Callable[[NDArray[np.float32]], NDArray[np.float32]]) -> bytes:
    """Score lines, parsed into columns; keys need no escapes."""
    import pyarrow as pa
    import pyarrow.compute as pc
    import pyarrow.json

    reading = pa.json.ReadOptions(use_threads=False, block_size=2 * BLOCK_BYTES)
    table = pa.json.read_json(io.BytesIO(block), reading).combine_chunks()
    values = np.column_stack([table[name].to_numpy() for name in NUMBERS])
    scores = predict(features(values))
    constants = "".join(f',"{name}":"{value}"' for name, value in CONSTANTS.items())
    parts: list[Any] = ['{"event_id":', table["id"].cast(pa.string()).chunk(0)]
    parts += [',"event_time":"', pa.array(iso_times(table["time"].to_numpy()).astype(object))]
    parts += ['","key":"', table["user"].chunk(0), '","prediction":', pa.array(scores).cast(pa.string())]
    lines = pc.binary_join_element_wise(*parts, constants + "}\n", "")
    _, offsets, data = lines.buffers()
    return bytes(memoryview(data)[: np.frombuffer(offsets, np.int32)[len(lines)]])


def iso_times(times_ms: NDArray[np.int64]) -> NDArray[np.str_]:
    """Return times since 1970 as text in UTC.

    >>> iso_times(np.array([1_700_000_000_001])).tolist()
    ['2023-11-14T22:13:20.001Z']
    """
    return np.datetime_as_string(times_ms.astype("datetime64[ms]"), timezone="UTC")
