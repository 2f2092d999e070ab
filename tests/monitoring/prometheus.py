"""A real Prometheus with the shipped configuration, asked as Grafana asks it."""

from __future__ import annotations

import json
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from tests.support.servers import ServerProcess

SHIPPED = Path(__file__).parents[2] / "deploy" / "prometheus"
_PATIENCE_S = 180

Series = dict[frozenset[tuple[str, str]], float]
"""Value by labels."""


class QueryError(Exception):
    """Prometheus refused an expression."""


class Prometheus:
    """A server that scrapes once a second what it is told to.

    Args:
        folder: for its data, configuration and log.
        targets: HOST:PORT by the shipped scrape job's name; of others nothing is scraped.
    """

    def __init__(self, folder: Path, targets: Mapping[str, str]) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        config = _write_config(folder / "prometheus.yml", targets)
        self._server = ServerProcess(
            lambda port: [
                "prometheus",
                f"--config.file={config}",
                f"--storage.tsdb.path={folder / 'data'}",
                f"--web.listen-address=127.0.0.1:{port}",
                "--log.level=warn",
            ],
            folder / "log",
        )
        self.wait_for(self._is_ready)

    def stop(self) -> None:
        """End it."""
        self._server.kill()

    def query(self, expression: str, at: float | None = None) -> Series:
        """Return what an expression says now, or at a time in seconds since 1970.

        Raises:
            QueryError: it is no PromQL, or cannot be answered.
        """
        found = self._ask("query", {"query": expression} | ({"time": f"{at:.3f}"} if at is not None else {}))
        if found["resultType"] == "scalar":
            return {frozenset(): float(found["result"][1])}
        return {frozenset(series["metric"].items()): float(series["value"][1]) for series in found["result"]}

    def alerts(self) -> dict[str, Any]:
        """Return rules of alerts by name, as /alerts shows them."""
        groups = self._ask("rules", {"type": "alert"})["groups"]
        return {rule["name"]: rule for group in groups for rule in group["rules"]}

    def wait_for(self, is_so: Callable[[], bool]) -> None:
        """Ask now and then until the answer is yes."""
        deadline = time.monotonic() + _PATIENCE_S
        while not is_so():
            assert time.monotonic() < deadline, f"not so after {_PATIENCE_S} s"
            time.sleep(0.2)

    def _ask(self, what: str, parameters: Mapping[str, str]) -> Any:
        url = f"{self._server.url}/api/v1/{what}?{urllib.parse.urlencode(parameters)}"
        try:
            with urllib.request.urlopen(url, timeout=30) as answer:
                return json.load(answer)["data"]
        except urllib.error.HTTPError as error:
            raise QueryError(json.load(error)["error"]) from error

    def _is_ready(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self._server.url}/-/ready", timeout=5) as answer:
                return bool(answer.status == 200)
        except (urllib.error.URLError, ConnectionError):
            return False


def _write_config(path: Path, targets: Mapping[str, str]) -> Path:
    config = YAML(typ="safe").load(SHIPPED / "prometheus.yml")
    config["global"] = {"scrape_interval": "1s", "scrape_timeout": "1s", "evaluation_interval": "1s"}
    config["rule_files"] = [str(SHIPPED / pattern) for pattern in config["rule_files"]]
    jobs = {job["job_name"]: job for job in config["scrape_configs"]}
    assert set(targets) <= set(jobs)
    config["scrape_configs"] = [
        {name: value for name, value in jobs[job].items() if name != "file_sd_configs"}
        | {"static_configs": [{"targets": [target]}]}
        for job, target in targets.items()
    ]
    YAML(typ="safe").dump(config, path)
    return path
