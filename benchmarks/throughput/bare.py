"""The loop that ``scoring`` is compared with: pyarrow reads, numpy computes, ONNX Runtime scores; no engine.

It checks no types, accepts no bad rows, has no state and no exactly-once, and writes four columns as CSV.

``python -m benchmarks.throughput.bare FOLDER OUTPUT PROCESSES`` divides the files among processes of one thread each.
"""

from __future__ import annotations

import io
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.make_network import NETWORK
from benchmarks.measure import print_figures
from benchmarks.rows import NUMBERS

if TYPE_CHECKING:
    import pyarrow as pa

_BLOCK_BYTES = 1 << 21


def main(folder: str, output: str, processes: str) -> None:
    """Score every file of a folder and print how long it took."""
    paths = sorted(Path(folder).iterdir())
    outputs = [Path(output) / f"{path.stem}.csv" for path in paths]
    Path(output).mkdir(parents=True, exist_ok=True)
    start = time.perf_counter()
    if processes == "1":
        for path, target in zip(paths, outputs, strict=True):
            score_file(path, target)
    else:
        with ProcessPoolExecutor(int(processes)) as pool:
            list(pool.map(score_file, paths, outputs))
    print_figures({"seconds": time.perf_counter() - start})


def score_file(path: Path, output: Path) -> None:
    """Score the lines of a file, some megabytes at a time."""
    import onnxruntime as ort
    import pyarrow as pa
    import pyarrow.csv
    import pyarrow.json

    options = ort.SessionOptions()
    options.intra_op_num_threads = 1
    session = ort.InferenceSession(str(NETWORK), options, ["CPUExecutionProvider"])
    reading = pa.json.ReadOptions(use_threads=False, block_size=2 * _BLOCK_BYTES)
    with output.open("wb") as file:
        for block in _blocks(path):
            table = pa.json.read_json(io.BytesIO(block), reading)
            (scores,) = session.run(None, {"features": _features(table)})
            answer = table.select(["id", "time", "user"]).append_column("prediction", pa.array(scores[:, 0]))
            pa.csv.write_csv(answer, file, pa.csv.WriteOptions(include_header=False))


def _blocks(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while block := file.read(_BLOCK_BYTES):
            yield block + file.readline()


def _features(table: pa.Table) -> NDArray[np.float32]:
    columns: list[NDArray[Any]] = [table.column(name).to_numpy() for name in NUMBERS]
    matrix = np.empty((len(table), len(columns)), np.float32)
    for index, values in enumerate(columns):
        if index < 5:
            matrix[:, index] = np.log1p(values)
        elif index < 10:
            matrix[:, index] = (values - 50) / 20
        elif index < 14:
            matrix[:, index] = np.clip(values, 0, 95)
        elif index < 17:
            matrix[:, index] = values / 100
        else:
            matrix[:, index] = values
    return matrix


if __name__ == "__main__":
    main(*sys.argv[1:])
