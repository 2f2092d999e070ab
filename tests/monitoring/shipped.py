"""Expressions of the shipped dashboard and rules, as Prometheus gets them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

DEPLOY = Path(__file__).parents[2] / "deploy"
DASHBOARD: dict[str, Any] = json.loads((DEPLOY / "grafana" / "ml-dashboard.json").read_text("utf-8"))

_NAME = re.compile(r"(?<![\w:])(?:gress_ml|flink)_\w+")
_OF_HISTOGRAMS = ("_bucket", "_sum", "_count")


@dataclass(frozen=True)
class Asked:
    """An expression and what asks it."""

    where: str
    expression: str

    @property
    def metrics(self) -> set[str]:
        """Names of metrics in it, those of recording rules apart."""
        return metric_names(self.expression)

    @property
    def is_flink(self) -> bool:
        """Whether the expression needs a metric of Flink's own."""
        return any(name.startswith("flink_") for name in self.metrics)

    def filled(self, *, rate_interval: str, span: str, job: str = ".*", model: str = ".*") -> str:
        """Return it with Grafana's variables filled in."""
        values = {"$__rate_interval": rate_interval, "$__range": span, "$job": job, "$model": model}
        text = self.expression
        for variable, value in values.items():
            text = text.replace(variable, value)
        assert "$" not in text, text
        return text


def metric_names(expression: str) -> set[str]:
    """Return the metrics that an expression reads.

    >>> sorted(metric_names('rate(gress_ml_a_total[5m]) / on (x) model:gress_ml_b:p99 + sum(flink_c{d="flink e"})'))
    ['flink_c', 'gress_ml_a_total']
    """
    return set(_NAME.findall(re.sub(r'"[^"]*"|[\w]+:[\w:]+', "", expression)))


def family(name: str) -> str:
    """Return the metric that a series belongs to, without our prefix.

    >>> family("gress_ml_batch_size_bucket"), family("gress_ml_predictions_total")
    ('batch_size', 'predictions_total')
    """
    bare = name.removeprefix("gress_ml_")
    return next((bare.removesuffix(end) for end in _OF_HISTOGRAMS if bare.endswith(end)), bare)


def rules(name: str) -> list[dict[str, Any]]:
    """Return the rules of a shipped file."""
    document = YAML(typ="safe").load(DEPLOY / "prometheus" / "rules" / f"{name}.yml")
    return [rule for group in document["groups"] for rule in group["rules"]]


def panels() -> list[dict[str, Any]]:
    """Return the dashboard's panels, rows apart."""
    return [panel for panel in DASHBOARD["panels"] if panel["type"] != "row"]


def asked_by_dashboard() -> Iterator[Asked]:
    """Return every expression of the dashboard."""
    for panel in panels():
        for target in panel["targets"]:
            yield Asked(f"{panel['title']} {target['refId']}", target["expr"])
    for annotation in DASHBOARD["annotations"]["list"]:
        yield Asked(annotation["name"], annotation["expr"])
