"""The shipped jobs, rendered once; as a program it writes what the tests know byte by byte.

``python -m tests.gress.deploy_render.rendered_jobs``
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

from gress.deploy_render.deployment import Deployment, Place
from gress.deploy_render.read_job import RenderRequest, read_job
from gress.deploy_render.render import SHARED, render
from jobs.catalogue import JOBS

GOLDEN = Path(__file__).parent / "golden"
REPOSITORY = Path(__file__).resolve().parents[3]
KAFKA = "fraud-kafka"
"""The fraud job with its topics."""

RENDERED = (*JOBS, KAFKA)
PLACE = Place("registry.example/gress-ml:1.2.3", "s3://bucket/flink")


def request_of(name: str, **given: object) -> RenderRequest:
    """Return the request that renders a shipped job."""
    if name == KAFKA:
        given = {"config": REPOSITORY / "conf" / "fraud_kafka.yaml", "name": KAFKA} | given
    job = "fraud-detection" if name == KAFKA else name
    return RenderRequest(job, PLACE, **given)  # type: ignore[arg-type]


@cache
def deployment_of(name: str) -> Deployment:
    """Return what the manifests of a shipped job are made from."""
    return read_job(request_of(name), {})


@cache
def rendered(name: str) -> dict[str, str]:
    """Return the manifests of a shipped job."""
    return render(deployment_of(name))


def golden() -> dict[str, str]:
    """Return the manifests of the job with topics, without the long ones that belong to no job."""
    return {path: text for path, text in rendered(KAFKA).items() if Path(path).name not in SHARED}


if __name__ == "__main__":
    for path, text in golden().items():
        (GOLDEN / path).parent.mkdir(parents=True, exist_ok=True)
        (GOLDEN / path).write_text(text, encoding="utf-8")
