"""The parts of a configuration that are right by themselves: one wrong value does not hide what else is wrong."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from conf.execution import ExecutionSettings
from conf.settings import EventSettings, FeatureSetSettings, InferenceSettings, JobSettings, MlSettings, Settings

_Part = TypeVar("_Part", bound=BaseModel)


@dataclass(frozen=True)
class SettingsParts:
    """Parts of settings; None: there is none, or it is refused."""

    ml: MlSettings | None = None
    job: JobSettings | None = None
    events: EventSettings | None = None
    features: FeatureSetSettings | None = None
    inference: InferenceSettings | None = None
    execution: ExecutionSettings | None = None


def parts_of(settings: Settings) -> SettingsParts:
    """Return the parts of settings that were loaded."""
    job = settings.job
    if job is None:
        return SettingsParts(settings.ml, execution=settings.execution)
    return SettingsParts(settings.ml, job, job.events, job.features, job.inference, settings.execution)


def parts_of_tree(tree: Mapping[str, Any]) -> SettingsParts:
    """Return the parts of a tree that are right by themselves, although its job as a whole is not."""
    job = tree.get("job")
    job = job if isinstance(job, dict) else {}
    return SettingsParts(
        _part(MlSettings, tree.get("ml", {})),
        None,
        _part(EventSettings, job.get("events")),
        _part(FeatureSetSettings, job.get("features")),
        _part(InferenceSettings, job.get("inference")),
        _part(ExecutionSettings, tree.get("execution", {})),
    )


def _part(kind: type[_Part], tree: Any) -> _Part | None:
    try:
        return kind.model_validate(tree)
    except ValidationError:
        return None
