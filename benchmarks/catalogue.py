"""The benchmarks by name: the room of each, or the name alone where the whole room is one benchmark."""

from __future__ import annotations

from importlib.util import find_spec

WHOLE_ROOMS = ("elastic", "fuzz", "gpu", "peers", "scale", "soak")
ROOMS = {
    "elastic": ("sawtooth",),
    "throughput": ("scoring", "sources", "malformed", "metrics", "tuning", "sql", "python_scorer", "table"),
    "latency": ("latency", "waiting", "swap"),
    "windows": ("windows", "sliding", "window_state", "flatness", "memory"),
    "feature_store": ("store", "lookups"),
    "experiments": ("routing", "shadow", "verdict_stage", "verdicts"),
    "labels": ("label_join",),
    "learning": (
        "learning",
        "learning_accuracy",
        "learning_faults",
        "learning_keys",
        "closed_loop",
        "drift_recovery",
    ),
    "kills": ("faults",),
}
BENCHMARKS = {name: f"benchmarks.{name}.__main__" for name in WHOLE_ROOMS} | {
    name: f"benchmarks.{room}.{name}" for room, names in ROOMS.items() for name in names
}
"""The module that runs each benchmark."""


def described() -> list[str]:
    """Return a line for each benchmark: its name and the first line of its module."""
    width = max(map(len, BENCHMARKS))
    return [f"{name:{width}}  {_first_line(module)}" for name, module in sorted(BENCHMARKS.items())]


def _first_line(module: str) -> str:
    """Return the first line of a module's docstring, read from its file, because an import may load an engine."""
    spec = find_spec(module)
    if spec is None or spec.origin is None:
        message = f"benchmarks/catalogue.py: expected a module {module}, found none"
        raise ModuleNotFoundError(message)
    with open(spec.origin, encoding="utf-8") as file:
        return file.readline().strip().strip('"')
