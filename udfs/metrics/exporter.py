"""One metrics endpoint a host: the first worker serves the metrics of all, and another takes over when it ends."""

from __future__ import annotations

import errno
import logging
import os
import tempfile
import threading
import time
from http.client import HTTPConnection, HTTPException
from http.server import BaseHTTPRequestHandler
from pathlib import Path

from conf.folders.own_folder import make_own_folder
from conf.settings import MetricsSettings
from udfs.bounded_server import BoundedServer
from udfs.logs import fields
from udfs.metrics.files import MetricFiles
from udfs.metrics.series import keep_series

_LOG = logging.getLogger("gress.metrics")
_RETRY_S = 1.0
_HANDOVER_S = 3.0
_ANSWER_S = 1.0
_TIDY_S = 10.0
_PATH = "/metrics"
_ALL_ADDRESSES = frozenset({"", "0.0.0.0", "::"})
_NO_ROOM = frozenset({errno.ENOSPC, errno.EDQUOT})


class MetricsServer:
    """A server of a folder of value files, which waits until no other process has its port.

    Args:
        settings: port, address, folder.
    """

    def __init__(self, settings: MetricsSettings) -> None:
        self._settings = settings
        self._files = MetricFiles(metrics_folder(settings))
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._bound, self._scraped = threading.Event(), threading.Event()
        self._server: BoundedServer | None = None
        self._is_serving: bool | None = None

    @property
    def is_serving(self) -> bool | None:
        """Whether this process has the port; False: another has it; None: it was not tried yet."""
        return self._is_serving

    def start(self) -> None:
        """Start to serve, or to wait for the port, on a background thread."""
        threading.Thread(target=self._run, name="metrics", daemon=True).start()

    def stop(self) -> None:
        """Release the port."""
        self._stop.set()
        if self._server is not None:
            self._server.shutdown()

    def wait_for_port(self, seconds: float) -> bool:
        """Wait until this process has the port, and return whether it has."""
        return self._bound.wait(seconds)

    def wait_for_scrape(self, seconds: float) -> bool:
        """Wait until the metrics were scraped from here, and return whether they were."""
        return self._scraped.wait(seconds)

    def answer(self) -> bytes:
        """Return all metrics of the host in Prometheus' text format."""
        self.tidy()
        with self._lock:
            return self._files.exposition()

    def tidy(self) -> None:
        """Fold the files of ended processes, which would pile up without a scraper; on a full disk they stay."""
        with self._lock:
            try:
                self._files.fold_ended()
            except OSError as error:
                _LOG.error("metrics: cannot add up the values of ended workers: %s", error)

    def _run(self) -> None:
        said_errno: int | None = None
        while not self._stop.is_set():
            try:
                server = self._bind()
            except OSError as error:
                is_new = error.errno != said_errno
                said_errno = error.errno
                if error.errno == errno.EADDRINUSE:
                    self._is_serving = False
                if error.errno != errno.EADDRINUSE and is_new:
                    _LOG.error("metrics: cannot listen on port %d: %s", self._settings.port, error.strerror)
                self._stop.wait(_RETRY_S)
                continue
            self._server, self._is_serving = server, True
            self._bound.set()
            said = fields("metrics_served", port=self._settings.port)
            _LOG.info("metrics of this host: port %d%s", self._settings.port, _PATH, extra=said)
            with server:
                server.serve_forever(poll_interval=0.2)
            self._server, self._is_serving = None, None

    def _bind(self) -> BoundedServer:
        answer, tidy, scraped = self.answer, self.tidy, self._scraped

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
                scraped.set()

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
                """Log nothing, as scrapes come every few seconds."""

        class Server(BoundedServer):
            tidied_s = -_TIDY_S

            def service_actions(self) -> None:
                """Fold files of ended processes now and then; the base class calls this between requests."""
                super().service_actions()
                if time.monotonic() - self.tidied_s > _TIDY_S:
                    self.tidied_s = time.monotonic()
                    tidy()

        return Server((self._settings.bind, self._settings.port), Handler)


_SERVERS: dict[int, MetricsServer] = {}
_SERVERS_LOCK = threading.Lock()


def export_metrics(job: str, settings: MetricsSettings, *, is_serving: bool = True) -> None:
    """Store a job's metrics in the host's shared folder, and start this process's endpoint unless it has one.

    Call it before the job's first metric is recorded; without a port it does nothing.

    Args:
        job: name of the job.
        settings: port, address, folder.
        is_serving: start the endpoint, too; False where workers of the job serve it, which end with the job.
    """
    if not settings.port:
        return
    folder = metrics_folder(settings)
    try:
        if settings.folder is None:
            make_own_folder(folder)
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        if settings.folder is not None and error.errno not in _NO_ROOM:
            raise
        _LOG.error("metrics: the job goes on without them: %s: %s", folder, error.strerror)
        return
    keep_series(job, folder)
    with _SERVERS_LOCK:
        if is_serving and settings.port not in _SERVERS:
            _SERVERS[settings.port] = MetricsServer(settings)
            _SERVERS[settings.port].start()


def forget_ended(settings: MetricsSettings) -> None:
    """Delete the files that workers of ended runs left in this host's folder, where no worker runs."""
    if settings.port:
        MetricFiles(metrics_folder(settings)).forget_ended()


def hold_for_scrape(settings: MetricsSettings) -> None:
    """Serve the values of workers that have ended until a scrape, for ``final_scrape`` at most.

    A scraper that comes every few seconds would miss the last values of a run otherwise. Where another process has the
    port, that one serves them.
    """
    if not (settings.port and settings.final_scrape_ms):
        return
    server = MetricsServer(settings)
    server.start()
    seconds = settings.final_scrape_ms / 1000
    last = time.monotonic() + seconds
    # The run's own workers release the port as they end; on a busy machine one holds it for seconds without an answer.
    has_port = server.wait_for_port(_HANDOVER_S)
    while not has_port and time.monotonic() < last and not _is_answered(settings):
        has_port = server.wait_for_port(_HANDOVER_S)
    if has_port:
        server.wait_for_scrape(seconds)
    server.stop()


def _is_answered(settings: MetricsSettings) -> bool:
    host = "127.0.0.1" if settings.bind in _ALL_ADDRESSES else settings.bind
    connection = HTTPConnection(host, settings.port, timeout=_ANSWER_S)
    try:
        connection.request("GET", _PATH)
        connection.getresponse()
    except OSError:
        return False
    except HTTPException:
        # No HTTP at all: a program of another kind has the port.
        return True
    finally:
        connection.close()
    return True


def metrics_folder(settings: MetricsSettings) -> Path:
    """Return the folder that the workers of a host share."""
    if settings.folder is not None:
        return Path(settings.folder)
    return Path(tempfile.gettempdir()) / f"gress-ml-metrics-{os.getuid()}-{settings.port}"
