"""Some module reads every setting."""

from __future__ import annotations

import pytest
from pydantic import BaseModel

from conf.execution import ExecutionSettings
from conf.experiments.verdict import MetricSettings
from conf.learning.learner import ScheduleSettings
from conf.settings import ExperimentSettings, LearningSettings, Settings, VariantSettings
from tests.structure.settings_reads import Read, leaves, settings_reads

READERS = {"gress", "jobs", "udfs", "state", "models"}

# Settings that are read by a part still to come; a path stands for all below it.
NOT_READ_YET: dict[str, str] = {}

# A default that conf hands on to the operator's own setting: that one must be read.
HANDED_ON = {
    "ml.inference.default_batch_size": "job.inference.batch_size",
    "ml.inference.default_batch_timeout": "job.inference.batch_timeout",
    "ml.inference.max_concurrency": "job.inference.max_concurrency",
}

_AB, _VERDICT = "ml.ab_testing.experiments", "ml.ab_testing.experiments.verdict.metrics"

_LEARNING = "conf.learning.learning_choice.JobLearning"

# Settings that are read where those of `ml` and of the job have become one.
READ_AS_ONE: dict[str, Read] = {
    **{f"job.learning.{name.removesuffix('_ms')}": (_LEARNING, name) for name in LearningSettings.model_fields},
    "job.learning.validation_split": (_LEARNING, "split"),
    "job.learning.enable_validation": (_LEARNING, "split"),
    "job.learning.learner.learning_rate": (_LEARNING, "rate"),
    "ml.online_learning.default_update_batch_size": (_LEARNING, "update_batch_size"),
    "ml.online_learning.default_update_interval": (_LEARNING, "update_interval_ms"),
    "ml.online_learning.default_checkpoint_interval": (_LEARNING, "checkpoint_interval_ms"),
    "ml.online_learning.checkpoint_dir": (_LEARNING, "checkpoint_dir"),
    "ml.online_learning.default_learning_rate": (_LEARNING, "rate"),
    "ml.online_learning.enable_validation": (_LEARNING, "split"),
    "ml.online_learning.validation_split": (_LEARNING, "split"),
}

_OF_SCHEDULE = [f"job.learning.learner.schedule.{name}" for name in ("power", "decay", "period", "warm_up", "least")]

# Settings that a property of their class reads: that one must be read.
READ_BY_PROPERTY: dict[str, Read] = {
    f"{_AB}.default_variant": (f"{ExperimentSettings.__module__}.ExperimentSettings", "default"),
    f"{_AB}.ramp.variant": (f"{ExperimentSettings.__module__}.ExperimentSettings", "ramped"),
    f"{_AB}.split_key": (f"{ExperimentSettings.__module__}.ExperimentSettings", "unit"),
    f"{_AB}.variants.weight": (f"{VariantSettings.__module__}.VariantSettings", "share"),
    **dict.fromkeys(_OF_SCHEDULE, (f"{ScheduleSettings.__module__}.ScheduleSettings", "parameters")),
    f"{_VERDICT}.better": (f"{MetricSettings.__module__}.MetricSettings", "side"),
    f"{_VERDICT}.name": (f"{MetricSettings.__module__}.MetricSettings", "title"),
}


@pytest.fixture(scope="module")
def reads() -> dict[Read, set[str]]:
    return settings_reads()


def unread(model: type[BaseModel], reads: dict[Read, set[str]]) -> set[str]:
    """Return the leaves below a settings class that no reader reads, but for those known."""
    places = dict(leaves(model))
    is_read = {path: bool(READERS & reads.get(place, set())) for path, place in places.items()}
    known = {path for path in places if any(f"{path}.".startswith(f"{awaited}.") for awaited in NOT_READ_YET)}
    known |= {path for path, target in HANDED_ON.items() if is_read[target]}
    known |= {path for path, of_class in READ_AS_ONE.items() if READERS & reads.get(of_class, set())}
    known |= {path for path, of_class in READ_BY_PROPERTY.items() if (READERS | {"conf"}) & reads.get(of_class, set())}
    return {path for path in places if not is_read[path]} - known


def test_every_setting_is_read(reads: dict[Read, set[str]]) -> None:
    assert unread(Settings, reads) == set(), f"read them in {', '.join(sorted(READERS))}, or drop them"


class Planted(ExecutionSettings):
    """Two settings that nobody reads; many classes of ours have a `path` that is read."""

    nobodys: int = 0
    path: str = ""


class PlantedSettings(Settings):
    execution: Planted = Planted()


def test_a_setting_that_nothing_reads_is_found_whatever_its_name(reads: dict[Read, set[str]]) -> None:
    assert {attribute for _, attribute in reads} >= {"path", "parallelism"}
    assert unread(PlantedSettings, reads) == {"execution.nobodys", "execution.path"}


@pytest.mark.parametrize("awaited", NOT_READ_YET)
def test_awaited_setting_exists(awaited: str) -> None:
    assert any(path.startswith(f"{awaited}.") for path, _ in leaves(Settings))


def test_what_is_handed_on_is_not_read_itself(reads: dict[Read, set[str]]) -> None:
    places = dict(leaves(Settings))
    assert [path for path in HANDED_ON if READERS & reads.get(places[path], set())] == []
