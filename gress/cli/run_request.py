"""The request of a run, from the options that commands share."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from jobs.runs.prepare import RunRequest


def run_request(
    job: str,
    output: Path,
    source: str | None,
    config: Path | None,
    overrides: list[str] | None,
    profile: str | None,
    **others: Any,
) -> RunRequest:
    """Return the request of a run on all of its input."""
    from jobs.runs.prepare import RunRequest

    given = list(overrides or ())
    if profile is not None:
        given.append(f"execution.profile={profile}")
    return RunRequest(job, output, input=source or "", config=config, overrides=given, is_all=True, **others)
