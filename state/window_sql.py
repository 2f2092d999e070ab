"""Event-time window aggregates, compiled to Flink SQL that computes them in keyed JVM state.

Rules of this file:

- A window is ``(t - delay - window, t - delay]`` at one-millisecond resolution; rows of one instant see each other.
- Flink allows one ``OVER`` window a SELECT, so different windows nest; those of one key are neighbours.
- Rows of one instant have no order. No result depends on their order of arrival, and so none depends on parallelism.
- Flink's ``OVER`` ends at the current row, so a delayed aggregate is the difference of two such windows.
- Sums of integers and of decimals run on ``BIGINT``, which is exact for any order of rows and any number of rows that
  have left the window.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from state.sql import identifier, interval


@dataclass(frozen=True)
class WindowSpec:
    """One aggregate over the rows of a key whose event time lies in ``(t - delay - window, t - delay]``.

    Without a delay the current row is part of its own window, and so are rows of the same instant.

    Args:
        name: output column.
        function: one of ``FUNCTIONS``.
        source: aggregated field; None only for ``count`` and ``rate``.
        key: field whose value partitions the rows.
        window_s: length in seconds.
        delay_s: seconds from the end of the window to the current row, for values that are known late, such as labels.
        filter: SQL predicate over event fields; only rows for which it is true count.
        empty: value of a window without rows; None gives NULL.
    """

    name: str
    function: str
    source: str | None
    key: str
    window_s: int
    delay_s: int = 0
    filter: str | None = None
    empty: float | None = None


@dataclass(frozen=True)
class Stage:
    """One nested SELECT: the aggregates of one key over one window that ends at the current row.

    Attributes:
        key: field that partitions the rows.
        window_s: length in seconds; 0: the current instant alone; None: all rows so far.
        columns: alias and expression of each aggregate.
    """

    key: str
    window_s: int | None
    columns: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class WindowPlan:
    """Stages from the inside out, and the expressions of the output columns."""

    stages: tuple[Stage, ...]
    outputs: tuple[tuple[str, str], ...]

    def sql(self, *, source: str, time: str, columns: Iterable[str]) -> str:
        """Return one SELECT with the given columns and one DOUBLE column per aggregate.

        Args:
            source: table or view of the events; its ``time`` is the row time.
            time: name of the row-time column.
            columns: event columns to pass through, in order.
        """
        passed = [identifier(name) for name in columns]
        query = f"SELECT * FROM {identifier(source)}"
        for stage in self.stages:
            frame = over_clause(stage, time)
            added = ", ".join(
                f"{expression} OVER {frame} AS {identifier(alias)}" for alias, expression in stage.columns
            )
            # Put new columns first. The planner drops a SELECT that keeps the order together with its names, and then
            # finds one internal name in two windows ("Field names must be unique").
            query = f"SELECT {added}, * FROM ({query})"
        outputs = [f"{expression} AS {identifier(name)}" for name, expression in self.outputs]
        return f"SELECT {', '.join(passed + outputs)} FROM ({query})"


def over_clause(stage: Stage, time: str) -> str:
    """Return the OVER clause of a stage; without a window it covers all earlier rows."""
    partition = f"PARTITION BY {identifier(stage.key)} ORDER BY {identifier(time)}"
    if stage.window_s is None:
        return f"({partition})"
    # RANGE includes both its ends, so make it one millisecond shorter than the window.
    span = interval(max(stage.window_s * 1000 - 1, 0))
    return f"({partition} RANGE BETWEEN {span} PRECEDING AND CURRENT ROW)"


class _Builder:
    """A collection of the basic aggregates that the outputs share, one column each."""

    def __init__(self, scales: Mapping[str, int | None]) -> None:
        self._scales = scales
        self._stages: dict[tuple[str, int | None], dict[str, str]] = {}

    def column(self, key: str, window_s: int | None, expression: str) -> str:
        stage = self._stages.setdefault((key, window_s), {})
        if expression not in stage:
            position = list(self._stages).index((key, window_s))
            stage[expression] = f"__w{position}_{len(stage)}"
        return identifier(stage[expression])

    def delayed(self, spec: WindowSpec, expression: str) -> str:
        """Return an additive aggregate over the spec's window, as a difference of two if it is delayed."""
        whole = self.column(spec.key, spec.window_s + spec.delay_s, expression)
        if not spec.delay_s:
            return whole
        part = self.column(spec.key, spec.delay_s, expression)
        return f"({whole} - COALESCE({part}, 0))"

    def summand(self, spec: WindowSpec) -> tuple[str, int]:
        """Return the summand of a sum, and the power of ten that scales it."""
        source, scale = value(spec), self._scales.get(spec.source or "")
        if scale is None:
            return source, 0
        if scale == 0:
            return f"CAST({source} AS BIGINT)", 0
        return f"CAST(FLOOR({source} * {10**scale} + 0.5) AS BIGINT)", scale

    def is_exact(self, spec: WindowSpec) -> bool:
        """Return whether the sum of the source runs in whole numbers."""
        return self._scales.get(spec.source or "") is not None

    def stages(self) -> tuple[Stage, ...]:
        """Return the stages, those of one key side by side, with the stage that the others read first."""
        keys = list(dict.fromkeys(key for key, _ in self._stages))
        ordered = sorted(self._stages, key=lambda item: (keys.index(item[0]), item[1] != 0))
        return tuple(
            Stage(key, window_s, tuple((alias, text) for text, alias in self._stages[key, window_s].items()))
            for key, window_s in ordered
        )


