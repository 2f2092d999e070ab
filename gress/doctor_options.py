"""Checks of this machine for parts that only some jobs need: TFLite, a GPU, Kafka's connector, stores, the report.

A part that is missing is a fault only where settings ask for it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from conf.settings import Settings
from gress.doctor import Requirement
from gress.doctor_gpu import check_gpu
from gress.feature_store.check_store import check_store
from jobs.errors import JobError
from jobs.flink.metrics import port_numbers
from jobs.flink.ports import is_free
from jobs.kafka.jars import JDBC, SQL_TOOLS, connector_jar, find_jars

TFLITE = ("ai_edge_litert.interpreter", "tflite_runtime.interpreter")


def diagnose_options(settings: Settings, load: Callable[[str], Any]) -> list[Requirement]:
    """Check the parts that settings may ask for; ``load`` imports a module by name."""
    job = settings.job
    is_kafka = job is not None and job.has_topics
    metrics = settings.ml.metrics
    asked = {"ml.metrics.port": str(metrics.port), "ml.metrics.flink_port": str(metrics.flink_port)}
    return [
        check_tflite(load, is_asked=any(model.type in ("tflite", "tensorflow") for model in settings.ml.models)),
        check_gpu(load, settings.ml.inference, _version_of),
        check_kafka(None, is_asked=is_kafka),
        check_jdbc(None, is_asked=job is not None and job.sink.jdbc is not None),
        check_sql_tools(None),
        check_store(settings.ml.feature_store),
        check_report(_version_of("plotly")),
        check_ports({setting: ports for setting, ports in asked.items() if ports != "0"}),
    ]


def check_tflite(load: Callable[[str], Any], *, is_asked: bool) -> Requirement:
    """Check the TFLite interpreter, LiteRT or tflite-runtime, where ``ml.models`` lists a TFLite model."""
    fix = "pip install 'gress-ml[tflite]'"
    problems = []
    for name in TFLITE:
        try:
            load(name)
        except ImportError as error:
            problems.append(str(error))
        else:
            return Requirement("TFLite", ok=True, found=name.partition(".")[0])
    if is_asked:
        return Requirement("TFLite", ok=False, found="; ".join(problems), fix=fix)
    return Requirement("TFLite", ok=True, found=f"not installed; a model of type tflite needs {fix}")


def check_kafka(folder: Path | None, *, is_asked: bool) -> Requirement:
    """Check Kafka's connector, where the job reads or writes topics; ``folder`` holds the jars, None: the user's."""
    try:
        return Requirement("Kafka's connector", ok=True, found=connector_jar(folder).name)
    except JobError as error:
        found = str(error).partition("; ")[0]
        if is_asked:
            return Requirement("Kafka's connector", ok=False, found=found, fix="gress jars fetch")
        return Requirement("Kafka's connector", ok=True, found="not fetched; a job with Kafka needs `gress jars fetch`")


def check_jdbc(folder: Path | None, *, is_asked: bool) -> Requirement:
    """Check the connector of PostgreSQL, where the job writes tables; ``folder`` as for Kafka's."""
    name, command = "PostgreSQL's connector", "gress jars fetch --jdbc"
    try:
        return Requirement(name, ok=True, found=find_jars(JDBC, folder)[0].name)
    except JobError as error:
        if is_asked:
            return Requirement(name, ok=False, found=str(error).partition("; ")[0], fix=command)
        return Requirement(name, ok=True, found=f"not fetched; a job with job.sink.jdbc needs `{command}`")


def check_sql_tools(folder: Path | None) -> Requirement:
    """Report what `gress sql-client` and `gress sql-gateway` run with; ``folder`` as for Kafka's."""
    try:
        return Requirement("Flink's SQL tools", ok=True, found=find_jars(SQL_TOOLS, folder)[0].name)
    except JobError:
        found = "not fetched; `gress sql-client` and `gress sql-gateway` need `gress jars fetch --sql`"
        return Requirement("Flink's SQL tools", ok=True, found=found)


def check_report(installed: str | None) -> Requirement:
    """Report whether `gress report` can draw, by the version of Plotly."""
    found = f"plotly {installed}" if installed else "not installed; `gress report` needs pip install 'gress-ml[report]'"
    return Requirement("Report", ok=True, found=found)


def check_ports(asked: Mapping[str, str]) -> Requirement:
    """Check that a port is free for each setting that names one, or a range of which one is enough."""
    taken = {setting: ports for setting, ports in asked.items() if not any(map(is_free, port_numbers(ports)))}
    if taken:
        found = ", ".join(f"{setting}: {ports} in use" for setting, ports in taken.items())
        return Requirement("Ports", ok=False, found=found, fix="name others, or stop what listens there")
    found = ", ".join(f"{ports} free" for ports in asked.values())
    return Requirement("Ports", ok=True, found=found or "none asked for")


def _version_of(distribution: str) -> str | None:
    try:
        return version(distribution)
    except PackageNotFoundError:
        return None
