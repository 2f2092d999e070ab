"""A job's YAML, read for Kubernetes: its settings, the variables that they need, and paths that no pod could reach."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from conf.loading.loader import load_settings
from conf.loading.yaml_file import found_file, read_settings_file
from conf.settings import JobSettings, MlInferenceSettings, Settings
from gress.deploy_render.check_place import check_place
from gress.deploy_render.deployment import DATA, METRICS_PORT, Deployment, Place
from gress.deploy_render.settings_files import settings_files, variables_of
from jobs.catalogue import default_config, find_job
from jobs.errors import refuse
from jobs.sources.generated import GENERATOR
from jobs.sources.kafka import KAFKA

# Flink and its autoscaler share key groups evenly among a divisor of their number.
_KEY_GROUPS = 360
# As the operator checks it.
_NAME = re.compile(r"[a-z]([-a-z0-9]{0,43}[a-z0-9])?")
_SET_HERE = "unset"


@dataclass(frozen=True)
class RenderRequest:
    """A job to render.

    Attributes:
        job: name in the table of jobs.
        place: where it runs.
        config: YAML file; None: the job's own.
        overrides: assignments ``key.path=value`` that the pods get, too.
        input: input of the run; empty: the job's own.
        name: name of all objects; empty: the job's.
    """

    job: str
    place: Place
    config: Path | None = None
    overrides: Sequence[str] = ()
    input: str = ""
    name: str = ""


def read_job(request: RenderRequest, environ: Mapping[str, str]) -> Deployment:
    """Return the values that a request's manifests are made from.

    A variable of the YAML that is not set here counts as some text: pods have its value from the Secret.

    Raises:
        ConfigError: the settings are refused.
        JobError: there is no such job, its name is none for Kubernetes, or pods could not reach what it names.
    """
    find_job(request.job)
    check_place(request.place)
    path = request.config or default_config(request.job)
    # The reader of the settings has words for a file that is missing or broken.
    read_settings_file(found_file(path))
    files = settings_files(path)
    variables = variables_of(files)
    unset = {each.name: _SET_HERE for each in variables if not each.is_optional and each.name not in environ}
    settings = load_settings(path, overrides=request.overrides, environ={**environ, **unset})
    job = settings.job
    if job is None:
        refuse(str(path), "a `job:` with events, features and inference", "none")
    is_endless = _reads_topics(request.input, job, str(path)) and job.sink.kafka is not None
    hidden = {str(where[2]) for where in settings.from_environment if where[:2] == ("execution", "flink")}
    return Deployment(
        name=_name_of(request, settings, job),
        job=request.job,
        place=request.place,
        files=files,
        parallelism=settings.execution.parallelism,
        overrides=(*request.overrides, *_added(settings), *_moved(settings, job, str(path), is_endless=is_endless)),
        input=request.input,
        is_endless=is_endless,
        metrics_port=settings.ml.metrics.port or METRICS_PORT,
        variables=variables,
        kafka_names=tuple(_kafka_names(job)),
        flink={key: _text(value) for key, value in settings.execution.flink.items() if key not in hidden},
        gpus=_gpus(settings.ml.inference),
    )


def _gpus(inference: MlInferenceSettings) -> int:
    """Return the GPUs of each TaskManager: those that the settings name, else one."""
    if not inference.enable_gpu:
        return 0
    # A pod sees only its own, counted from 0.
    return max(inference.gpu_device_ids, default=0) + 1


def _reads_topics(source: str, job: JobSettings, origin: str) -> bool:
    """Return whether a run reads topics; refuse an input that no pod would find."""
    if source.startswith(KAFKA) or not source:
        if source and job.source.kafka is None:
            refuse(f"--input {source}", f"job.source.kafka in {origin}", "none", "it says where the brokers are")
        return job.source.kafka is not None
    if not source.startswith(("/", GENERATOR)) and "://" not in source:
        refuse("--input", "topics, generator:..., a URL, or a path of the image, which every pod reaches", source)
    return False


def _name_of(request: RenderRequest, settings: Settings, job: JobSettings) -> str:
    is_hidden = ("job", "name") in settings.from_environment
    name = request.name or ("" if is_hidden else job.name)
    if not _NAME.fullmatch(name):
        expected = "at most 45 lower-case letters, digits and '-', the first a letter"
        refuse("the deployment's name", expected, repr(name) if name else "a variable's", "name it with --name")
    return name


def _added(settings: Settings) -> Iterator[str]:
    """Yield the settings that Kubernetes needs and the YAML lacks."""
    metrics, execution = settings.ml.metrics, settings.execution
    if not metrics.port:
        yield f"ml.metrics.port={METRICS_PORT}"
    if "bind" not in metrics.model_fields_set:
        # The network policy says who may reach the port.
        yield "ml.metrics.bind=0.0.0.0"
    if "max_parallelism" not in execution.model_fields_set and execution.parallelism <= _KEY_GROUPS:
        yield f"execution.max_parallelism={_KEY_GROUPS}"


def _moved(settings: Settings, job: JobSettings, origin: str, *, is_endless: bool) -> Iterator[str]:
    """Yield the folders of the job that lie in the current folder, on the volume instead; refuse them without one."""
    for key, location in _folders(settings, job):
        if ":" in location or location.startswith("/"):
            continue
        if is_endless:
            refuse(f"{origin}: {key}", "a URL, or a folder of the image, which every pod reaches", location)
        yield f"{key}={DATA / location}"


def _folders(settings: Settings, job: JobSettings) -> Iterator[tuple[str, str]]:
    yield "ml.model_registry.base_path", settings.ml.model_registry.base_path
    for index, model in enumerate(settings.ml.models):
        if model.path is not None:
            yield f"ml.models.{index}.path", model.path
    if job.learning is not None and settings.ml.online_learning.enabled:
        yield "ml.online_learning.checkpoint_dir", settings.ml.online_learning.checkpoint_dir
        if job.learning.registry is not None:
            yield "job.learning.registry.base_path", job.learning.registry.base_path


def _kafka_names(job: JobSettings) -> Iterator[str]:
    if job.source.kafka is not None and job.source.kafka.group is None:
        yield "job.source.kafka.group"
    if job.labels is not None and job.labels.kafka is not None and job.labels.kafka.group is None:
        yield "job.labels.kafka.group"
    if job.sink.kafka is not None and job.sink.kafka.transaction_prefix is None:
        yield "job.sink.kafka.transaction_prefix"


def _text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
