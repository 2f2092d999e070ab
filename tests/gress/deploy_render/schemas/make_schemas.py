"""Schemas of the rendered kinds, from the files of their projects.

``python make_schemas.py FLINK PROMETHEUS KUBERNETES``

FLINK, PROMETHEUS: checkouts of apache/flink-kubernetes-operator and prometheus-operator/prometheus-operator.
KUBERNETES: a folder of strict schemas, such as ``v1.37.0-local-strict`` of kubernetes-validate.

Descriptions and states are left out, and unknown keys are refused: the API server drops them, so that a misspelt key
would only do nothing.
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

HERE = Path(__file__).parent
FLINK = {
    "FlinkDeployment": "flinkdeployments.flink.apache.org-v1.yml",
    "FlinkSessionJob": "flinksessionjobs.flink.apache.org-v1.yml",
}
PROMETHEUS = {
    "PrometheusRule": "monitoring.coreos.com_prometheusrules.yaml",
    "ServiceMonitor": "monitoring.coreos.com_servicemonitors.yaml",
}
KUBERNETES = ("ConfigMap", "NetworkPolicy", "PersistentVolumeClaim", "PodDisruptionBudget", "Service")
_METADATA = {
    "type": "object",
    "properties": {
        "name": {"type": "string"},
        "namespace": {"type": "string"},
        "labels": {"type": "object", "additionalProperties": {"type": "string"}},
        "annotations": {"type": "object", "additionalProperties": {"type": "string"}},
    },
    "required": ["name"],
    "additionalProperties": False,
}


def of_crd(path: Path) -> dict[str, Any]:
    """Return the schema of a custom resource's served version."""
    crd = YAML(typ="safe").load(path)["spec"]
    (version,) = (each for each in crd["versions"] if each["served"])
    found: dict[str, Any] = strict(version["schema"]["openAPIV3Schema"])
    found["properties"] = {
        "apiVersion": {"const": f"{crd['group']}/{version['name']}"},
        "kind": {"const": crd["names"]["kind"]},
        "metadata": _METADATA,
        "spec": found["properties"]["spec"],
    }
    return _with_one_pod(found) | {"required": ["apiVersion", "kind", "metadata", "spec"]}


def _with_one_pod(schema: dict[str, Any]) -> dict[str, Any]:
    """Return a schema that holds the long one of a pod once."""
    spec = schema["properties"]["spec"]["properties"]
    if "podTemplate" not in spec:
        return schema
    pod = spec["podTemplate"]
    for holder in (spec, *(spec[role]["properties"] for role in ("jobManager", "taskManager"))):
        assert holder["podTemplate"] == pod
        holder["podTemplate"] = {"$ref": "#/$defs/pod"}
    # A template has no status.
    left = {name: each for name, each in pod["properties"].items() if name != "status"}
    return schema | {"$defs": {"pod": pod | {"properties": left}}}


def strict(node: Any) -> Any:
    """Return a schema without texts that refuses unknown keys, but where it keeps them on purpose."""
    if isinstance(node, list):
        return [strict(each) for each in node]
    if not isinstance(node, dict):
        return node
    made = {
        key: {name: strict(each) for name, each in value.items()} if key == "properties" else strict(value)
        for key, value in node.items()
        if not (key == "description" or key.startswith("x-kubernetes-") or key in {"default", "format"})
    }
    if "properties" in made and not node.get("x-kubernetes-preserve-unknown-fields"):
        made.setdefault("additionalProperties", False)
    if node.get("x-kubernetes-int-or-string"):
        made = {"type": ["integer", "string"], **{key: made[key] for key in made if key == "pattern"}}
    return made


def of_kubernetes(folder: Path) -> dict[str, Any]:
    """Return the schemas of built-in kinds, and what they refer to, as one document."""
    every = json.loads((folder / "_definitions.json").read_text())["$defs"]
    roots = {}
    for kind in KUBERNETES:
        (name,) = (
            key
            for key, value in every.items()
            if key.endswith(f".{kind}") and re.search(r"[.]api[.][a-z]+[.]v1[.]", key)
        )
        roots[kind] = name
    kept: dict[str, Any] = {}
    left = list(roots.values())
    while left:
        name = left.pop()
        if name not in kept:
            kept[name] = strict(every[name])
            left += re.findall(r'"#/\$defs/([^"]+)"', json.dumps(kept[name]))
    return {"kinds": roots, "$defs": dict(sorted(kept.items()))}


def main(flink: Path, prometheus: Path, kubernetes: Path) -> None:
    """Write all schemas beside this file."""
    crds = {kind: flink / "helm/flink-kubernetes-operator/crds" / file for kind, file in FLINK.items()}
    crds |= {kind: prometheus / "example/prometheus-operator-crd" / file for kind, file in PROMETHEUS.items()}
    made = {kind: of_crd(path) for kind, path in crds.items()} | {"kubernetes": of_kubernetes(kubernetes)}
    for name, schema in made.items():
        (HERE / f"{name}.json").write_text(json.dumps(schema, separators=(",", ":"), sort_keys=True) + "\n")


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
