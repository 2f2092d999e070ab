"""Flink shows no value that the settings take from the environment."""

from __future__ import annotations

from pathlib import Path

import pytest

from conf.loading.loader import load_settings
from jobs.flink.environment import open_session
from jobs.flink.rest import FlinkRest
from jobs.runs.local_options import local_options
from tests.support.cluster import wait_until

SECRET = "hunter2-of-the-environment"
# Flink shows the first by itself, and the second not.
KEYS = ("s3.endpoint", "s3.secret-key")


@pytest.mark.slow
def test_rest_api_of_a_local_run_shows_no_value_of_a_variable(tmp_path: Path) -> None:
    config = tmp_path / "c.yaml"
    texts = ", ".join(f"{key}: 'x${{SECRET}}y'" for key in KEYS)
    config.write_text(f"execution: {{parallelism: 1, flink: {{{texts}, s3.path-style-access: 'true'}}}}", "utf-8")
    options = local_options("hidden-options", tmp_path / "out")
    session = open_session(load_settings(config, environ={"SECRET": SECRET}), extra=options)
    session.tables.execute_sql("CREATE TEMPORARY TABLE numbers (n INT) WITH ('connector' = 'datagen')")
    session.tables.execute_sql("CREATE TEMPORARY TABLE nothing (n INT) WITH ('connector' = 'blackhole')")
    client = session.tables.execute_sql("INSERT INTO nothing SELECT n FROM numbers").get_job_client()
    assert client is not None
    rest = FlinkRest(f"127.0.0.1:{options['rest.port']}", timeout_s=10)
    try:
        wait_until(lambda: rest.get(f"/jobs/{client.get_job_id()}")["state"] == "RUNNING")
        shown = {each["key"]: each["value"] for each in rest.get("/jobmanager/config")}
        others = [rest.get(path) for path in (f"/jobs/{client.get_job_id()}/config", "/jobmanager/environment")]
    finally:
        client.cancel().result()
    assert {key: shown[key] for key in KEYS} == dict.fromkeys(KEYS, "******")
    assert shown["s3.path-style-access"] == "true"
    assert SECRET not in str(others)
