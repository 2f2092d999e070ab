"""Make a savepoint of this folder with some version of gress-ml: see README.md."""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path

from gress.dev.broker import DevKafka
from tests.integration.kafka.gress_run import READ_S, GressRun
from tests.integration.kafka.old_savepoint import CLOSING_ID, FOLDER, ROWS_BEFORE, closing, events, topics, write_config
from tests.integration.kafka.topics import Reader, Sent, send


def main(command: str, work: str, engine: str = "sql") -> None:
    """Write the savepoint, and the predictions of a run that was not stopped.

    Args:
        command: `gress` of the version before.
        work: an empty folder.
        engine: that of the windows; each has a folder of its own.
    """
    folder, target = Path(work), FOLDER / engine
    more = [f"execution.windows={engine}"]
    lines = events()
    with DevKafka(folder / "kafka", partitions=2) as broker:
        config = write_config(folder / "config")
        whole, stopped = topics(broker.servers, "whole"), topics(broker.servers, "stopped")
        first = GressRun(config, stopped, folder / "stopped", more, delivery="at_least_once", command=[command])
        send(broker.servers, [Sent(stopped.events, None, line.encode()) for line in lines[:ROWS_BEFORE]], partition=0)
        second = GressRun(config, whole, folder / "whole", more, delivery="at_least_once", command=[command])
        both = [*lines, closing(lines)]
        send(broker.servers, [Sent(whole.events, None, line.encode()) for line in both], partition=0)
        reader = Reader(broker.servers, [whole.predictions, stopped.predictions])
        found, before = (reader.values[each.predictions] for each in (whole, stopped))
        reader.read(until=lambda: len(before) > ROWS_BEFORE - 20 and len(found) > len(lines) - 20, timeout_s=READ_S)
        savepoint = first.stop_with_savepoint()
        second.stop_with_savepoint()
        reader.rest()
        reader.close()
    shutil.rmtree(target, ignore_errors=True)
    shutil.copytree(savepoint, target / "state")
    early = {row["event_id"] for row in before}
    rows = [
        {"event_id": row["event_id"], "prediction": row["prediction"], "early": row["event_id"] in early}
        for row in found
        if int(row["event_id"]) != CLOSING_ID
    ]
    (target / "predictions.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
