"""Tables of docs/scale.md, as Markdown."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from benchmarks.scale.costs import COSTS, SHARDS
from benchmarks.scale.plan import Load, Plan, most_events_per_s
from benchmarks.scale.simulation import drain_s, hottest_share

EVENTS_PER_S, KEYS = 1e6, 100_000_000
REACHES_S = {"5 min": 300.0, "1 h": 3_600.0, "1 d": 86_400.0, "37 d": 37 * 86_400.0}
"""Longest window with its delay; 37 d is that of the fraud job."""

_EXPONENTS = (0.0, 0.8, 1.0, 1.2)
_SPARE = (1.1, 1.43, 2.0)


def tables() -> str:
    """Return all tables."""
    plans = {name: Plan(Load(EVENTS_PER_S, KEYS, reach_s)) for name, reach_s in REACHES_S.items()}
    parts = (
        _costs(),
        _needs(plans),
        _network(plans["1 h"]),
        _limits(plans),
        _skew(plans["1 h"]),
        _recovery(plans["1 h"]),
    )
    return "\n\n".join(parts)


def _costs() -> str:
    rows = [(name, f"{_figure(each.value)} {each.unit}".strip(), each.source) for name, each in COSTS.items()]
    return _table(("measured", "figure", "source"), rows)


def _needs(plans: dict[str, Plan]) -> str:
    def line(name: str, plan: Plan) -> tuple[str, ...]:
        is_sliding = plan.engine == "sliding"
        return (
            name,
            f"{plan.cores:,.0f}",
            _size(plan.memory_gib) if is_sliding else "",
            _size(plan.memory_gib / SHARDS) if is_sliding else "",
            _size(plan.state_gib),
            _time(plan.full_checkpoint_s),
            _time(plan.incremental_checkpoint_s),
        )

    heads = ("longest window", "cores", "memory", "of a task", "saved state", "whole checkpoint", "incremental")
    rows = [line(name, plan) for name, plan in plans.items()]
    rows += [line(f"{name}, `windows: sql`", Plan(plan.load, "sql")) for name, plan in plans.items()]
    return _table(heads, rows)


def _network(plan: Plan) -> str:
    return _table(("network", "Gbit/s"), [(name, f"{gbit:.1f}") for name, gbit in plan.network_gbit.items()])


def _limits(plans: dict[str, Plan]) -> str:
    found = {name: most_events_per_s(plan) for name, plan in plans.items()}
    limits = list(next(iter(found.values())))
    rows = [
        (name, *(f"{_rounded(limit[each]):,.0f}" for each in limits), min(limit, key=limit.__getitem__))
        for name, limit in found.items()
    ]
    return _table(("longest window", *(f"{each}, events/s" for each in limits), "breaks first"), rows)


def _skew(plan: Plan) -> str:
    rows = []
    for exponent in _EXPONENTS:
        share = hottest_share(exponent, KEYS)
        most = plan.assumed.busy * 1e6 / plan.window_us / share
        rows.append((f"{exponent:g}", f"{share:.1%}", f"{share * SHARDS:.2f}", f"{_rounded(most):,.0f}"))
    heads = ("Zipf's exponent", "events of the fullest shard", "times an even share", "CPU of windows, events/s")
    return _table(heads, rows)


def _recovery(plan: Plan) -> str:
    assumed, rate = plan.assumed, plan.load.events_per_s
    down_s = assumed.restart_s + plan.full_checkpoint_s
    rows = [
        (f"{spare:g} × the load", f"{down_s:,.0f} s", _time(drain_s(rate, spare * rate, down_s, assumed.interval_s)))
        for spare in _SPARE
    ]
    return _table(("capacity", "down", "until nothing waits"), rows)


def _rounded(value: float) -> float:
    """Return a number with two digits that count, as the costs have no more."""
    return float(f"{value:.2g}")


def _figure(value: float) -> str:
    return f"{value:,.0f}" if value.is_integer() else f"{value:,.1f}"


def _size(gib: float) -> str:
    return f"{gib:,.1f} GiB" if gib < 1_000 else f"{gib / 1_024:,.1f} TiB"


def _time(seconds: float) -> str:
    if seconds < 300:
        return f"{seconds:,.1f} s"
    return f"{seconds / 60:,.0f} min" if seconds < 3 * 3_600 else f"{seconds / 3_600:,.1f} h"


def _table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [heads, ["---"] * len(heads), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
