"""Metrics of decisions, as Prometheus reads them."""

from __future__ import annotations

import math
import threading
from collections import Counter
from http.server import BaseHTTPRequestHandler

from gress.autoscale.decision import ACTIONS, Decision
from jobs.errors import refuse
from udfs.bounded_server import BoundedServer
from udfs.metrics.catalogue import METRICS, PREFIX

PATH = "/metrics"


class DecisionMetrics:
    """Counts of a job's decisions, and the last one.

    Args:
        job: name of the job, the label of all series.
        is_dry: decisions change nothing, and so are no rescales.
    """

    def __init__(self, job: str, *, is_dry: bool = False) -> None:
        self._job = job
        self._is_dry = is_dry
        self._lock = threading.Lock()
        self._looks: Counter[tuple[str, str]] = Counter()
        self._rescales: Counter[str] = Counter(dict.fromkeys(ACTIONS[:2], 0))
        self._last: Decision | None = None
        self._measured: Decision | None = None

    def note(self, decision: Decision) -> None:
        """Count a decision."""
        with self._lock:
            self._looks[decision.action, decision.cause] += 1
            if decision.action != "hold" and not self._is_dry:
                self._rescales[decision.action] += 1
            # The last figures stay while tasks start or the cluster does not answer.
            self._last = decision if decision.current else self._last
            self._measured = decision if decision.loads else self._measured

    def text(self) -> str:
        """Return all series in Prometheus's text format."""
        with self._lock:
            looks, rescales, last, measured = dict(self._looks), dict(self._rescales), self._last, self._measured
        series: dict[str, list[tuple[dict[str, str], float]]] = {
            "autoscale_decisions_total": [({"action": a, "cause": c}, n) for (a, c), n in sorted(looks.items())],
            "autoscale_rescales_total": [({"action": action}, count) for action, count in rescales.items()],
        }
        if last is not None:
            series["autoscale_slots"] = [({"bound": "current"}, last.slots), ({"bound": "wanted"}, last.wanted_slots)]
        if measured is not None:
            most = max(load.utilization for load in measured.loads.values())
            series["autoscale_utilization"] = [({}, most)]
            series["autoscale_pending_records"] = [({}, math.nan if measured.pending is None else measured.pending)]
        return "".join(self._family(name, found) for name, found in series.items() if found)

    def _family(self, name: str, found: list[tuple[dict[str, str], float]]) -> str:
        entry, lines = METRICS[name], []
        for labels, value in found:
            pairs = ",".join(f'{key}="{_escaped(text)}"' for key, text in {"job": self._job, **labels}.items())
            lines.append(f"{PREFIX}{name}{{{pairs}}} {float(value)!r}\n")
        head = f"# HELP {PREFIX}{name} {entry.text}\n# TYPE {PREFIX}{name} {entry.kind}\n"
        return head + "".join(lines)


def metrics_server(metrics: DecisionMetrics, host: str, port: int) -> BoundedServer:
    """Return a server of the metrics at ``/metrics``.

    Raises:
        JobError: the port is in use.
    """

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if self.path.partition("?")[0] != PATH:
                self.send_error(404)
                return
            body = metrics.text().encode()
            self.send_response(200)
            self.send_header("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002 - as inherited
            """Log nothing, as scrapes come every few seconds."""

    try:
        return BoundedServer((host, port), Handler)
    except OSError as error:
        refuse(f"{host}:{port}", "a free port", error.strerror, "--metrics PORT takes another")


def _escaped(text: str) -> str:
    return text.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")
