"""Flink environments for jobs: the same program runs in this process's mini-cluster and on a cluster."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from conf.settings import ExecutionSettings, InferenceSettings, Settings
from jobs.flink.conf_file import read_flink_conf
from jobs.flink.jvm.class_archive import quick_jvm
from jobs.flink.jvm.collection import begin_to_load_functions
from jobs.flink.jvm.hidden_options import hide_options, options_from_environment
from jobs.flink.jvm.java import require_java
from jobs.flink.jvm.process import keep_jvm, remember_packages
from jobs.flink.metrics import load_reporter, reporter_options
from jobs.flink.root_cause import option_problem
from jobs.flink.worker_path import keep_current_folder_off
from jobs.workers.start import worker_python

if TYPE_CHECKING:
    from pyflink.datastream import StreamExecutionEnvironment
    from pyflink.table import StreamTableEnvironment

AUTO_BATCH_ROWS = 10_000
"""Rows of a batch with ``batch_size: auto``: enough to hide the cost of a batch, and still a few ms of work."""


# By default rows wait up to 100 ms in a network buffer, and windows up to 200 ms for a watermark.
_BUFFER_TIMEOUT, _WATERMARK_INTERVAL = "execution.buffer-timeout.interval", "pipeline.auto-watermark-interval"
_PROMPT = {_BUFFER_TIMEOUT: "0 ms", _WATERMARK_INTERVAL: "5 ms"}
_LEAST_WAIT_MS, _MOST_WAIT_MS = 5, 20

# Flink takes generated classes apart that are longer than this many characters, as Java never compiles a method of more
# than 8,000 bytes. It does so from 4,000 characters on, which takes a quarter of the planning; 40,000 are at most 5,000
# bytes.
_LONGEST_CODE = "40000"


@dataclass(frozen=True)
class FlinkSession:
    """DataStream and Table environments that share one job graph.

    Attributes:
        env: environment of streams.
        tables: environment of tables.
        place: which of several jobs of one graph this is, from 1; state is found again by it.
    """

    env: StreamExecutionEnvironment
    tables: StreamTableEnvironment
    place: int = 1


def open_session(
    settings: Settings,
    *,
    flink_conf: Path | None = None,
    extra: Mapping[str, str] | None = None,
    is_endless: bool = False,
    is_short: bool = False,
    moves_blocks: bool = False,
) -> FlinkSession:
    """Start (or connect to) the JVM and return environments with the settings applied.

    Args:
        settings: profile, parallelism, checkpoints, batches and further Flink options.
        flink_conf: file of ``key: value`` lines, which all other options override; None: the shipped one.
        extra: options that win over all others.
        is_endless: the input is a stream, so rows should come out soon.
        is_short: the JVM, if this call starts it, runs this job only, and the job is over within seconds.
        moves_blocks: the JVM, if this call starts it, runs this job only, whose rows are in blocks all the time.

    Raises:
        JobError: there is no Java 11, 17 or 21, no free port for Flink's metrics, or Flink cannot read an option.
    """
    prepare_process()
    keep_jvm()
    remember_packages()
    begin_to_load_functions()
    if not is_submitted():
        _start_jvm(is_short=is_short, moves_blocks=moves_blocks)
        hide_options(options_from_environment(settings))
    ports = settings.ml.metrics.flink_port
    if ports and not is_submitted():
        load_reporter(str(ports))
    from py4j.protocol import Py4JJavaError
    from pyflink.common import Configuration
    from pyflink.datastream import StreamExecutionEnvironment
    from pyflink.table import StreamTableEnvironment

    configuration = Configuration()
    options = flink_options(settings, flink_conf=flink_conf, extra=extra, is_endless=is_endless)
    for key, value in options.items():
        configuration.set_string(key, value)
    try:
        env = StreamExecutionEnvironment.get_execution_environment(configuration)
    except Py4JJavaError as error:
        raise option_problem(str(error)) from None
    return FlinkSession(env, StreamTableEnvironment.create(env))


def _start_jvm(*, is_short: bool, moves_blocks: bool) -> None:
    """Start PyFlink's JVM, unless it runs already."""
    from pyflink.java_gateway import get_gateway

    with quick_jvm(require_java(), is_short=is_short, moves_blocks=moves_blocks):
        get_gateway()


def prepare_process() -> None:
    """Set the environment variables that PyFlink reads before it starts its JVM."""
    # Without it, local jobs run their functions as threads of this process, which is slower and hides missing files.
    os.environ["_python_worker_execution_mode"] = "process"  # noqa: SIM112 - PyFlink's own spelling
    if is_submitted():
        return
    keep_current_folder_off()
    java = require_java()
    os.environ["JAVA_HOME"] = str(java.home)
    # In thread mode the JVM embeds the first Python on PATH and ignores python.executable. Set PATH for every profile,
    # because one JVM runs all jobs of this process.
    own, path = str(Path(sys.executable).parent), os.environ.get("PATH", "")
    if path.split(os.pathsep)[0] != own:
        os.environ["PATH"] = os.pathsep.join(filter(None, [own, path]))


