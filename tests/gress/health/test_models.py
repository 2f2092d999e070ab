from __future__ import annotations

from http.server import BaseHTTPRequestHandler

from gress.health.models import model_checks
from jobs.flink.ports import free_port
from tests.support.servers import serving

METRICS = """\
# HELP gress_ml_models_loaded Versions that are loaded.
# TYPE gress_ml_models_loaded gauge
gress_ml_models_loaded{job="cards",model="fraud",version="2.0.0",type="onnx"} 2.0
gress_ml_models_loaded{job="cards",model="fraud",version="1.0.0",type="onnx"} 0.0
# HELP gress_ml_circuit_breaker_state 0 closed.
# TYPE gress_ml_circuit_breaker_state gauge
gress_ml_circuit_breaker_state{job="cards",model="fraud",version="2.0.0"} %d
"""


def handler(text: str) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(text.encode())

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
            pass

    return Handler


def checks_of(text: str) -> list[tuple[str, str, str]]:
    with serving(handler(text)) as url:
        endpoint = url.removeprefix("http://")
        found = [(check.name, check.state, check.detail) for check in model_checks(endpoint)]
    return [(name, state, detail.removeprefix(f"{endpoint}: ")) for name, state, detail in found]


def test_models_and_a_closed_breaker_are_well() -> None:
    assert checks_of(METRICS % 0) == [("models", "ok", "fraud@2.0.0 in 2"), ("breaker", "ok", "fraud@2.0.0: closed")]


def test_an_open_breaker_is_degraded() -> None:
    words = "fraud@2.0.0: open: the model keeps failing, others answer for it"
    assert checks_of(METRICS % 2)[1] == ("breaker", "degraded", words)


def test_jobs_of_one_host_are_told_apart() -> None:
    other = METRICS % 0 + (METRICS % 2).replace("cards", "shops")
    assert checks_of(other) == [
        ("models", "ok", "fraud@2.0.0 of cards in 2, fraud@2.0.0 of shops in 2"),
        ("breaker", "ok", "fraud@2.0.0 of cards: closed"),
        ("breaker", "degraded", "fraud@2.0.0 of shops: open: the model keeps failing, others answer for it"),
    ]


def test_a_store_that_does_not_answer_is_degraded() -> None:
    store = '# TYPE gress_ml_feature_store_breaker_state gauge\ngress_ml_feature_store_breaker_state{job="cards"} %d\n'
    found = [checks_of(METRICS % 0 + store % state)[2:] for state in (0, 1, 2)]
    assert found == [
        [("feature store", "ok", "it answers")],
        [("feature store", "degraded", "it is asked again after failures")],
        [("feature store", "degraded", "it does not answer: look-ups give defaults; see gress doctor")],
    ]


def test_no_model_is_degraded() -> None:
    assert checks_of("") == [("models", "degraded", "none is loaded")]


def test_no_endpoint_is_degraded() -> None:
    (found,) = model_checks(f"127.0.0.1:{free_port()}")
    assert (found.name, found.state) == ("metrics", "degraded")
    assert "Connection refused" in found.detail


def test_series_of_another_program_have_no_name_for_their_model() -> None:
    assert checks_of("# TYPE gress_ml_models_loaded gauge\ngress_ml_models_loaded 1.0\n") == [
        ("models", "ok", "?@? in 1")
    ]
