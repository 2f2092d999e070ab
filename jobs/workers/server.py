"""A process that has imported what workers need, and forks one for each request."""

from __future__ import annotations

import ctypes
import fcntl
import gc
import importlib
import json
import os
import random
import resource
import runpy
import selectors
import shutil
import signal
import socket
import sys
import threading
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from jobs.workers.launcher import HEAD
from jobs.workers.lean_imports import import_beam

NAME = "gress-worker"
"""Name of a worker among the system's processes, which all have the server's command line."""

_PR_SET_NAME = 15
_REQUEST_S = 1.0
# A Python with other values of these finds other modules than the server has imported.
_PATHS = (b"PYTHONPATH", b"PYTHONSAFEPATH", b"PYTHONHOME", b"PYTHONNOUSERSITE")


@dataclass(frozen=True)
class Request:
    """A launcher's request for a worker.

    Attributes:
        connection: socket of the launcher, which closes with the launcher's end.
        descriptors: the launcher's standard input, output and error.
        module: module to run.
        arguments: the module's arguments.
        folder: current folder.
        environment: all environment variables.
    """

    connection: socket.socket
    descriptors: list[int]
    module: str
    arguments: list[bytes]
    folder: bytes
    environment: dict[bytes, bytes]


def main(listener_fd: int, folder: str, modules: Sequence[str]) -> None:
    """Serve until standard input ends, and delete a folder then; in each fork, run a worker.

    Args:
        listener_fd: descriptor of the socket on which launchers call.
        folder: the server's own folder.
        modules: names of the modules to import first; those that are not installed are left to the workers.
    """
    # Signals to a group of processes are for the command, which ends its workers in order.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    # Services that delete old files in folders for temporary ones leave a locked folder alone.
    lock = os.open(folder, os.O_RDONLY)
    fcntl.flock(lock, fcntl.LOCK_SH)
    request = None
    try:
        import_beam()
        for name in modules:
            with suppress(ImportError):
                importlib.import_module(name)
        # Forks share the pages of objects that no collection visits.
        gc.collect()
        gc.freeze()
        request = _serve(socket.socket(fileno=listener_fd))
    finally:
        if request is None:
            shutil.rmtree(Path(folder), ignore_errors=True)
    if request is not None:
        os.close(lock)
        _become(request)


def _serve(listener: socket.socket) -> Request | None:
    """Return a request in the fork that shall answer it, and None at the end."""
    running: dict[int, socket.socket] = {}
    wake, woken = socket.socketpair()
    for each in (wake, woken):
        each.setblocking(False)
    signal.set_wakeup_fd(woken.fileno())
    signal.signal(signal.SIGCHLD, lambda number, frame: None)
    with selectors.DefaultSelector() as events:
        for source in (sys.stdin, listener, wake):
            events.register(source, selectors.EVENT_READ)
        while True:
            ready = [key.fileobj for key, _ in events.select()]
            if sys.stdin in ready:
                return None
            if wake in ready:
                wake.recv(1024)
                _tell_ended(running)
            if listener in ready:
                request = _receive(listener)
                if request is None:
                    continue
                try:
                    pid = os.fork()
                except OSError:
                    # The launcher starts an ordinary Python, or reports why it cannot.
                    _refuse(request)
                    continue
                if not pid:
                    break
                running[pid] = request.connection
                _tell(request.connection, pid)
                for descriptor in request.descriptors:
                    os.close(descriptor)
    signal.set_wakeup_fd(-1)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    for each in (listener, wake, woken, *running.values()):
        each.close()
    return request


def _receive(listener: socket.socket) -> Request | None:
    """Return the request of a launcher; None: it has ended, or needs a Python of its own, which it then starts."""
    try:
        connection, _ = listener.accept()
    except OSError:
        return None
    connection.settimeout(_REQUEST_S)
    request = Request(connection, [], "", [], b"", {})
    try:
        head, descriptors, _, _ = socket.recv_fds(connection, HEAD, 3)
        request.descriptors.extend(descriptors)
        with connection.makefile("rb") as file:
            told: dict[str, Any] = json.loads(file.read(int.from_bytes(head, "big")))
    except (OSError, ValueError):
        _refuse(request)
        return None
    connection.settimeout(None)
    environment = {_data(name): _data(value) for name, value in told["environment"].items()}
    if any(environment.get(name) != os.environb.get(name) for name in _PATHS):
        _refuse(request)
        return None
    arguments = [_data(each) for each in told["arguments"]]
    return replace(
        request, module=told["module"], arguments=arguments, folder=_data(told["folder"]), environment=environment
    )


def _refuse(request: Request) -> None:
    """Close what came with a request, so that its launcher continues without the server."""
    for descriptor in request.descriptors:
        os.close(descriptor)
    request.connection.close()


def _data(text: str) -> bytes:
    return text.encode("latin-1")


def _tell(connection: socket.socket, number: int) -> None:
    # The launcher may have ended.
    with suppress(OSError):
        connection.sendall(b"%d\n" % number)


def _tell_ended(running: dict[int, socket.socket]) -> None:
    while running:
        pid, status = os.waitpid(-1, os.WNOHANG)
        if not pid:
            return
        code = os.waitstatus_to_exitcode(status)
        with running.pop(pid) as connection:
            _tell(connection, code if code >= 0 else 128 - code)


def _become(request: Request) -> None:
    """Run the module in this process as a Python of its own would."""
    for place, descriptor in enumerate(request.descriptors):
        os.dup2(descriptor, place)
        os.close(descriptor)
    threading.Thread(target=_end_with, args=(request.connection,), name="launcher", daemon=True).start()
    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(_PR_SET_NAME, NAME.encode(), 0, 0, 0)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    # The JVM gives its own processes as many open files as the system allows.
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    os.chdir(request.folder)
    os.environb.clear()
    os.environb.update(request.environment)
    sys.argv = [request.module, *map(os.fsdecode, request.arguments)]
    random.seed()
    if "numpy" in sys.modules:
        sys.modules["numpy"].random.seed()
    runpy.run_module(request.module, run_name="__main__", alter_sys=True)


def _end_with(connection: socket.socket) -> None:
    """End this process when the launcher has ended."""
    with suppress(OSError):
        connection.recv(1)
    os.kill(os.getpid(), signal.SIGKILL)