def python_of_workers(execution: ExecutionSettings) -> str:
    """Return the program that runs Python workers on this machine; the first call begins to load what they need.

    Call `prepare_process` before: workers take their path from its variables.
    """
    # In the latency profile all functions are threads of the JVM, and a program of the user's own wins.
    is_used = execution.profile != "latency" and "python.executable" not in execution.flink
    return worker_python() if is_used else sys.executable


def flink_options(
    settings: Settings,
    *,
    flink_conf: Path | None = None,
    extra: Mapping[str, str] | None = None,
    is_endless: bool = False,
) -> dict[str, str]:
    """Return all Flink options of a run; a later one wins: shipped file, file, settings, ``execution.flink``, extra."""
    # A cluster has a configuration of its own, which the shipped file must not override.
    files = (None if is_submitted() else shipped_flink_conf(), flink_conf)
    options = {key: value for path in files if path for key, value in read_flink_conf(path).items()}
    options.update(_execution_options(settings.execution))
    if not is_submitted():
        python = python_of_workers(settings.execution)
        options.update({"python.executable": python, "python.client.executable": sys.executable})
        if settings.ml.metrics.flink_port:
            options.update(reporter_options(str(settings.ml.metrics.flink_port)))
    if settings.job is not None:
        options.update(_batch_options(settings.job.inference))
        if is_endless and settings.execution.profile == "throughput":
            options.update(_stream_options(settings.job.inference))
    options.update({key: _text(value) for key, value in settings.execution.flink.items()})
    return {**options, **(extra or {})}


def is_submitted() -> bool:
    """Return whether Flink's own client (`flink run`) started this process to build a job for a cluster."""
    return "PYFLINK_GATEWAY_PORT" in os.environ


def shipped_flink_conf() -> Path | None:
    """Return the flink-conf.yaml of this checkout or of this installation.

    One in the current folder may be anybody's, and counts only if it is named.
    """
    here = Path(__file__).resolve().parents[2]
    places = (here, Path(sys.prefix) / "share" / "gress-ml")
    return next((place / "flink-conf.yaml" for place in places if (place / "flink-conf.yaml").is_file()), None)


def _execution_options(execution: ExecutionSettings) -> dict[str, str]:
    options = {
        # Identify the state of operators by the plan's numbers. Flink's default is a hash over the graph, which changes
        # with the chaining of operators and so with parallelism: a savepoint would only fit the same parallelism.
        "table.exec.uid.generation": "ALWAYS",
        "table.generated-code.max-length": _LONGEST_CODE,
        "parallelism.default": str(execution.parallelism),
        "pipeline.max-parallelism": str(execution.max_parallelism),
        "python.execution-mode": "thread" if execution.profile == "latency" else "process",
    }
    if execution.profile == "latency":
        options.update(_PROMPT)
    if execution.state_backend is not None:
        options["state.backend.type"] = execution.state_backend
        # The heap backend has no files that a later checkpoint could refer to.
        options["execution.checkpointing.incremental"] = _text(execution.state_backend == "rocksdb")
    if execution.checkpoint_interval_ms:
        options["execution.checkpointing.interval"] = f"{execution.checkpoint_interval_ms} ms"
    return options


def batch_rows(inference: InferenceSettings) -> int:
    """Return the most rows of a model call."""
    return AUTO_BATCH_ROWS if inference.batch_size == "auto" else inference.batch_size


def _batch_options(inference: InferenceSettings) -> dict[str, str]:
    rows = str(batch_rows(inference))
    # An Arrow batch is never larger than a bundle, and an incomplete bundle is sent after its time.
    return {
        "python.fn-execution.bundle.size": rows,
        "python.fn-execution.arrow.batch.size": rows,
        "python.fn-execution.bundle.time": str(inference.batch_timeout_ms),
    }


def _stream_options(inference: InferenceSettings) -> dict[str, str]:
    """Let a row of a stream wait for its batch; the waits for a buffer and for a watermark are short beside that.

    A watermark comes with a batch at most, so short waits cost no more than the batches do.
    """
    wait_ms = min(max(inference.batch_timeout_ms // 5, _LEAST_WAIT_MS), _MOST_WAIT_MS)
    return {_WATERMARK_INTERVAL: f"{wait_ms} ms", _BUFFER_TIMEOUT: f"{wait_ms} ms"}


def _text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
