from __future__ import annotations

import numpy as np
import pytest

from models.errors import ModelError
from models.recipes.keras import to_tflite
from tests.models.recipes.frameworks import require
from tests.models.recipes.sample_rows import ROW_COUNTS, score

ROWS = np.random.default_rng(0).normal(size=(500, 4)).astype(np.float32)

pytestmark = pytest.mark.filterwarnings("ignore:Statistics for quantized inputs")  # they come with the samples


@pytest.fixture(autouse=True)
def _frameworks():
    require("tensorflow", "ai_edge_litert")


def net(width=1, activation="sigmoid", scaling=None):
    """A network of random weights: what it answers matters less than that the file answers the same."""
    import tensorflow as tf

    tf.keras.utils.set_random_seed(0)
    layers = [tf.keras.layers.Dense(64, activation="relu"), tf.keras.layers.Dense(32, activation="relu")]
    first = [] if scaling is None else [tf.keras.layers.Normalization(mean=np.zeros(4), variance=scaling**2)]
    last = tf.keras.layers.Dense(width, activation=activation)
    return tf.keras.Sequential([tf.keras.Input((4,)), *first, *layers, last])


@pytest.mark.parametrize(
    ("width", "activation"), [(1, "sigmoid"), (3, "softmax"), (1, None)], ids=["binary", "multiclass", "regression"]
)
@pytest.mark.parametrize(("quantize", "tolerance"), [(None, 1e-5), ("dynamic", 0.02), ("int8", 0.1)])
def test_file_scores_as_the_model(width, activation, quantize, tolerance, tmp_path):
    model = net(width, activation)
    path = tmp_path / "m.tflite"
    samples = ROWS if quantize == "int8" else None
    to_tflite(model, path, quantize=quantize, samples=samples, check=ROWS)
    want = model.predict(ROWS, verbose=0)
    for n in ROW_COUNTS:
        got = score(path, ROWS[:n], task="multiclass" if width > 1 else "unknown")
        values = got.prediction[:, None] if width == 1 else got.scores
        np.testing.assert_allclose(values, want[:n], rtol=0, atol=tolerance * abs(want).max())


def test_quantised_files_are_smaller(tmp_path):
    model, sizes = net(), {}
    for quantize, samples in ((None, None), ("dynamic", None), ("int8", ROWS)):
        to_tflite(model, tmp_path / "m.tflite", quantize=quantize, samples=samples)
        sizes[quantize] = (tmp_path / "m.tflite").stat().st_size
    assert max(sizes["dynamic"], sizes["int8"]) < 0.7 * sizes[None]


def test_check_refuses_int8_where_columns_have_different_ranges(tmp_path):
    scale = np.array([1, 1, 1, 10_000])
    rows = (ROWS * scale).astype(np.float32)
    with pytest.raises(ModelError, match=r"m\.tflite answers .* for row \d+, its framework .*; scale the features"):
        to_tflite(net(scaling=scale), tmp_path / "m.tflite", quantize="int8", samples=rows, check=rows)
    assert list(tmp_path.iterdir()) == []
    to_tflite(net(scaling=scale), tmp_path / "m.tflite", quantize="dynamic", check=rows)


@pytest.mark.parametrize(
    ("quantize", "samples", "text"),
    [
        ("int8", None, "got quantize='int8' without samples"),
        (None, ROWS, "got quantize=None with samples"),
        ("int4", None, "quantize: expected None, 'dynamic' or 'int8', got 'int4'"),
        ("int8", ROWS[:, :3], r"samples: expected rows \(n, 4\), n >= 1, got \(500, 3\)"),
    ],
    ids=["missing", "unread", "unknown", "width"],
)
def test_options_that_do_not_fit_are_refused(quantize, samples, text, tmp_path):
    with pytest.raises(ValueError, match=text):
        to_tflite(net(), tmp_path / "m.tflite", quantize=quantize, samples=samples)


def test_other_inputs_and_outputs_are_refused(tmp_path):
    import tensorflow as tf

    one, two = tf.keras.Input((2,)), tf.keras.Input((2,))
    joined = tf.keras.layers.Concatenate()([one, two])
    with pytest.raises(ValueError, match=r"expected one input of shape \(None, k\), got \[\(None, 2\), \(None, 2\)\]"):
        to_tflite(tf.keras.Model([one, two], joined), tmp_path / "m.tflite")
    with pytest.raises(ValueError, match=r"expected one output of shape \(None, c\), got \[\(None, 2\), \(None, 2\)\]"):
        to_tflite(tf.keras.Model(one, [one, one + 1]), tmp_path / "m.tflite")
    with pytest.raises(ValueError, match=r"expected one input of shape \(None, k\), got \[\]"):
        to_tflite(tf.keras.Sequential([tf.keras.layers.Dense(1)]), tmp_path / "m.tflite")
