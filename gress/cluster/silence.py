"""Lines of Flink's logs that show the environment of a process, secrets and all, and settings that leave them out."""

from __future__ import annotations

from pathlib import Path

SILENCE = {
    # PyFlink's lines on the start of Python.
    "logger.start.name": "org.apache.flink.client.python.PythonEnvUtils",
    "logger.start.level": "WARN",
    # Beam's on its end. Flink ends a TaskManager if a bundle returns while one of them is written.
    "logger.end.name": "org.apache.beam.runners.fnexecution.control.DefaultJobBundleFactory",
    "logger.end.level": "OFF",
}
"""Properties of Log4j 2."""


def silence_environment(folder: Path) -> None:
    """Add the settings to all log settings in a configuration folder."""
    lines = "".join(f"{key} = {value}\n" for key, value in SILENCE.items())
    for path in folder.glob("log4j*.properties"):
        path.write_text(f"{path.read_text('utf-8')}\n{lines}", encoding="utf-8")
