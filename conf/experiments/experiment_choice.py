"""Agreement of `ml.ab_testing` with a job: which experiments it takes part in, and whether its events fit them.

Rules:

- A job takes part in every enabled experiment that has a variant of its model.
- One model answers an event. So the experiments of a job are in one layer, whose units they share out.
- Units are texts or whole numbers: only they have one spelling everywhere.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction

from conf.events import EventSettings
from conf.experiments.ab_testing import ALL, ExperimentSettings
from conf.job import JobSettings
from conf.ml import MlSettings
from conf.types.refusal import Refusal

UNIT_TYPES = ("long", "string")
NUMBER_TYPES = ("long", "double", "decimal", "boolean")
_PATH = ("ml", "ab_testing", "experiments")


def experiments_of(ml: MlSettings, model_name: str) -> tuple[ExperimentSettings, ...]:
    """Return the experiments that jobs with a model take part in, in their order."""
    return tuple(each for _, each in _numbered(ml, model_name))


def layer_of(ml: MlSettings, experiments: Sequence[ExperimentSettings]) -> tuple[ExperimentSettings, ...]:
    """Return the experiments that have places in the layer of some, in their order.

    Those of other models are among them, so that all jobs know the same places. One that is switched off keeps its
    place where the layer has room for all, so that the others keep their units.

    Args:
        ml: settings of the experiments.
        experiments: at least one, all of one layer.
    """
    if experiments[0].layer is None:
        return tuple(experiments)
    listed = tuple(each for each in ml.ab_testing.experiments if each.layer == experiments[0].layer)
    if sum((Fraction(str(each.traffic)) for each in listed), Fraction(0)) <= ALL:
        return listed
    return tuple(each for each in listed if each.enabled)


def shadow_experiments(ml: MlSettings, model_name: str) -> tuple[ExperimentSettings, ...]:
    """Return those of the experiments whose variants all score each row."""
    return tuple(each for each in experiments_of(ml, model_name) if each.enable_shadow_mode)


def experiment_contradictions(ml: MlSettings, job: JobSettings) -> Iterator[Refusal]:
    """Yield a refusal for each experiment that a job cannot take part in."""
    found = list(_numbered(ml, job.inference.model_name))
    is_read = ml.online_learning.enabled or any(_reads_labels(each) for _, each in found)
    if job.labels is not None and not is_read:
        hint = "leave out job.labels, give an experiment of the job's model a verdict on such a metric, or let it learn"
        yield Refusal("no labels, as no experiment's verdict has a metric that needs one", ("job", "labels"), hint)
    for place, (index, each) in enumerate(found):
        if place and (each.layer is None or each.layer != found[0][1].layer):
            hint = "give all experiments of the job's model one layer, and shares of its traffic"
            expected = f"the layer of experiment {found[0][1].name!r}, as one model answers an event"
            yield Refusal(expected, (*_PATH, index, "layer"), hint, against=((*_PATH, found[0][0], "layer"),))
        yield from _of_unit(each, job.events, index)
        yield from _of_metrics(each, job, index)
        if each.verdict is not None and each.verdict.paired and job.labels is not None:
            expected = "false where job.labels has the outcomes, as pairs know only those that events carry"
            yield Refusal(expected, (*_PATH, index, "verdict", "paired"), against=(("job", "labels"),))


def judged_experiments(ml: MlSettings, model_name: str) -> tuple[ExperimentSettings, ...]:
    """Return those of the experiments that have a verdict."""
    return tuple(each for each in experiments_of(ml, model_name) if each.verdict is not None)


def paired_experiments(ml: MlSettings, model_name: str) -> tuple[ExperimentSettings, ...]:
    """Return those of the experiments that are judged by shadows, too."""
    judged = judged_experiments(ml, model_name)
    return tuple(each for each in judged if each.verdict is not None and each.verdict.paired)


def unit_field(experiment: ExperimentSettings, events: EventSettings) -> str:
    """Return the event field whose values an experiment assigns."""
    return experiment.unit or events.id


def _of_unit(experiment: ExperimentSettings, events: EventSettings, index: int) -> Iterator[Refusal]:
    name = unit_field(experiment, events)
    field = events.fields.get(name)
    candidates = tuple(each for each, settings in events.fields.items() if settings.type in UNIT_TYPES)
    at = (*_PATH, index, "split_key")
    if field is None and experiment.split_key is None:
        hint = f"name the field of users, as events have no {name!r}"
        yield Refusal("an event field, which strategy user_id needs", at, hint)
    elif field is None:
        yield Refusal("the name of an event field", at, candidates=candidates)
    elif field.type not in UNIT_TYPES:
        yield Refusal("an event field of type long or string", at, candidates=candidates)


def _reads_labels(experiment: ExperimentSettings) -> bool:
    return experiment.verdict is not None and any(metric.needs_label for metric in experiment.verdict.metrics)


def _of_metrics(experiment: ExperimentSettings, job: JobSettings, index: int) -> Iterator[Refusal]:
    """Refuse metrics of fields that are no numbers, and of outcomes where events carry none."""
    numbers = tuple(name for name, field in job.events.fields.items() if field.type in NUMBER_TYPES)
    for place, metric in enumerate(experiment.verdict.metrics if experiment.verdict is not None else ()):
        at = (*_PATH, index, "verdict", "metrics", place)
        if metric.needs_label and job.events.label is None and job.labels is None:
            hint = "name the field of the outcome in job.events.label, or where outcomes come from in job.labels"
            yield Refusal("a metric that needs no outcome, as events have none", (*at, "of"), hint)
        if metric.field is not None and metric.field not in numbers:
            yield Refusal("the name of an event field with numbers", (*at, "field"), candidates=numbers)


def _numbered(ml: MlSettings, model_name: str) -> Iterator[tuple[int, ExperimentSettings]]:
    if ml.ab_testing.enabled:
        for index, each in enumerate(ml.ab_testing.experiments):
            if each.enabled and any(variant.model_name == model_name for variant in each.variants):
                yield index, each
