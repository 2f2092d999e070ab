"""One deployment of a model: the version that serves from now on, and the experiments that route beside it."""

from __future__ import annotations

import datetime as dt
import getpass
import socket
import uuid
from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from models.registry.experiment_state import ExperimentState

Action = Literal["promote", "rollback", "advance", "end"]
"""Change of the primary, by ``promote`` or ``rollback``; or of an experiment beside it."""


class Deployment(BaseModel):
    """Generation ``n``, which names the version that serves from now on.

    Args:
        generation: 1, 2, 3, ... without a gap.
        primary: the version that serves.
        primary_since: the generation that chose the primary; None: this one.
        previous: the version that a rollback returns to; None: there was none.
        experiment: name of the experiment that this generation changed; None: none.
        experiments: states of the model's experiments by name, those that ended too; generations carry them forward.
        action: the action that made this generation; ``advance`` changed the weights of an experiment, and ``end``
            ended one, whose last weights stay.
        by: person who acted.
        why: free text.
        at: time of the action.
        id: random text that distinguishes two writers of equal content.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    generation: Annotated[int, Field(ge=1)]
    primary: str
    primary_since: int | None = None
    previous: str | None = None
    experiment: str | None = None
    experiments: Mapping[str, ExperimentState] = Field(default_factory=dict)
    action: Action = "promote"
    by: str = ""
    why: str = ""
    at: AwareDatetime
    id: str = ""
    format_version: Literal[1] = 1

    @property
    def chosen_in(self) -> int:
        """The generation that chose the primary: this one, or an earlier one where this one changed an experiment."""
        return self.primary_since or self.generation


def next_deployment(
    latest: Deployment | None,
    action: Action,
    primary: str,
    previous: str | None,
    *,
    by: str,
    why: str,
    experiment: str | None = None,
    state: ExperimentState | None = None,
) -> Deployment:
    """Return the generation after the latest one, with its experiments; ``state`` is the new one of ``experiment``."""
    experiments = dict(latest.experiments) if latest else {}
    if experiment is not None and state is not None:
        experiments[experiment] = state
    is_kept = action in ("advance", "end")
    return Deployment(
        generation=latest.generation + 1 if latest else 1,
        primary=primary,
        primary_since=latest.chosen_in if latest is not None and is_kept else None,
        previous=previous,
        experiment=experiment,
        experiments=experiments,
        action=action,
        by=by or whoami(),
        why=why,
        at=dt.datetime.now(dt.timezone.utc),
        id=uuid.uuid4().hex,
    )


def whoami() -> str:
    """Return the current ``user@host``."""
    try:
        user = getpass.getuser()
    except (OSError, KeyError):
        user = "unknown"  # a container's user need not have a name
    return f"{user}@{socket.gethostname()}"
