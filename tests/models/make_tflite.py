"""Writes the .tflite files of tests/models/data and the answers TensorFlow itself gives.

Run with TensorFlow 2.21 (`pip install tensorflow-cpu==2.21.0`): `python tests/models/make_tflite.py`.
The weights are drawn with a fixed seed and saved in nets.npz: tests recompute the answers with numpy alone.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import tensorflow as tf

DATA = Path(__file__).parent / "data"
FEATURES = 4


def weights() -> dict[str, np.ndarray]:
    rng = np.random.default_rng(20240607)
    return {
        "w1": rng.normal(size=(FEATURES, 8)).astype(np.float32),
        "b1": rng.normal(size=8).astype(np.float32),
        "w2": rng.normal(size=(8, 1)).astype(np.float32),
        "b2": rng.normal(size=1).astype(np.float32),
        "w3": rng.normal(size=(8, 3)).astype(np.float32),
        "b3": rng.normal(size=3).astype(np.float32),
        "large": rng.normal(size=(FEATURES, 512)).astype(np.float32),
    }


class Net(tf.Module):
    """relu(x w1 + b1) w2 + b2, through a sigmoid."""

    def __init__(self, values: dict[str, np.ndarray]) -> None:
        super().__init__()
        self.v = {name: tf.constant(value) for name, value in values.items()}

    def hidden(self, x: tf.Tensor) -> tf.Tensor:
        return tf.nn.relu(tf.matmul(x, self.v["w1"]) + self.v["b1"])

    def score(self, x: tf.Tensor) -> tf.Tensor:
        return tf.sigmoid(tf.matmul(self.hidden(x), self.v["w2"]) + self.v["b2"])


def matrix(rows: int | None) -> tf.TensorSpec:
    return tf.TensorSpec([rows, FEATURES], tf.float32, name="x")


def float_net(net: Net, rows: int | None) -> tf.lite.TFLiteConverter:
    function = tf.function(lambda x: {"score": net.score(x)}, input_signature=[matrix(rows)])
    return tf.lite.TFLiteConverter.from_concrete_functions([function.get_concrete_function()], net)


def int8_net(net: Net, kind: tf.DType, rows: int | None) -> tf.lite.TFLiteConverter:
    converter = float_net(net, rows)
    converter.optimizations = [tf.lite.Optimize.DEFAULT]
    rng = np.random.default_rng(1)
    sample = rng.uniform(-2, 2, size=(200, FEATURES)).astype(np.float32)
    converter.representative_dataset = lambda: (
        [row[None] if rows is None else np.repeat(row[None], rows, 0)] for row in sample
    )
    converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
    converter.inference_input_type = converter.inference_output_type = kind
    return converter


def dynamic_range_net(net: Net) -> tf.lite.TFLiteConverter:
    # The converter leaves small constants alone, hence the wide layer.
    wide = tf.function(
        lambda x: {"score": tf.sigmoid(tf.reduce_mean(tf.matmul(x, net.v["large"]), axis=1, keepdims=True))},
        input_signature=[matrix(None)],
    )
    converter = tf.lite.TFLiteConverter.from_concrete_functions([wide.get_concrete_function()], net)
    converter.optimizations = [tf.lite.Optimize.DEFAULT]
    return converter


def two_ports_net(net: Net) -> tf.lite.TFLiteConverter:
    def run(amount: tf.Tensor, count: tf.Tensor) -> dict[str, tf.Tensor]:
        pair = tf.concat([amount, tf.cast(count, tf.float32)], axis=1)
        hidden = tf.matmul(pair, net.v["w1"][:2])
        return {
            "probabilities": tf.nn.softmax(tf.matmul(hidden, net.v["w3"])),
            "total": tf.reduce_sum(pair, axis=1),
        }

    function = tf.function(
        run,
        input_signature=[
            tf.TensorSpec([None, 1], tf.float32, name="amount"),
            tf.TensorSpec([None, 1], tf.int32, name="count"),
        ],
    )
    return tf.lite.TFLiteConverter.from_concrete_functions([function.get_concrete_function()], net)


def stuck_net(net: Net) -> tf.lite.TFLiteConverter:
    """Declares free rows, but reshapes to 1 row inside."""
    function = tf.function(
        lambda x: {"score": net.score(tf.reshape(x, [1, FEATURES]))}, input_signature=[matrix(None)]
    )
    return tf.lite.TFLiteConverter.from_concrete_functions([function.get_concrete_function()], net)


def main() -> None:
    DATA.mkdir(exist_ok=True)
    values = weights()
    net = Net(values)
    files = {
        "float.tflite": float_net(net, None),
        "fixed_batch_8.tflite": float_net(net, 8),
        "fixed_batch_1.tflite": float_net(net, 1),
        "int8.tflite": int8_net(net, tf.int8, None),
        "uint8.tflite": int8_net(net, tf.uint8, None),
        "int8_fixed_4.tflite": int8_net(net, tf.int8, 4),
        "dynamic_range.tflite": dynamic_range_net(net),
        "two_ports.tflite": two_ports_net(net),
        "stuck.tflite": stuck_net(net),
    }
    for name, converter in files.items():
        (DATA / name).write_bytes(converter.convert())
    np.savez_compressed(DATA / "nets.npz", **values)


if __name__ == "__main__":
    main()