def value(spec: WindowSpec) -> str:
    """Return the aggregated expression, which is NULL for rows that the filter leaves out."""
    source = identifier(spec.source) if spec.source else "1"
    return f"CASE WHEN {spec.filter} THEN {source} END" if spec.filter else source


def _count(build: _Builder, spec: WindowSpec) -> str:
    counted = value(spec)
    return build.delayed(spec, "COUNT(*)" if counted == "1" else f"COUNT({counted})")


def _count_output(build: _Builder, spec: WindowSpec) -> str:
    return f"CAST({_count(build, spec)} AS DOUBLE)"


def _rate_output(build: _Builder, spec: WindowSpec) -> str:
    return f"CAST({_count(build, spec)} AS DOUBLE) / {spec.window_s}"


def _sum(build: _Builder, spec: WindowSpec) -> str:
    summand, scale = build.summand(spec)
    total = f"CAST({build.delayed(spec, f'SUM({summand})')} AS DOUBLE)"
    return f"({total} / {10**scale})" if scale else total


def _guarded(build: _Builder, spec: WindowSpec, expression: str, *, least: int = 1) -> str:
    """Return the expression if the window has enough rows, else the value of an empty window."""
    empty = "" if spec.empty is None else f" ELSE CAST({spec.empty!r} AS DOUBLE)"
    return f"CASE WHEN {_count(build, spec)} >= {least} THEN {expression}{empty} END"


def _sum_output(build: _Builder, spec: WindowSpec) -> str:
    return _guarded(build, spec, _sum(build, spec))


def _avg_output(build: _Builder, spec: WindowSpec) -> str:
    return _guarded(build, spec, f"{_sum(build, spec)} / {_count(build, spec)}")


def _stddev_output(build: _Builder, spec: WindowSpec) -> str:
    # The sums are exact whole numbers, so rows of one value have a deviation of exactly 0.
    count = f"CAST({_count(build, spec)} AS DOUBLE)"
    summand, scale = build.summand(spec)
    exact = f"CAST({summand} AS DECIMAL(19, 0))" if build.is_exact(spec) else f"CAST({summand} AS DOUBLE)"
    total = f"CAST({build.delayed(spec, f'SUM({summand})')} AS DOUBLE)"
    squares = f"CAST({build.delayed(spec, f'SUM({exact} * {exact})')} AS DOUBLE)"
    variance = f"({count} * {squares} - {total} * {total}) / ({count} * ({count} - 1))"
    deviation = f"SQRT(GREATEST({variance}, CAST(0 AS DOUBLE)))"
    return _guarded(build, spec, f"{deviation} / {10**scale}", least=2)


def _plain_output(function: str) -> _Output:
    def output(build: _Builder, spec: WindowSpec) -> str:
        column = build.column(spec.key, spec.window_s, f"{function}({value(spec)})")
        return _guarded(build, spec, f"CAST({column} AS DOUBLE)")

    return output


def _last_output(build: _Builder, spec: WindowSpec) -> str:
    # Rows of one instant have no order, so take the largest of their values.
    largest = build.column(spec.key, 0, f"MAX({value(spec)})")
    column = build.column(spec.key, spec.window_s, f"LAST_VALUE({largest})")
    return _guarded(build, spec, f"CAST({column} AS DOUBLE)")


def _distinct_output(build: _Builder, spec: WindowSpec) -> str:
    return f"CAST({build.column(spec.key, spec.window_s, f'COUNT(DISTINCT {value(spec)})')} AS DOUBLE)"


def _previous_time_output(build: _Builder, spec: WindowSpec) -> str:
    # If several events share an instant, the previous event of each of them is of the same instant.
    time = identifier(spec.source or spec.name)
    previous = build.column(spec.key, None, f"LAG({time}, 1)")
    return f"CASE WHEN {time} - {previous} < {spec.window_s * 1000} THEN CAST({previous} AS DOUBLE) END"


_Output = Callable[[_Builder, WindowSpec], str]
FUNCTIONS: dict[str, _Output] = {
    "count": _count_output,
    "rate": _rate_output,
    "sum": _sum_output,
    "avg": _avg_output,
    "stddev": _stddev_output,
    "min": _plain_output("MIN"),
    "max": _plain_output("MAX"),
    "last": _last_output,
    "distinct": _distinct_output,
    "previous_time": _previous_time_output,
}


def plan_windows(specs: Iterable[WindowSpec], *, scales: Mapping[str, int | None]) -> WindowPlan:
    """Compile window aggregates to nested OVER windows.

    Args:
        specs: aggregates, in the order of their output columns.
        scales: digits after the point of the fields whose sums must be exact (0 for integers); None or absent for
            doubles, whose sums are floating-point sums.
    """
    build = _Builder(scales)
    outputs = tuple((spec.name, FUNCTIONS[spec.function](build, spec)) for spec in specs)
    return WindowPlan(build.stages(), outputs)
