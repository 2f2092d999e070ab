"""Render Kubernetes objects from the files of Grafana and Prometheus: ``python deploy/kubernetes/render.py``."""

from __future__ import annotations

from io import StringIO
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.scalarstring import LiteralScalarString

DEPLOY = Path(__file__).resolve().parents[1]
_MADE = "# Made by deploy/kubernetes/render.py: change {source} and run it.\n"
_RULES = ("recording.yml", "alerts.yml")


def config_map() -> str:
    """Return the dashboard as a ConfigMap, which Grafana's sidecar finds by its label."""
    dashboard = (DEPLOY / "grafana" / "ml-dashboard.json").read_text("utf-8")
    return _MADE.format(source="deploy/grafana/ml-dashboard.json") + _yaml(
        {
            "apiVersion": "v1",
            "kind": "ConfigMap",
            "metadata": {"name": "gress-ml-dashboard", "labels": {"grafana_dashboard": "1"}},
            "data": {"ml-dashboard.json": LiteralScalarString(dashboard)},
        }
    )


def prometheus_rule() -> str:
    """Return all rules as a PrometheusRule, which the Prometheus operator loads."""
    groups = [
        group
        for name in _RULES
        for group in YAML(typ="safe").load(DEPLOY / "prometheus" / "rules" / name)["groups"]
    ]
    for group in groups:
        for rule in group["rules"]:
            if "\n" in rule["expr"]:
                rule["expr"] = LiteralScalarString(rule["expr"])
    return _MADE.format(source="deploy/prometheus/rules") + _yaml(
        {
            "apiVersion": "monitoring.coreos.com/v1",
            "kind": "PrometheusRule",
            "metadata": {"name": "gress-ml"},
            "spec": {"groups": groups},
        }
    )


FILES = {"ml-dashboard-configmap.yaml": config_map, "prometheus-rule.yaml": prometheus_rule}
"""The rendered text by file."""


def _yaml(document: dict[str, Any]) -> str:
    writer = YAML()
    writer.default_flow_style = False
    # Do not fold long texts, which people read as one line.
    writer.width = 4096
    text = StringIO()
    writer.dump(document, text)
    return text.getvalue()


if __name__ == "__main__":
    for file, render in FILES.items():
        (Path(__file__).parent / file).write_text(render(), encoding="utf-8")
