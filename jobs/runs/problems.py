"""Reasons why a run of some settings cannot start, cheapest first; `gress run` and `gress config check` share them."""

from __future__ import annotations

from collections.abc import Iterator

from conf.loading.parts import SettingsParts
from conf.settings import EventSettings, FeatureSetSettings, InferenceSettings, JobSettings, MlSettings
from jobs.errors import JobError
from jobs.kafka.jars import JDBC, connector_jar, find_jars
from models.errors import ModelError
from udfs.features.errors import FeatureError
from udfs.features.feature_set import compile_feature_set, feature_problems
from udfs.rows import SCORE, prediction_row
from udfs.scoring.listed_models import check_listed
from udfs.scoring.model_source import open_model, served_entry


def find_problems(parts: SettingsParts, origin: str, *, needs_model: bool = True) -> Iterator[Exception]:
    """Yield every reason why a run of these settings cannot start; parts that are missing are passed over.

    Args:
        parts: parts of the settings.
        origin: file of the settings, for the texts.
        needs_model: open the job's model, and the others that `ml.models` lists.
    """
    ml, inference = parts.ml, parts.inference
    if ml is not None:
        yield from _of_switches(ml, origin)
    if inference is not None:
        yield from _of_output_field(inference, origin)
    if parts.job is not None:
        yield from _of_carried_fields(parts.job, origin)
    if parts.features is None or parts.events is None:
        return
    wrong = feature_problems(parts.features, parts.events)
    yield from wrong
    if needs_model and not wrong and ml is not None and inference is not None:
        yield from _of_models(ml, inference, parts.features, parts.events)


def _of_switches(ml: MlSettings, origin: str) -> Iterator[JobError]:
    """Yield a problem where nothing is switched on, or a part that this version does not have."""
    if not ml.enabled:
        yield JobError(origin, "ml.enabled: expected true, got false", "set it to true to run a job")
    switched_on = {
        "feature_store": ml.feature_store.enabled,
        "online_learning": ml.online_learning.enabled,
        "ab_testing": ml.ab_testing.enabled,
    }
    for name, is_on in switched_on.items():
        if is_on:
            problem = f"ml.{name}.enabled: expected false, got true: jobs of this version do not have it"
            yield JobError(origin, problem, f"set ml.{name}.enabled=false to run without it")


def _of_output_field(inference: InferenceSettings, origin: str) -> Iterator[JobError]:
    name = inference.output_field
    if [column.name for column in prediction_row(name)].count(name) > 1:
        problem = f"job.inference.output_field: expected a name that no other column has, got {name!r}"
        yield JobError(origin, problem, "leave it out for 'prediction'")


def _of_carried_fields(job: JobSettings, origin: str) -> Iterator[JobError]:
    """Yield a problem for each field that would have the name of another column."""
    taken = {SCORE, *(column.name for column in prediction_row(job.inference.output_field))}
    for index, name in enumerate(job.sink.fields):
        if name in taken:
            problem = f"job.sink.fields.{index}: expected a field whose name no column of predictions has, got {name!r}"
            fix = f"give the field another name in job.events.fields, with `source: {name}`"
            yield JobError(origin, problem, fix)


def _of_models(
    ml: MlSettings, inference: InferenceSettings, features: FeatureSetSettings, events: EventSettings
) -> Iterator[Exception]:
    """Yield why the job's model, or another one that `ml.models` lists, cannot be opened."""
    try:
        open_model(ml, inference.with_defaults(ml.inference), compile_feature_set(features, events)).close()
    except (FeatureError, ModelError) as error:
        yield error
    yield from check_listed(ml, but=served_entry(ml, inference))


def jar_problems(job: JobSettings) -> Iterator[JobError]:
    """Yield a problem where the settings ask for Kafka or a database and the connector is not here."""
    if job.sink.jdbc is not None:
        try:
            find_jars(JDBC)
        except JobError as error:
            yield error
    if job.source.kafka is not None or job.sink.kafka is not None:
        try:
            connector_jar()
        except JobError as error:
            yield error
