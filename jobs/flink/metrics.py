"""Flink's own metrics, through the Prometheus reporter that comes with PyFlink.

A cluster finds the reporter among its plugins and is switched on by its own configuration. The mini-cluster of a local
run has no plugins: there the reporter's jar joins the class path of the running JVM.
"""

from __future__ import annotations

import socket
from importlib.util import find_spec
from pathlib import Path

from pydantic import ValidationError

from conf.settings import MetricsSettings
from jobs.errors import refuse
from jobs.flink.file_urls import file_url

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
        # Else the job fraud-detection is called fraud_detection here, and fraud-detection by the workers.
        "metrics.reporter.prom.filterLabelValueCharacters": "false",
    }


def load_reporter(ports: str) -> None:
    """Give the JVM of this process the reporter, before a mini-cluster starts in it.

    Raises:
        JobError: no port is free, which Flink itself would only log; or PyFlink came without the reporter.
    """
    if not any(_is_free(port) for port in port_numbers(ports)):
        refuse(_SETTING, "a free port", f"{ports} in use", "name another, or a range as in 9250-9259")
    from pyflink.util.java_utils import add_jars_to_context_class_loader

    add_jars_to_context_class_loader([file_url(_reporter_jar())])


def parse_ports(text: str, processes: int) -> str:
    """Return a text as the ports of so many processes.

    Raises:
        JobError: it is no port and no range, or a range too short: who finds no port left only logs that.
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


def _is_free(port: int) -> bool:
    try:
        socket.create_server(("", port)).close()
    except OSError:
        return False
    return True
