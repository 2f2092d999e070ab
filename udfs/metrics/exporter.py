"""One endpoint a host for the metrics of all its workers: the first serves it, and another takes over when it ends."""

from __future__ import annotations

import errno
import logging
import os
import tempfile
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from conf.settings import MetricsSettings
from udfs.logs import fields
from udfs.metrics.files import MetricFiles

_LOG = logging.getLogger("gress.metrics")
_RETRY_S = 1.0
_TIDY_S = 10.0
_PATH = "/metrics"
_FOLDER_VARIABLE = "PROMETHEUS_MULTIPROC_DIR"


class MetricsServer:
    """Serves a folder of value files on a port as soon as nobody else does.

    Args:
        settings: port, address, folder.
    """

    def __init__(self, settings: MetricsSettings) -> None:
        self._settings = settings
        self._files = MetricFiles(metrics_folder(settings))
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._server: ThreadingHTTPServer | None = None

    @property
    def is_serving(self) -> bool:
        """Whether this process has the port."""
        return self._server is not None

    def start(self) -> None:
        """Begin to serve, or to wait for the port, on a thread of its own."""
        threading.Thread(target=self._run, name="metrics", daemon=True).start()

    def stop(self) -> None:
        """Give the port back."""
        self._stop.set()
        if self._server is not None:
            self._server.shutdown()

    def answer(self) -> bytes:
        """Return all metrics of the host in Prometheus' text format."""
        with self._lock:
            self._files.fold_ended()
            return self._files.exposition()

    def tidy(self) -> None:
        """Add up what ended processes left, so that their files do not pile up where nobody scrapes."""
        with self._lock:
            self._files.fold_ended()

    def _run(self) -> None:
        said_errno: int | None = None
        while not self._stop.is_set():
            try:
                server = self._bind()
            except OSError as error:
                is_new = error.errno != said_errno
                said_errno = error.errno
                if error.errno != errno.EADDRINUSE and is_new:
                    _LOG.error("metrics: cannot listen on port %d: %s", self._settings.port, error.strerror)
                self._stop.wait(_RETRY_S)
                continue
            self._server = server
            said = fields("metrics_served", port=self._settings.port)
            _LOG.info("metrics of this host: port %d%s", self._settings.port, _PATH, extra=said)
            with server:
                server.serve_forever(poll_interval=0.2)
            self._server = None

    def _bind(self) -> ThreadingHTTPServer:
        answer, tidy = self.answer, self.tidy

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                if self.path.partition("?")[0] not in (_PATH, "/"):
                    self.send_error(404)
                    return
                content = answer()
                self.send_response(200)
                self.send_header("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
                """Say nothing: a scrape every few seconds is no news."""

        class Server(ThreadingHTTPServer):
            daemon_threads = True
            # Two sockets on one port would each see half of the scrapes.
            allow_reuse_port = False
            tidied_s = -_TIDY_S

            def service_actions(self) -> None:
                """Called between requests."""
                if time.monotonic() - self.tidied_s > _TIDY_S:
                    self.tidied_s = time.monotonic()
                    try:
                        tidy()
                    except OSError as error:
                        _LOG.error("metrics: what ended workers left cannot be added up: %s", error)

        return Server((self._settings.bind, self._settings.port), Handler)


_SERVERS: dict[int, MetricsServer] = {}
_SERVERS_LOCK = threading.Lock()


def export_metrics(settings: MetricsSettings) -> None:
    """Keep this process's metrics where the host's endpoint finds them, and serve it if nobody does; once a process.

    Must come before the first metric is recorded; without a port it does nothing.
    """
    if not settings.port:
        return
    with _SERVERS_LOCK:
        if settings.port in _SERVERS:
            return
        folder = metrics_folder(settings)
        folder.mkdir(parents=True, exist_ok=True)
        # prometheus-client looks once, when it is imported.
        os.environ[_FOLDER_VARIABLE] = str(folder)
        _SERVERS[settings.port] = MetricsServer(settings)
        _SERVERS[settings.port].start()


def metrics_folder(settings: MetricsSettings) -> Path:
    """Return the folder that the workers of a host share."""
    if settings.folder is not None:
        return Path(settings.folder)
    return Path(tempfile.gettempdir()) / f"gress-ml-metrics-{os.getuid()}-{settings.port}"
