"""Names of a deployment in Kafka: two jobs of one name on one cluster neither fence nor follow each other."""

from __future__ import annotations

import hashlib
import platform
from pathlib import Path

from conf.settings import JobSettings, KafkaSourceSettings, Settings
from jobs.flink.environment import is_submitted

_DIGITS = 8


def deployment_name(job: str, output: Path, machine: str) -> str:
    """Return a job's name with a number of where it writes, which a run that is resumed there has again.

    Args:
        job: name of the job.
        output: folder of the run.
        machine: that the folder is on; empty: the cluster's own, which any client reaches.

    >>> deployment_name("fraud", Path("/srv/out"), "a")
    'fraud-9bf39576'
    """
    place = f"{machine}\0{output.absolute()}"
    return f"{job}-{hashlib.sha1(place.encode()).hexdigest()[:_DIGITS]}"


def with_names_in_kafka(settings: Settings, job: JobSettings, output: Path) -> tuple[Settings, JobSettings]:
    """Return settings whose consumer groups and transactions have names, those of the deployment where none is set.

    A run that continues from the state of another folder commits that one's transactions and reads on from its offsets,
    as both are in the state with their names.
    """
    name = deployment_name(job.name, output, "" if is_submitted() else platform.node())
    source, labels, sink = job.source, job.labels, job.sink
    source = source.model_copy(update={"kafka": _with_group(source.kafka, name)})
    if labels is not None:
        labels = labels.model_copy(update={"kafka": _with_group(labels.kafka, name)})
    if sink.kafka is not None:
        kafka = sink.kafka.model_copy(update={"transaction_prefix": sink.kafka.transaction_prefix or name})
        sink = sink.model_copy(update={"kafka": kafka})
    job = job.model_copy(update={"source": source, "labels": labels, "sink": sink})
    return settings.model_copy(update={"job": job}), job


def _with_group(kafka: KafkaSourceSettings | None, name: str) -> KafkaSourceSettings | None:
    return None if kafka is None else kafka.model_copy(update={"group": kafka.group or name})
