"""The fraud job between topics of Kafka."""

from __future__ import annotations

import sys
from pathlib import Path

from ruamel.yaml import YAML

from jobs.errors import JobError
from jobs.kafka.jars import BROKER, CONNECTOR, fetch_jars, find_jars, jars_folder

PARTITIONS = 2
EVENTS = "transactions"
"""Topic of the events."""

RESULTS = {"predictions": "predictions", "alerts": "alerts", "dead_letters": "dead-letters"}
"""Topics of what comes out."""


def fetch_missing_jars() -> None:
    """Fetch the jars of Kafka's connector and broker where they are not there yet.

    Raises:
        JobError: Maven is missing or fails.
    """
    parts, folder = (CONNECTOR, BROKER), jars_folder()
    try:
        for part in parts:
            find_jars(part, folder)
    except JobError:
        sys.stderr.write(f"fetching the jars of Kafka into {folder}\n")
        fetch_jars(folder, parts=parts)


def write_config(path: Path, config: Path, servers: str, *, interval: str, has_sink: bool) -> Path:
    """Write a job's settings with Kafka as its source and, if wanted, as its sink.

    Args:
        path: file to write.
        config: settings of the job.
        servers: addresses of the broker.
        interval: of checkpoints.
        has_sink: predictions, alerts and dead letters go to topics; otherwise where ``config`` says.
    """
    tree = YAML(typ="safe").load(config.read_text("utf-8"))
    tree["job"]["source"] = {"kafka": {"servers": servers, "topics": [EVENTS], "start": "earliest"}}
    if has_sink:
        tree["job"]["sink"] = {"kafka": {"servers": servers, **RESULTS}}
    tree["execution"] |= {"parallelism": PARTITIONS, "checkpoint_interval": interval}
    with path.open("w", encoding="utf-8") as file:
        YAML().dump(tree, file)
    return path
