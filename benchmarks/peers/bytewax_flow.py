"""Bytewax: a partition a file, blocks of lines as items, the batch step as a map, a file a worker.

Bytewax's own file source hands on a text a line, and its file sink waits for the disk after each batch; both cost more
than these.

``python -m benchmarks.peers.bytewax_flow INPUT MODEL OUTPUT PROCESSES STEP`` starts ``bytewax.run`` in each process.
"""

from __future__ import annotations

import socket
import subprocess
import sys
import time
from contextlib import ExitStack
from pathlib import Path

import bytewax.operators as op
from bytewax.dataflow import Dataflow
from bytewax.inputs import FixedPartitionedSource, StatefulSourcePartition
from bytewax.outputs import DynamicSink, StatelessSinkPartition

from benchmarks.peers.batch_step import open_step, read_block
from benchmarks.peers.result import print_result


class FileBlocks(StatefulSourcePartition[bytes, int]):
    """A file, from the byte at which it was left."""

    def __init__(self, path: Path, offset: int | None) -> None:
        self._file = path.open("rb")
        self._file.seek(offset or 0)

    def next_batch(self) -> list[bytes]:
        """Return the next block."""
        block = read_block(self._file)
        if not block:
            raise StopIteration
        return [block]

    def snapshot(self) -> int:
        """Return where the next block begins."""
        return self._file.tell()

    def close(self) -> None:
        """Close the file."""
        self._file.close()


class FolderSource(FixedPartitionedSource[bytes, int]):
    """The files of a folder, divided among the workers."""

    def __init__(self, folder: str) -> None:
        self._folder = Path(folder)

    def list_parts(self) -> list[str]:
        """Return the names of the files."""
        return sorted(path.name for path in self._folder.iterdir())

    def build_part(self, step_id: str, for_part: str, resume_state: int | None) -> FileBlocks:
        """Open a file."""
        del step_id
        return FileBlocks(self._folder / for_part, resume_state)


class FilePart(StatelessSinkPartition[bytes]):
    """The file of a worker, and beside it the times at which the worker began and ended."""

    def __init__(self, folder: Path, worker: int) -> None:
        self._began = time.perf_counter()
        self._times = folder / f"times-{worker}"
        self._file = (folder / f"part-{worker}").open("wb")

    def write_batch(self, items: list[bytes]) -> None:
        """Write blocks of lines."""
        self._file.writelines(items)

    def close(self) -> None:
        """Write the remaining rows."""
        self._file.close()
        self._times.write_text(f"{self._began} {time.perf_counter()}", "ascii")


class FolderSink(DynamicSink[bytes]):
    """A folder with a file for each worker."""

    def __init__(self, folder: str) -> None:
        self._folder = Path(folder)

    def build(self, step_id: str, worker_index: int, worker_count: int) -> FilePart:
        """Open the file of a worker."""
        del step_id, worker_count
        return FilePart(self._folder, worker_index)


def build(source: str, model: str, output: str, step: str) -> Dataflow:
    """Return the dataflow."""
    flow = Dataflow("scoring")
    lines = op.input("lines", flow, FolderSource(source))
    predictions = op.map("score", lines, open_step(step, model))
    op.output("predictions", predictions, FolderSink(output))
    return flow


def main(source: str, model: str, output: str, processes: str, step: str) -> None:
    """Run the dataflow in some processes."""
    Path(output).mkdir(parents=True)
    flow = f"benchmarks.peers.bytewax_flow:build({source!r},{model!r},{output!r},{step!r})"
    command = [sys.executable, "-m", "bytewax.run", flow]
    if processes == "1":
        subprocess.run(command, check=True)
    else:
        addresses = ";".join(f"localhost:{port}" for port in free_ports(int(processes)))
        commands = [[*command, "-i", str(index), "-a", addresses] for index in range(int(processes))]
        started = [subprocess.Popen(each) for each in commands]
        codes = [process.wait() for process in started]
        if any(codes):
            msg = f"expected {processes} processes to end with 0, got {codes}"
            raise RuntimeError(msg)
    print_result(seconds(Path(output)), "bytewax", "numpy", "onnxruntime", "orjson", "pyarrow")


def seconds(output: Path) -> float:
    """Return the time from the first worker's begin to the last one's end.

    Processes may wait for seconds until they have found each other, which is left out.
    """
    times = [path.read_text("ascii").split() for path in output.glob("times-*")]
    return max(float(end) for _, end in times) - min(float(begin) for begin, _ in times)


def free_ports(count: int) -> list[int]:
    """Return ports that nothing listens on."""
    with ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for each in sockets:
            each.bind(("localhost", 0))
        return [each.getsockname()[1] for each in sockets]


if __name__ == "__main__":
    main(*sys.argv[1:])
