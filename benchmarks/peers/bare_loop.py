"""The batch step in a loop, without an engine.

``python -m benchmarks.peers.bare_loop INPUT MODEL OUTPUT PROCESSES STEP`` divides the files among processes.
"""

from __future__ import annotations

import sys
import time
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from benchmarks.peers.batch_step import blocks, open_step
from benchmarks.peers.result import print_result


def main(source: str, model: str, output: str, processes: str, step: str) -> None:
    """Score every file of a folder."""
    Path(output).mkdir(parents=True)
    tasks = [(path, model, Path(output) / f"part-{path.stem}", step) for path in sorted(Path(source).iterdir())]
    start = time.perf_counter()
    if processes == "1":
        for task in tasks:
            score_file(*task)
    else:
        with ProcessPoolExecutor(int(processes)) as pool:
            list(pool.map(score_file, *zip(*tasks, strict=True)))
    print_result(time.perf_counter() - start, "numpy", "onnxruntime", "orjson", "pyarrow")


def score_file(path: Path, model: str, output: Path, step: str) -> None:
    """Score the lines of a file."""
    score = open_step(step, model)
    with output.open("wb") as file:
        for block in blocks(path):
            file.write(score(block))


if __name__ == "__main__":
    main(*sys.argv[1:])
