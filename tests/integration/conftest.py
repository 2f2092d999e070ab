"""What tests on a real mini-cluster share: one JVM a test process, small models and settings, one run a question."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from tests.integration.runs import FraudInput, JobRun, run_job, write_constant_net, write_fraud_config

pytestmark = pytest.mark.flink


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark every test of this folder."""
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.flink)
