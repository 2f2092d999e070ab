"""Input of labels: files or topics beside those of the events."""

from __future__ import annotations

from conf.settings import JobSettings
from jobs.errors import refuse
from jobs.sources.files import InputFiles, find_inputs
from jobs.sources.first_rows import check_times
from jobs.sources.kafka import KafkaInput
from udfs.labels.job_labels import label_events


def find_labels(job: JobSettings) -> InputFiles | KafkaInput | None:
    """Return the files or topics of a job's labels; None: it has none.

    Raises:
        JobError: the files are not there, or cannot be read.
    """
    labels = job.labels
    if labels is None:
        return None
    if labels.kafka is not None:
        return KafkaInput(labels.kafka, labels.kafka.group or job.name, "job.labels.kafka")
    return find_inputs(labels.path or "")


def check_labels(job: JobSettings, *, is_bounded: bool) -> None:
    """Refuse labels that a run could not read, or that would keep it from its end.

    Args:
        job: the job; without labels there is nothing to check.
        is_bounded: its events end.

    Raises:
        JobError: the labels do not suit the run.
    """
    found = find_labels(job)
    if isinstance(found, InputFiles) and job.labels is not None:
        of_labels = label_events(job.labels)
        found.line_format(of_labels)
        check_times(found, of_labels, "job.labels")
    if isinstance(found, KafkaInput) and is_bounded and not found.is_bounded:
        refuse("job.labels.kafka.stop", "latest, as the events end", "never", "set it, or read the events from topics")
