"""Table of the jobs that `gress run` knows: each has a module with a ``build`` function and a YAML file."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from conf.nearest import suggest
from jobs.errors import fail

SCORING = "jobs.scoring_job"
"""The job that settings alone make one of; most are."""


@dataclass(frozen=True)
class JobEntry:
    """A job that comes with the package.

    Attributes:
        title: its purpose in a line.
        sample: file in ``jobs/samples`` that it reads where no input is given; "": generated transactions.
        module: module with its ``build`` function.
    """

    title: str
    sample: str = ""
    module: str = SCORING


JOBS = MappingProxyType(
    {
        "fraud-detection": JobEntry("card transactions to fraud scores, alerts over a threshold"),
        "ab-test": JobEntry(
            "the same with two versions of its model: who is better, and how surely", module="jobs.ab_test"
        ),
        "online-learning": JobEntry(
            "the same, with a model that learns from frauds as they become known", module="jobs.online_learning"
        ),
        "fraud-document": JobEntry(
            "card payments as the integration document has them to fraud scores", "fraud_document.jsonl.gz"
        ),
        "anomaly-detection": JobEntry("readings of machines to how odd they are", "anomaly_detection.jsonl.gz"),
        "forecasting": JobEntry("hours of shops to their demand a day later", "forecasting.jsonl.gz"),
        "predictive-maintenance": JobEntry(
            "readings of parts to the chance of a failure, and their remaining life", "predictive_maintenance.jsonl.gz"
        ),
        "recommendations": JobEntry("views of items to those that may be wanted next", "recommendations.jsonl.gz"),
        "sentiment": JobEntry("texts to the chance that they are favourable", "sentiment.jsonl.gz"),
    }
)


# A user with `job.name: returns` expects a job of that name.
_YOUR_OWN = "a job of your own is one of these with --config FILE, whatever its job.name"


def find_job(name: str) -> JobEntry:
    """Return the entry of a job.

    Raises:
        JobError: there is no such job; the text names the nearest, or says how to run one of your own.
    """
    if name not in JOBS:
        fail(f"job {name!r}", f"expected one of {', '.join(JOBS)}", suggest(name, tuple(JOBS)) or _YOUR_OWN)
    return JOBS[name]


def sample_input(name: str) -> Path | None:
    """Return the file that a job reads where no input is given; None: it has none.

    Raises:
        JobError: there is no such job.
    """
    sample = find_job(name).sample
    return Path(__file__).parent / "samples" / sample if sample else None


def default_config(name: str) -> Path:
    """Return the YAML file that is shipped with a job."""
    import conf

    return Path(conf.__path__[0]) / f"{name.replace('-', '_')}.yaml"
