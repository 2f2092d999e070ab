"""Reasons why a run of some settings cannot start, cheapest first; `gress run` and `gress config check` share them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from importlib.util import find_spec

from conf.learning.learning_choice import learning_of
from conf.loading.inspection import LeftOut
from conf.loading.parts import SettingsParts
from conf.settings import EventSettings, ExecutionSettings, InferenceSettings, JobSettings, MlSettings
from jobs.checks.first_version import lacks_version
from jobs.checks.model_problems import model_problems
from jobs.errors import JobError
from jobs.kafka.jars import JDBC, connector_jar, find_jars
from jobs.pipeline.window_plans import filter_problems, tracker_problem
from models.errors import ModelError
from models.learned.graphs.names import TAKEN
from models.learned.snapshots import open_snapshots
from models.registry.errors import RegistryError
from udfs.feature_store.errors import StoreSettingError
from udfs.feature_store.lookups.open_join import lookup_problems
from udfs.feature_store.publication import publish_problems
from udfs.features.errors import FeatureError
from udfs.features.feature_set import FeatureSet, compile_feature_set, feature_problems
from udfs.learning.settings import course_of
from udfs.rows import SCORE, SERVED, TOP_CLASSES, asked_columns, prediction_row


def find_problems(
    parts: SettingsParts, origin: str, *, needs_model: bool = True, left_out: LeftOut | None = None
) -> Iterator[Exception]:
    """Yield every reason why a run of these settings cannot start; parts that are missing are passed over.

    Args:
        parts: parts of the settings.
        origin: file of the settings, for the texts.
        needs_model: open the job's model, and the others that `ml.models` lists.
        left_out: values that were refused, and which the parts are without; None: there is none.
    """
    left_out = left_out or LeftOut()
    ml, inference = parts.ml, parts.inference
    if ml is not None:
        yield from _of_switches(ml, origin)
    if inference is not None:
        yield from _of_output_field(inference, origin)
    if parts.job is not None:
        yield from _of_carried_fields(parts.job, origin)
    if parts.events is not None and parts.execution is not None:
        yield from _of_lateness(parts.events, parts.execution, origin)
    features = None
    if parts.features is not None and parts.events is not None:
        wrong = feature_problems(parts.features, parts.events)
        yield from (error.at(f"{origin}: job.features.specs.{place}") for place, error in wrong)
        if not wrong and not left_out.touches("job", "features") and not left_out.touches("job", "events"):
            features = compile_feature_set(parts.features, parts.events)
            if parts.execution is not None:
                place = f"{origin}: job.features.specs: "
                yield from filter_problems(features, parts.events, parts.execution.windows, place)
            if ml is not None:
                yield from (_at_origin(each, origin) for each in lookup_problems(ml.feature_store, features))
                publishing = publish_problems(ml.feature_store, features, parts.events)
                yield from (JobError(origin, error.problem, error.hint) for error in publishing)
            if parts.execution is not None:
                yield from tracker_problem(features, parts.execution.windows, origin)
    yield from _of_learning(parts, features, origin)
    if needs_model and ml is not None and inference is not None and not left_out.touches("ml", "model_registry"):
        is_chosen = not left_out.touches("ml", "models") and not left_out.touches("job", "inference")
        is_chosen = is_chosen and not (parts.job is not None and _brings_first_version(ml, parts.job))
        needs_classes = parts.job is not None and parts.job.sink.top_classes > 0
        chosen = inference if is_chosen else None
        yield from model_problems(ml, chosen, features, origin, needs_classes=needs_classes)


def _of_switches(ml: MlSettings, origin: str) -> Iterator[JobError]:
    """Yield a problem where nothing is switched on."""
    if not ml.enabled:
        yield JobError(origin, "ml.enabled: expected true, got false", "set it to true to run a job")


def _of_learning(parts: SettingsParts, features: FeatureSet | None, origin: str) -> Iterator[JobError]:
    """Yield a problem where a job cannot learn, or not publish what it learns; without features only the latter."""
    ml, job, execution = parts.ml, parts.job, parts.execution
    learning = None if ml is None or job is None else learning_of(ml, job)
    if job is None or learning is None:
        return
    base = learning.registry.base_path
    if learning.registry.type == "local" and base.startswith("package:"):
        problem = f"job.learning.registry: expected one that versions can be written to, got {base!r}"
        yield JobError(origin, problem, "set job.learning.registry.base_path to a folder or an object store")
    if find_spec("onnx") is None:
        problem = "job.learning: expected the package onnx, which writes the versions, found none"
        yield JobError(origin, problem, "pip install 'gress-ml[learning]'")
    if execution is not None and learning.shards > execution.max_parallelism:
        problem = (
            f"job.learning.shards: expected at most execution.max_parallelism, {execution.max_parallelism}, got "
            f"{learning.shards}"
        )
        yield JobError(origin, problem, "take fewer shards")
    if learning.key in TAKEN:
        problem = "job.learning.key: expected a field that no input or output of the model is named like, got "
        yield JobError(origin, f"{problem}{learning.key!r}", "give the field another name")
    try:
        place = open_snapshots(learning.checkpoint_dir, learning.keep, registry=learning.registry)
        place.check_owner(learning.model_name)
    except RegistryError:
        pass  # a store that is away may be back when the first version is written
    except ModelError as error:
        yield JobError(origin, f"ml.online_learning.checkpoint_dir: {error}")
    if features is None:
        return
    try:
        course_of(job, learning).chain.make_learner()
    except (ValueError, ImportError) as error:
        yield JobError(origin, f"job.learning.learner: {error}")


def _brings_first_version(ml: MlSettings, job: JobSettings) -> bool:
    """Return whether a run publishes the model that it scores with, as there is none yet."""
    with suppress(ModelError):
        return lacks_version(ml, job)
    return False


def _of_lateness(events: EventSettings, execution: ExecutionSettings, origin: str) -> Iterator[JobError]:
    if events.allowed_lateness_ms and execution.windows != "sliding":
        problem = (
            f"job.events.allowed_lateness: expected 0s with execution.windows: {execution.windows}, whose windows drop "
            f"late events, got {events.allowed_lateness_ms} ms"
        )
        yield JobError(origin, problem, "set execution.windows: sliding")


def _of_output_field(inference: InferenceSettings, origin: str) -> Iterator[JobError]:
    name = inference.output_field
    if [column.name for column in (*prediction_row(name), TOP_CLASSES, SERVED)].count(name) > 1:
        problem = f"job.inference.output_field: expected a name that no other column has, got {name!r}"
        yield JobError(origin, problem, "leave it out for 'prediction'")


def _of_carried_fields(job: JobSettings, origin: str) -> Iterator[JobError]:
    """Yield a problem for each field that would have the name of another column."""
    columns = (*prediction_row(job.inference.output_field), *asked_columns(job))
    taken = {SCORE, *(column.name for column in columns)}
    baselines = () if job.evaluation is None else job.evaluation.baselines
    named = {each.field: f"evaluation.baselines.{index}.field" for index, each in reversed(list(enumerate(baselines)))}
    named |= {name: f"sink.fields.{index}" for index, name in enumerate(job.sink.fields)}
    for name, path in named.items():
        if name in taken:
            problem = f"job.{path}: expected a field whose name no column of predictions has, got {name!r}"
            fix = f"give the field another name in job.events.fields, with `source: {name}`"
            yield JobError(origin, problem, fix)


def _at_origin(error: FeatureError | StoreSettingError, origin: str) -> Exception:
    return error.at(origin) if isinstance(error, FeatureError) else JobError(origin, str(error))


def jar_problems(job: JobSettings) -> Iterator[JobError]:
    """Yield a problem where the settings ask for Kafka or a database and the connector is not here."""
    if job.sink.jdbc is not None:
        try:
            find_jars(JDBC)
        except JobError as error:
            yield error
    if job.has_topics:
        try:
            connector_jar()
        except JobError as error:
            yield error
