"""Answers that several commands on models give."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gress.cli.registry_options import RegistryCall

if TYPE_CHECKING:
    from models.registry import Deployment


def answer_details(call: RegistryCall, name: str, version: str) -> None:
    """Answer with all that is known about a version."""
    from gress.cli.models.tables import print_details
    from models.lifecycle import show

    found = show(call.registry, name, version)
    document = {
        "name": found.spec.name,
        "version": found.spec.version,
        "state": found.state,
        "spec": found.spec,
        "records": found.records,
    }
    call.answer(document, lambda: print_details(found))


def answer_deployment(call: RegistryCall, name: str, deployment: Deployment, endpoints: list[str] | None) -> None:
    """Answer with a deployment, and with the running jobs that do not take it up."""
    from gress.cli.models.tables import print_deployment
    from gress.metrics.pinned_jobs import endpoints_here, pinned_jobs
    from gress.metrics.scrape import parse_endpoint

    port = call.ml.metrics.port
    here = [*endpoints_here(), *([f"localhost:{port}"] if port else ())]
    pinned = pinned_jobs(name, [*map(parse_endpoint, endpoints or ()), *here])
    document = {"name": name, **deployment.model_dump(), "pinned_jobs": pinned}
    call.answer(document, lambda: print_deployment(name, deployment, pinned))
