"""Bytes of windows by events and keys, and bytes of a row on its way: sizes, which other work does not change.

``python -m benchmarks.scale.sizes`` prints them.
"""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from benchmarks.measure import print_figures
from benchmarks.windows.sliding import Stream, engine
from benchmarks.windows.window_stages import LABELS, Stage, plans_of_fraud
from conf.loading.loader import load_settings
from jobs.catalogue import default_config
from jobs.sources.transactions import GeneratorSettings, TransactionGenerator, write
from udfs.parsing.lines import JsonLines
from udfs.windows.pack_lines import LABEL_BYTES, PackLines

_FUNCTIONS = "sums"
_MANY_KEYS, _FEW_KEYS, _EVENTS = 200_000, 200, 200_000
_BATCH = 10_000


def main() -> None:
    """Print the sizes."""
    print_figures({name: round(value, 1) for name, value in {**memory(), **bytes_of_a_row()}.items()})


def memory(events: int = _EVENTS, many: int = _MANY_KEYS, few: int = _FEW_KEYS) -> dict[str, float]:
    """Return bytes of memory of an event and of a key, three functions over three windows.

    Args:
        events: events in the windows.
        many: keys in one measurement.
        few: keys in the other; the difference is that of the keys.
    """
    with_many, with_few = (_bytes_of(_filled(keys, events)) for keys in (many, few))
    key = (with_many - with_few) / (many - few)
    return {"memory_bytes_per_event": (with_few - few * key) / events, "memory_bytes_per_key": key}


def _filled(keys: int, events: int) -> Callable[[], object]:
    def fill() -> object:
        windows, stream = engine(_FUNCTIONS), Stream(keys, -(-events // keys))
        for _ in range(events // _BATCH):
            windows.add(*stream.batch(_BATCH))
        return windows

    return fill


def _bytes_of(make: Callable[[], object]) -> int:
    tracemalloc.start()
    try:
        made = make()
        found = tracemalloc.get_traced_memory()[0]
        del made
        return found
    finally:
        tracemalloc.stop()


def bytes_of_a_row(rows: int = _BATCH) -> dict[str, float]:
    """Return bytes of an event of the fraud job as text, and packed between its stages."""
    job = load_settings(default_config("fraud-detection"), environ={}).job
    assert job is not None
    with TemporaryDirectory() as folder:
        path = Path(folder) / "events.jsonl"
        write(path, TransactionGenerator(GeneratorSettings()).batches(rows))
        with path.open("rb") as file:
            lines = [line.rstrip(b"\n") for line in islice(file, rows)]
    plans = plans_of_fraud(job)
    pack = PackLines(job.events, JsonLines(job.events.fields), plans[0].key, LABELS)
    pack.open()
    packed = pack.run({"__line": np.array(lines, object)})["__parts"][0]
    found = {"event_bytes": sum(map(len, lines)) / len(lines), "packed_bytes_0": sum(map(len, packed)) / len(lines)}
    parts = [(int.from_bytes(data[:LABEL_BYTES], "little", signed=True), data[LABEL_BYTES:]) for data in packed]
    columns = pack.columns
    for place, (plan, follows) in enumerate(zip(plans, [*(plan.key for plan in plans[1:]), None], strict=True), 1):
        stage = Stage(plan, columns, follows)
        parts = stage.run(parts, 1 << 62)
        columns = stage.columns
        found[f"packed_bytes_{place}"] = sum(len(data) for _, data in parts) / len(lines)
    return found


if __name__ == "__main__":
    main()
