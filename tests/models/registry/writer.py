"""One of several processes that use a registry at once: ``writer.py SETTINGS (promote|publish|fetch) ...``."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[3]))

from conf.model_registry import ModelRegistrySettings
from models.errors import ModelError
from models.registry import Registry, open_registry
from models.spec import parse_spec


def promote(registry: Registry, who: str, count: str) -> None:
    for i in range(int(count)):
        deployment = registry.deployments("fraud").promote("7.0.0", by=who, why=str(i))
        sys.stdout.write(f"{deployment.generation}\n")


def publish(registry: Registry, spec: str, file: str) -> None:
    try:
        registry.publish(parse_spec(spec.encode(), "spec"), Path(file))
    except ModelError as error:
        sys.stdout.write(f"lost: {error}\n")
    else:
        sys.stdout.write("won\n")


def fetch(registry: Registry) -> None:
    sys.stdout.write(f"{registry.resolve('fraud')[1]}\n")


if __name__ == "__main__":
    settings, command, *arguments = sys.argv[1:]
    opened = open_registry(ModelRegistrySettings.model_validate_json(settings))
    opened.names()
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    sys.stdin.readline()
    {"promote": promote, "publish": publish, "fetch": fetch}[command](opened, *arguments)
