from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from models.errors import ModelError
from models.inspect import spec_from_file
from models.runtimes.options import RuntimeOptions
from models.scoring.inputs import Inputs
from models.scoring.loaded import LoadedModel, load_model
from models.scoring.sessions import SessionPool
from models.spec import ModelSpec
from tests.support.sample_models import DATA, SAMPLES, net_score, onnx_text, onnx_two_ports, text_and_number

COLUMNS = ("a", "b", "c", "amount_z")


def load(path: Path, columns: tuple[str, ...] | None = None, **fields: Any) -> LoadedModel:
    spec = spec_from_file(path, "fraud", "7", **fields)
    return load_model(spec, path, feature_columns=columns, sessions=SessionPool())


@pytest.mark.parametrize("n", [0, 1, 5, 100])
def test_matrix_is_scored(net_spec: ModelSpec, net_file: Path, n: int) -> None:
    model = load_model(net_spec, net_file, feature_columns=COLUMNS, sessions=SessionPool())
    x = SAMPLES["onnx-net"].draw(n)["x"]
    scores = model.predict_matrix(x)
    assert np.allclose(scores.prediction, net_score({"x": x})["score"][:, 0], atol=1e-6)
    assert scores.prediction.shape == (n,)


@pytest.mark.parametrize("file", ["float", "fixed_batch_8", "fixed_batch_1", "stuck"])
def test_matrix_is_scored_by_tflite(file: str) -> None:
    x = SAMPLES["onnx-net"].draw(11)["x"]
    scores = load(DATA / f"{file}.tflite", COLUMNS).predict_matrix(x)
    assert np.allclose(scores.prediction, net_score({"x": x})["score"][:, 0], atol=1e-6)


def test_columns_go_to_the_inputs_of_their_names(tmp_path: Path) -> None:
    x = np.array([[3, 0.5], [1, -2], [0, 0]], dtype=np.float32)
    model = load(onnx_two_ports(tmp_path), ("count", "amount"), task="multiclass")
    want = SAMPLES["onnx-two-ports"].expect({"amount": x[:, 1:], "count": x[:, :1]})["probabilities"]
    scores = model.predict_matrix(x)
    assert np.allclose(scores.scores, want, atol=1e-6)
    assert np.allclose(scores.prediction, want.max(axis=1), atol=1e-6)
    with pytest.raises(ModelError, match=r"wants a matrix \(n, 2\), got \(3, 1\)"):
        model.predict_matrix(x[:, :1])


def test_texts_come_from_the_field_of_their_input_beside_the_matrix(tmp_path: Path) -> None:
    model = load(onnx_text(tmp_path), roles={"prediction": "sum"})
    countries, amounts = np.array(["DE", "IT", "??"], dtype=object), np.array([[1], [2], [3]], np.float32)
    want = text_and_number({"country": countries.reshape(-1, 1), "amount": amounts})
    model.warmup(2)
    assert model.raw_fields == ("country",)
    got = model.predict(Inputs(amounts, {"country": countries, "other": countries}))
    assert got.prediction.tolist() == want["sum"][:, 0].tolist()
    with pytest.raises(ModelError, match=r"wants input 'country' string \(n, 1\), got no field 'country' beside the f"):
        model.predict_matrix(amounts)


def test_wrong_features_refuse_to_start_and_leave_nothing_open(net_spec: ModelSpec, net_file: Path) -> None:
    pool = SessionPool()
    with pytest.raises(ModelError, match=r"model fraud@7\.0\.0 .* missing column 'amount_z'"):
        load_model(net_spec, net_file, feature_columns=COLUMNS[:3], sessions=pool)
    assert len(pool) == 0


def test_spec_of_another_file_is_refused(net_spec: ModelSpec, net_file: Path) -> None:
    other = ModelSpec.model_validate(
        net_spec.model_dump() | {"inputs": [{"name": "y", "dtype": "int64", "shape": [None]}]}
    )
    with pytest.raises(
        ModelError, match=r"has inputs 'y' int64 \(n,\) in model\.json, 'x' float32 \(n, 4\) in its file"
    ):
        load_model(other, net_file, sessions=SessionPool())


def test_error_while_scoring_names_model_and_shapes(net_spec: ModelSpec, net_file: Path) -> None:
    model = load_model(net_spec, net_file, sessions=SessionPool())
    with pytest.raises(
        ModelError, match=r"model fraud@7\.0\.0 wants input 'x' float32 \(n, 4\), got float32 \(64, 19\)"
    ):
        model.predict_matrix(np.zeros((64, 19), np.float32))


def test_warmup_shows_outputs_that_do_not_fit_the_task(tmp_path: Path) -> None:
    path = onnx_two_ports(tmp_path)
    load(path, task="multiclass").warmup(4)
    with pytest.raises(ModelError, match=r"gave 3 values a row and does not say what they are"):
        load(path).warmup(4)


def test_process_shares_a_session_until_the_last_closes(net_spec: ModelSpec, net_file: Path) -> None:
    one, two = load_model(net_spec, net_file), load_model(net_spec, net_file)
    assert one.runtime is two.runtime
    one.close()
    two.warmup(1)
    two.close()
    with pytest.raises(ModelError, match="is closed"):
        two.warmup(1)


@pytest.mark.parametrize("most", [1, 2, 3])
def test_calls_of_one_process_wait_for_each_other_beyond_the_limit(
    most: int, net_spec: ModelSpec, net_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pool, options = SessionPool(), RuntimeOptions(max_concurrency=most)
    models = [load_model(net_spec, net_file, options, sessions=pool) for _ in range(4)]
    busy, release, full = [0], threading.Event(), threading.Event()
    predict, lock, seen = models[0].runtime.predict, threading.Lock(), []

    def slow(feeds: Any) -> Any:
        with lock:
            busy[0] += 1
            seen.append(busy[0])
            if busy[0] == most:
                full.set()
        assert release.wait(30)
        with lock:
            busy[0] -= 1
        return predict(feeds)

    monkeypatch.setattr(models[0].runtime, "predict", slow)
    rows = np.zeros((2, 4), np.float32)
    with ThreadPoolExecutor(4) as threads:
        calls = [threads.submit(model.predict_matrix, rows) for model in models]
        assert full.wait(30)
        assert not [call for call in calls if call.done()]
        release.set()
        assert {len(call.result().prediction) for call in calls} == {2}
    assert max(seen) == most
