"""Flink's own metrics, exported by the Prometheus reporter of PyFlink.

A cluster loads the reporter as a plugin, and its own configuration switches it on. The mini-cluster of a local run has
no plugins, so the reporter's jar is added to the class path of the running JVM.
"""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

from pydantic import ValidationError

from conf.settings import MetricsSettings
from jobs.errors import refuse
from jobs.flink.file_urls import file_url
from jobs.flink.ports import is_free

_SETTING = "ml.metrics.flink_port"
_FACTORY = "org.apache.flink.metrics.prometheus.PrometheusReporterFactory"


def reporter_options(ports: str) -> dict[str, str]:
    """Return the Flink options that open an endpoint in every JobManager and TaskManager.

    Args:
        ports: ``9250``, or a range ``9250-9259`` of which each process takes the first that is free.
    """
    return {
        "metrics.reporters": "prom",
        "metrics.reporter.prom.factory.class": _FACTORY,
        "metrics.reporter.prom.port": ports,
        # By default Flink would call the job fraud_detection, but the workers call it fraud-detection.
        "metrics.reporter.prom.filterLabelValueCharacters": "false",
    }


def load_reporter(ports: str) -> None:
    """Load the reporter into the JVM of this process, before a mini-cluster starts in it.

    Raises:
        JobError: no port is free, which Flink itself would only log, or PyFlink has no reporter.
    """
    if not any(is_free(port) for port in port_numbers(ports)):
        refuse(_SETTING, "a free port", f"{ports} in use", "name another, or a range as in 9250-9259")
    from pyflink.util.java_utils import add_jars_to_context_class_loader

    add_jars_to_context_class_loader([file_url(_reporter_jar())])


def parse_ports(text: str, processes: int) -> str:
    """Return the ports in a text for so many processes.

    Raises:
        JobError: the text is no port and no range, or the range is too short, which Flink itself would only log.
    """
    subject = f"--metrics-ports {text}"
    try:
        ports = str(MetricsSettings(flink_port=text).flink_port)
    except ValidationError:
        refuse(subject, "a port from 1 to 65535 or a range", repr(text), "as in 9250-9259")
    if len(port_numbers(ports)) < processes:
        refuse(subject, f"a port for each of {processes} processes", len(port_numbers(ports)), "as in 9250-9259")
    return ports


def port_numbers(ports: str) -> range:
    """Return the ports of a setting such as ``9250`` or ``9250-9259``.

    >>> port_numbers("9250-9252"), port_numbers("9250")
    (range(9250, 9253), range(9250, 9251))
    """
    first, _, last = ports.partition("-")
    return range(int(first), int(last or first) + 1)


def _reporter_jar() -> Path:
    spec = find_spec("pyflink")
    plugins = Path(str(spec.origin)).parent / "plugins" if spec else Path("plugins")
    jars = sorted(plugins.glob("metrics-prometheus/flink-metrics-prometheus-*.jar"))
    if not jars:
        refuse(
            _SETTING, f"flink-metrics-prometheus in {plugins}", "none", "install apache-flink 2.3 anew, or set it to 0"
        )
    return jars[-1]
