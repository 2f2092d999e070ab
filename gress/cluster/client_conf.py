"""Configuration of Flink's client: the options that the client sends with a job."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path

from gress.cluster.conf import flink_home
from gress.cluster.silence import silence_environment
from jobs.flink.conf_file import read_flink_conf
from jobs.flink.environment import shipped_flink_conf
from jobs.flink.jvm.java import require_java

# The client sends these with a job; the cluster decides on restarts, state backend and folders.
_OF_THE_JOB = ("execution.checkpointing.", "pipeline.", "python.", "env.java.opts.")


def client_environment(folder: Path, environ: Mapping[str, str]) -> dict[str, str]:
    """Return the environment in which Flink's client runs.

    If FLINK_CONF_DIR is set, the client uses that configuration alone.

    Args:
        folder: folder for configuration and log.
        environ: environment to extend.

    Raises:
        JobError: there is no Java 11, 17 or 21.
    """
    java = require_java(environ)
    made = {"JAVA_HOME": str(java.home), "FLINK_LOG_DIR": str(folder / "log")}
    if not environ.get("FLINK_CONF_DIR"):
        made["FLINK_CONF_DIR"] = str(_write_conf(folder / "conf"))
    (folder / "log").mkdir()
    return {**environ, **made}


def job_options() -> dict[str, str]:
    """Return the options of the shipped file that the client sends with a job."""
    shipped = shipped_flink_conf()
    options = read_flink_conf(shipped) if shipped else {}
    return {key: value for key, value in options.items() if key.startswith(_OF_THE_JOB)}


def _write_conf(folder: Path) -> Path:
    shutil.copytree(flink_home() / "conf", folder)
    text = "".join(f"{key}: {value}\n" for key, value in job_options().items())
    (folder / "config.yaml").write_text(text, encoding="utf-8")
    silence_environment(folder)
    return folder
