from __future__ import annotations

import socket
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from conf.loading.loader import settings_from
from gress.doctor import Requirement
from gress.doctor_options import (
    check_kafka,
    check_ports,
    check_report,
    check_sql_tools,
    check_tflite,
    diagnose_options,
)
from tests.support.fake_gpus import CPU_WHEEL, FakeOrt
from tests.support.job_settings import FIELDS, SPECS


def _cpu_runtime(name: str) -> Any:
    return FakeOrt(CPU_WHEEL)


def _nothing(name: str) -> object:
    msg = f"No module named {name!r}"
    raise ImportError(msg)


@pytest.fixture
def taken() -> Iterator[int]:
    with socket.create_server(("", 0)) as listener:
        yield listener.getsockname()[1]


def test_tflite_is_wanted_only_where_it_is_asked_for() -> None:
    spare = check_tflite(_nothing, is_asked=False)
    assert (spare.ok, spare.fix) == (True, "")
    assert "pip install 'gress-ml[tflite]'" in spare.found
    missing = check_tflite(_nothing, is_asked=True)
    assert (missing.ok, missing.fix) == (False, "pip install 'gress-ml[tflite]'")


def test_tflite_runtime_serves_where_litert_is_not() -> None:
    def load(name: str) -> object:
        return _nothing(name) if name.startswith("ai_edge_litert") else object()

    assert check_tflite(load, is_asked=True) == Requirement("TFLite", ok=True, found="tflite_runtime")


def test_listed_model_of_type_tflite_asks_for_it() -> None:
    listed = settings_from({"ml": {"models": [{"name": "m", "version": "1.0.0", "type": "tflite"}]}})

    def load(name: str) -> object:
        return _cpu_runtime(name) if name == "onnxruntime" else _nothing(name)

    assert [each.name for each in diagnose_options(listed, load) if not each.ok] == ["TFLite"]
    assert [each.name for each in diagnose_options(settings_from({}), load) if not each.ok] == []


def test_kafka_is_wanted_only_where_it_is_asked_for(tmp_path: Path) -> None:
    assert check_kafka(tmp_path, is_asked=False).ok
    missing = check_kafka(tmp_path, is_asked=True)
    assert (missing.ok, missing.fix) == (False, "gress jars fetch")


def test_sql_tools_are_named_where_they_are_there_and_how_to_get_them_elsewhere(tmp_path: Path) -> None:
    assert "gress jars fetch --sql" in check_sql_tools(tmp_path).found
    (tmp_path / "sql").mkdir()
    with zipfile.ZipFile(tmp_path / "sql" / "flink-sql-gateway-2.3.0.jar", "w") as jar:
        jar.writestr("org/apache/flink/table/gateway/SqlGateway.class", b"")
    assert check_sql_tools(tmp_path).found == "flink-sql-gateway-2.3.0.jar"


def test_report_says_how_to_get_it() -> None:
    assert check_report("6.0").found == "plotly 6.0"
    assert "gress-ml[report]" in check_report(None).found


def test_port_in_use_is_found(taken: int) -> None:
    found = check_ports({"ml.metrics.port": str(taken)})
    assert (found.ok, found.found) == (False, f"ml.metrics.port: {taken} in use")
    assert check_ports({}).ok


def test_one_free_port_of_a_range_is_enough(taken: int) -> None:
    assert check_ports({"ml.metrics.flink_port": f"{taken}-{taken + 20}"}).ok


def test_settings_decide_what_is_asked_for(taken: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GRESS_JARS", str(tmp_path))
    job = {
        "name": "j",
        "source": {"kafka": {"servers": "localhost:1", "topics": ["t"]}},
        "sink": {"jdbc": {"url": "jdbc:postgresql://db/x", "user": "u", "predictions": "p"}},
        "events": {"id": "id", "key": "card", "time": "at", "fields": FIELDS},
        "features": {"name": "f", "specs": list(SPECS)},
        "inference": {"model_name": "m"},
    }
    store = {"backend": "redis", "redis_addr": "127.0.0.1:1", "retries": 0}
    ml = {"inference": {"enable_gpu": True}, "metrics": {"port": taken}, "feature_store": store}
    asking = {"ml": ml, "job": job}
    assert [each.ok for each in diagnose_options(settings_from({}), _cpu_runtime)] == [True] * 8
    assert [each.name for each in diagnose_options(settings_from(asking), _cpu_runtime) if not each.ok] == [
        "GPU",
        "Kafka's connector",
        "PostgreSQL's connector",
        "Feature store",
        "Ports",
    ]
