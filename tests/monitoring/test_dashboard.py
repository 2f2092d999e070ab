"""The dashboard reads existing metrics, and describes its panels."""

from __future__ import annotations

import itertools
import re
from typing import Any

import pytest
from scipy.stats import binomtest

from tests.monitoring.moving_metrics import JOB, MODEL
from tests.monitoring.prometheus import Prometheus, QueryError
from tests.monitoring.shipped import DASHBOARD, Asked, asked_by_dashboard, family, panels
from udfs.metrics.catalogue import METRICS

OURS = [asked for asked in asked_by_dashboard() if not asked.is_flink]


@pytest.mark.parametrize("asked", OURS, ids=lambda asked: asked.where)
def test_every_expression_has_data(asked: Asked, watched: Prometheus) -> None:
    query = asked.filled(rate_interval="4s", span="1m", job=JOB, model=MODEL)
    if "ALERTS" in query or query.endswith("> 0"):
        # Nothing fires yet, or happened in the minute before: that it is understood must do.
        watched.query(query)
        return
    watched.wait_for(lambda: any(value == value for value in watched.query(query).values()))


def test_an_expression_that_is_wrong_is_refused(watched: Prometheus) -> None:
    assert watched.query("gress_ml_no_such_metric") == {}
    with pytest.raises(QueryError, match="parse error"):
        watched.query("sum by (model")


@pytest.mark.parametrize("variable", ["job", "model"])
def test_variables_offer_what_is_there(variable: str, watched: Prometheus) -> None:
    entry = next(entry for entry in DASHBOARD["templating"]["list"] if entry["name"] == variable)
    found = re.fullmatch(r"label_values\((\w+), (\w+)\)", entry["query"]["query"])
    assert found is not None
    assert {dict(labels)[found[2]] for labels in watched.query(found[1])} == {{"job": JOB, "model": MODEL}[variable]}


def test_every_metric_of_the_catalogue_is_shown() -> None:
    shown = {family(name) for asked in OURS for name in asked.metrics}
    assert set(METRICS) - shown == set()


@pytest.mark.parametrize("asked", OURS, ids=lambda asked: asked.where)
def test_jobs_are_chosen_and_stay_apart(asked: Asked) -> None:
    for name in asked.metrics:
        chosen = re.findall(rf'\b{name}{{exported_job=~"\$job"', asked.expression)
        assert len(chosen) == len(re.findall(rf"\b{name}\b", asked.expression)), name
    for kept in re.findall(r"\bby \(([^)]*)\)", asked.expression):
        assert kept == "le" or kept.startswith("exported_job")


@pytest.mark.parametrize("panel", panels(), ids=lambda panel: panel["title"])
def test_panel_tells_what_it_shows(panel: dict[str, Any]) -> None:
    assert panel["description"].endswith((".", "…"))
    assert panel["fieldConfig"]["defaults"]["unit"]
    assert panel["datasource"] == {"type": "prometheus", "uid": "${datasource}"}
    for target in panel["targets"]:
        assert target["legendFormat"] not in ("", "__auto")
        assert target["datasource"] == panel["datasource"]


@pytest.mark.parametrize("panel", panels(), ids=lambda panel: panel["title"])
def test_legend_names_labels_that_are_left(panel: dict[str, Any], watched: Prometheus) -> None:
    for target in panel["targets"]:
        asked = Asked(panel["title"], target["expr"])
        named = set(re.findall(r"{{(\w+)}}", target["legendFormat"]))
        if asked.is_flink or not named:
            continue
        found = watched.query(asked.filled(rate_interval="4s", span="1m"))
        assert named <= {name for labels in found for name, _ in labels}, target["legendFormat"]


def test_panels_lie_side_by_side() -> None:
    cells = [
        (x, y)
        for panel in DASHBOARD["panels"]
        for place in [panel["gridPos"]]
        for x in range(place["x"], place["x"] + place["w"])
        for y in range(place["y"], place["y"] + place["h"])
    ]
    assert len(cells) == len(set(cells))
    assert max(x for x, _ in cells) < 24
    ids = [panel["id"] for panel in DASHBOARD["panels"]]
    assert len(ids) == len(set(ids))


@pytest.mark.parametrize(("failed", "rows"), [(10, 200), (0, 50), (50, 50), (3, 100_000)])
def test_interval_is_wilsons(failed: int, rows: int, watched: Prometheus) -> None:
    targets = next(panel for panel in panels() if "95 % interval" in panel["title"])["targets"]
    counts = {"errors": failed, "selections": rows}
    found = []
    for target in itertools.islice(targets, 3):
        expression = target["expr"]
        for name, count in counts.items():
            counted = f"increase(gress_ml_abtest_variant_{name}_total{{exported_job=~\"$job\"}}[$__range])"
            assert counted in expression or name == "errors"
            expression = expression.replace(counted, f"vector({count})")
        (value,) = watched.query(expression).values()
        found.append(value)
    expected = binomtest(failed, rows).proportion_ci(0.95, method="wilson")
    assert found == pytest.approx([expected.low, failed / rows, expected.high], abs=1e-6)
