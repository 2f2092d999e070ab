"""Start of the fork server, once a process."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from functools import cache
from pathlib import Path

from jobs.workers import launcher

_PLAIN = re.compile(r"[\w./+@=~-]+")
MODULE = "pyflink.fn_execution.beam.beam_boot"
# Not onnxruntime: it starts a thread when it is imported, which a fork does not have.
MODULES = (
    "pyflink.fn_execution.beam.beam_sdk_worker_main",
    "pyarrow.pandas_compat",
    "udfs.functions.score_lines",
    "udfs.pieces.pack_pieces",
    "udfs.windows.write_parts",
)

# Kept, because a process object without an owner warns of the process that it leaves.
_SERVERS: list[subprocess.Popen[bytes]] = []


@cache
def worker_python() -> str:
    """Start a fork server that ends with this process, and return the program that runs Flink's workers through it.

    For anything but a worker, the program is this interpreter. Where the system is not Linux, which alone is known to
    fork a loaded process safely, or has no place for the program, this interpreter itself is returned.
    """
    if sys.platform == "linux":
        with suppress(OSError):
            program, server = start_server(MODULE, MODULES)
            _SERVERS.append(server)
            return program
    return sys.executable


def start_server(module: str, modules: Sequence[str]) -> tuple[str, subprocess.Popen[bytes]]:
    """Start a process that imports some modules and then runs another in forks.

    Args:
        module: module that forks run.
        modules: modules that the server imports.

    Returns:
        The program that acts as Python, and the server, which ends with this process or its standard input.

    Raises:
        OSError: there is no folder in which programs may run, its path is too long for a socket, or Flink's script for
            workers, which does not quote it, would take it apart.
    """
    folder = Path(tempfile.mkdtemp(prefix="gress-ml-workers-"))
    try:
        program, address = folder / "python", folder / "socket"
        command = [sys.executable, "-I", "-S", launcher.__file__, str(address), sys.executable, module]
        program.write_text(f'#!/usr/bin/env bash\nexec {shlex.join(command)} "$@"\n', encoding="utf-8")
        program.chmod(0o700)
        # It also says no where the folder's file system runs no programs.
        if not os.access(program, os.X_OK) or not _PLAIN.fullmatch(str(program)):
            raise PermissionError(str(program))
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind(str(address))
            listener.listen(64)
            return str(program), _start(listener.fileno(), folder, modules)
    except OSError:
        shutil.rmtree(folder, ignore_errors=True)
        raise


def _start(listener: int, folder: Path, modules: Sequence[str]) -> subprocess.Popen[bytes]:
    call = f"from jobs.workers.server import main; main({listener}, {str(folder)!r}, {tuple(modules)!r})"
    return subprocess.Popen(
        [sys.executable, "-c", call],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        pass_fds=[listener],
        start_new_session=True,
    )
