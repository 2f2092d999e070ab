"""Plans of the state by key, one for each key field: packed windows and trackers; and the limits of each engine."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

from conf.settings import EventSettings
from jobs.errors import JobError, refuse
from jobs.flink.environment import FlinkSession
from jobs.flink.root_cause import root_cause
from state.sliding.filters.syntax import parse_filter
from state.sliding.filters.tokens import FilterError, FilterTypeError
from state.sliding.plan import SlidingPlan, plans_by_key
from state.trackers.plan import TrackerPlan, tracker_plans
from udfs.features.feature_set import FeatureSet
from udfs.functions.parse_lines import event_columns

_EXACT_SCALES = {"long": 0, "boolean": 0}
# Flink quotes a query that nobody wrote, so its places tell nothing.
_OF_JAVA = re.compile(r"^[\w.$]+(?:Exception|Error): | at line \d+, column \d+")
_WAY_ROUND = "set execution.windows: sql, which takes any SQL condition"
_OF_ONE_TYPE = "compare fields with values of their types"


def exact_scales(events: EventSettings) -> dict[str, int | None]:
    """Return the digits after the point of the fields whose sums are exact in whole numbers; None for the others."""
    return {name: _exact_scale(field.type, field.scale) for name, field in events.fields.items()}


def window_plans(features: FeatureSet, events: EventSettings) -> tuple[SlidingPlan, ...]:
    """Return the plan of each key field, in the order in which the features first name them."""
    return plans_by_key(features.windows, event_columns(events), time=events.time, scales=exact_scales(events))


def keyed_plans(features: FeatureSet, events: EventSettings) -> tuple[SlidingPlan | TrackerPlan, ...]:
    """Return the plans in the order of their stages: windows, then trackers, which may read windows."""
    return *window_plans(features, events), *tracker_plans(features.trackers, events.time)


def tracker_problem(features: FeatureSet, windows: str, origin: str) -> Iterator[JobError]:
    """Yield a problem where features follow keys, and the engine of the windows has no trackers."""
    if features.trackers and windows != "sliding":
        column = features.trackers[0].columns[0]
        problem = f"execution.windows: expected sliding, as feature column {column!r} follows a key, got {windows!r}"
        yield JobError(origin, problem, "set execution.windows: sliding")


def filter_problems(
    features: FeatureSet, events: EventSettings, windows: str = "sliding", place: str = ""
) -> Iterator[JobError]:
    """Yield a problem for each filter that the engine of the windows does not take, or takes for another one.

    Args:
        features: features with the windows.
        events: settings of events.
        windows: the engine, ``sliding`` or ``sql``.
        place: place of the features, for the texts.
    """
    for plan in window_plans(features, events):
        for spec in plan.specs:
            if spec.filter is None:
                continue
            try:
                parse_filter(spec.filter, plan.kinds)
            except FilterTypeError as error:
                yield JobError(f"{place}feature {spec.name!r}", str(error), _OF_ONE_TYPE)
            except FilterError as error:
                if windows == "sliding":
                    yield JobError(f"{place}feature {spec.name!r}", str(error), _WAY_ROUND)


@contextmanager
def naming_filters(session: FlinkSession, features: FeatureSet, source: str) -> Iterator[None]:
    """Plan SQL windows; where Flink does not take a filter, raise the failure as one line that names it.

    Args:
        session: session of the plan.
        features: features with the windows.
        source: name of the view of the events.
    """
    from py4j.protocol import Py4JJavaError

    try:
        yield
    except Py4JJavaError:
        for spec in features.windows:
            if spec.filter is None:
                continue
            try:
                # Some types are judged only when code is made of the query.
                session.tables.explain_sql(f"SELECT CASE WHEN {spec.filter} THEN 1 END FROM {source}")
            except Py4JJavaError as error:
                # The line before the trace names a call of ours.
                got = _OF_JAVA.sub("", root_cause(str(error).partition("\n: ")[2]))
                of = f"feature {spec.name!r}: filter {spec.filter!r}"
                refuse(of, "a condition that Flink takes", got, _OF_ONE_TYPE)
        raise


def _exact_scale(kind: str, scale: int | None) -> int | None:
    return scale if kind == "decimal" else _EXACT_SCALES.get(kind)
