"""A learnt model, read back from its ONNX file."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

from models.errors import ModelError
from models.learned.bayes import LearnedBayes
from models.learned.graphs.graph import ABOUT, import_onnx
from models.learned.learned_model import LearnedModel
from models.learned.linear import LearnedLinear
from models.learned.shards.table import LearnedTable

_FORMAT = 1


def read_onnx(path: Path) -> LearnedModel:
    """Return the model whose file this is, each number as it was.

    Raises:
        ModelError: the file cannot be read or holds no learnt model, or the library ``onnx`` is not installed.
    """
    onnx = import_onnx()
    try:
        found = onnx.load_model_from_string(path.read_bytes())
    except OSError as error:
        raise ModelError.of_file(path, f"cannot be read: {error.strerror}") from error
    except Exception as error:  # of protobuf, whichever it is
        raise ModelError.of_file(path, "is no ONNX file", "publish it again") from error
    about = next((json.loads(each.value) for each in found.metadata_props if each.key == ABOUT), None)
    if about is None:
        raise ModelError.of_file(path, "was not learnt from a stream", "`gress models show` tells what it is")
    if about["format_version"] != _FORMAT:
        problem = f"has format {about['format_version']}, this version of gress reads {_FORMAT}"
        raise ModelError.of_file(path, problem, "install a later one")
    arrays = {each.name: onnx.numpy_helper.to_array(each) for each in found.graph.initializer}
    if about["kind"] == "table":
        return _table(about, arrays, _keys(found))
    return _bayes(about, arrays) if about["kind"] == "bayes" else _linear(about, arrays)


def _keys(model: Any) -> list[str]:
    """Return the keys of a table by their places."""
    node = next(node for node in model.graph.node if node.op_type == "LabelEncoder")
    values = {each.name: each for each in node.attribute}
    texts = [each.decode() for each in values["keys_strings"].strings] if "keys_strings" in values else []
    return texts or list(map(str, values["keys_int64s"].ints if "keys_int64s" in values else ()))


def _table(about: dict[str, Any], arrays: dict[str, Any], keys: list[str]) -> LearnedTable:
    models = []
    for place in range(len(arrays["mean"])):
        own = {name: arrays[name][place] for name in ("bias", "mean", "scale", "is_constant")}
        models.append(_linear(about, {**own, "weights": arrays["weights"][place].T}))
    deviations = np.concatenate([arrays["deviations"], arrays["bias_deviations"][:, :, None]], axis=2)[:-1]
    known = keys[: len(deviations)]
    shards = arrays["shards"][:-1].astype(np.int64)
    facts = about["key"], about["is_text"], models[-1], tuple(models[:-1]), tuple(known), shards, deviations
    return LearnedTable(*facts, left_out=about["left_out"])


def _linear(about: dict[str, Any], arrays: dict[str, Any]) -> LearnedLinear:
    return LearnedLinear(
        features=tuple(about["features"]),
        weights=arrays["weights"],
        bias=arrays["bias"],
        link=about["link"],
        mean=arrays["mean"],
        scale=np.where(arrays["is_constant"], 0.0, arrays["scale"]),
        clip=about["clip"],
        classes=tuple(about["classes"]),
    )


def _bayes(about: dict[str, Any], arrays: dict[str, Any]) -> LearnedBayes:
    names = ("means", "variances", "log_priors")
    given = {name: arrays[name] for name in names}
    return LearnedBayes(tuple(about["features"]), tuple(about["classes"]), **given)
