"""What tests on a real mini-cluster share: one JVM a test process, small models and settings, one run a question."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from tests.integration.job_runs import write_config


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark every test of this folder: it starts a JVM."""
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.flink)


@pytest.fixture(scope="session")
def export_features(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., pd.DataFrame]:
    """Features of every row of a file, as ``gress features export`` writes them."""
    from jobs.features_export import export
    from jobs.launch import Request

    numbers = itertools.count()

    def run_export(job: Mapping[str, Any], source: Path, *, parallelism: int) -> pd.DataFrame:
        folder = tmp_path_factory.mktemp(f"export{next(numbers)}")
        tree = {"ml": {"enabled": True}, "job": job, "execution": {"parallelism": parallelism}}
        config = write_config(folder / "job.yaml", tree)
        target = folder / "features.parquet"
        export(Request("fraud-detection", target, str(source), config, environ={}), lambda counts, total: None)
        return pd.read_parquet(target)

    return run_export
