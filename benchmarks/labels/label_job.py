"""A Flink job that joins the parts of a file and counts what comes out, for ``label_join``."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from conf.loading.loader import settings_from
from jobs.flink.environment import FlinkSession, open_session
from jobs.flink.jvm.collection import planning
from jobs.flink.overrides import run_in_thread
from udfs.labels.keyed_labels import Side
from udfs.labels.label_parts import SIDE_OUTPUTS
from udfs.labels.settings import LabelSettings

if TYPE_CHECKING:
    from pyflink.datastream import DataStream
    from pyflink.datastream.data_stream import KeyedStream

SIDES: tuple[Side, ...] = ("predictions", "labels")
PARTS, INDEX = "parts", "index.npy"
"""Files of a folder: parts with their labels; of each its end, the watermark and the place of its side in ``SIDES``."""


@dataclass
class ReadPart:
    """A function that reads the parts of a folder by their numbers.

    Args:
        folder: the folder.
    """

    folder: Path

    def __call__(self, number: int) -> Any:
        """Return the place of a part's side, the part with its label, and the watermark."""
        from pyflink.common import Row

        if not hasattr(self, "_index"):
            self._index, self._file = np.load(self.folder / INDEX), (self.folder / PARTS).open("rb")
        begin = int(self._index[number - 1, 0]) if number else 0
        end, watermark, side = self._index[number].tolist()
        self._file.seek(begin)
        return Row(side, self._file.read(end - begin), watermark)


def joined_rows(folder: Path, settings: LabelSettings, *, parallelism: int) -> dict[str, int]:
    """Join the parts of a folder, and return the number of rows by outcome."""
    from pyflink.common import Types, WatermarkStrategy
    from pyflink.datastream.connectors.number_seq import NumberSequenceSource

    options = {
        "execution.checkpointing.storage": "filesystem",
        "execution.checkpointing.dir": (folder / "checkpoints").as_uri(),
        # Counts are those of one attempt.
        "restart-strategy.type": "none",
    }
    session = open_session(settings_from({"execution": {"parallelism": parallelism}}), extra=options)
    with planning():
        run_in_thread(session)
        source = NumberSequenceSource(0, len(np.load(folder / INDEX)) - 1)
        numbers = session.env.from_source(source, WatermarkStrategy.no_watermarks(), "numbers", Types.LONG())
        # In one task the parts stay in their order.
        parts = numbers.set_parallelism(1).map(ReadPart(folder), timed_type()).set_parallelism(1).name("read parts")
        return dict(counted(join(session, parts, settings), folder))


def timed_type() -> Any:
    """Return the type of a part's side, the part and the watermark."""
    from pyflink.common import Types

    return Types.ROW_NAMED(
        ["side", "part", "watermark"], [Types.INT(), Types.PRIMITIVE_ARRAY(Types.BYTE()), Types.LONG()]
    )


def join(session: FlinkSession, parts: DataStream, settings: LabelSettings) -> DataStream:
    """Join the sides of a stream of parts."""
    from udfs.labels.stage import LabelStage, part_type

    predictions, labels = map(_keyed, _sides(session, parts))
    return predictions.connect(labels).process(LabelStage(settings), part_type()).uid("labels").name("join labels")


def counted(joined: DataStream, folder: Path) -> Counter[str]:
    """Run the job, and return the number of rows by outcome.

    Args:
        joined: the stage.
        folder: folder for the counts of each task.
    """
    from benchmarks.labels.label_counts import COUNTS, CountParts
    from udfs.labels.stage import side_output

    streams = []
    for name in (None, *SIDE_OUTPUTS):
        stream = joined if name is None else joined.get_side_output(side_output(name))
        streams.append(stream.filter(CountParts(name, folder)).name(f"count {name or 'main'}").start_new_chain())
    with planning():
        results = streams[0].union(*streams[1:]).execute_and_collect("label join")
    assert list(results) == []
    found: Counter[str] = Counter()
    for path in folder.glob(f"*{COUNTS}"):
        found.update(json.loads(path.read_text(encoding="utf-8")))
        path.unlink()
    return found


def _sides(session: FlinkSession, parts: DataStream) -> list[DataStream]:
    """Return the two sides as ``(label, part)``, with watermarks."""
    from pyflink.common import Types
    from pyflink.table import DataTypes, Schema

    from udfs.windows.stage import labelled

    schema = (
        Schema.new_builder()
        .column("side", DataTypes.INT())
        .column("part", DataTypes.BYTES())
        .column("watermark", DataTypes.BIGINT())
        .column_by_expression("__rowtime", "TO_TIMESTAMP_LTZ(`watermark`, 3)")
        .watermark("__rowtime", "__rowtime")
        .build()
    )
    tables, kind = session.tables, Types.ROW([Types.INT(), Types.PRIMITIVE_ARRAY(Types.BYTE())])
    tables.create_temporary_view("parts", tables.from_data_stream(parts, schema))
    return [
        tables.to_data_stream(tables.sql_query(f"SELECT part FROM parts WHERE side = {side}"))
        .map(labelled, kind)
        .name(f"labels of {name}")
        for side, name in enumerate(SIDES)
    ]


def _keyed(stream: DataStream) -> KeyedStream:
    """Return a stream of ``(label, part)`` as parts by their labels, without a Python operator for the key."""
    from pyflink.common import Types
    from pyflink.datastream.data_stream import KeyedStream
    from pyflink.java_gateway import get_gateway

    selector = get_gateway().jvm.KeyByKeySelector()
    keyed = stream._j_data_stream.keyBy(selector, Types.ROW([Types.INT()]).get_java_type_info())
    return KeyedStream(keyed, Types.PRIMITIVE_ARRAY(Types.BYTE()), stream)
