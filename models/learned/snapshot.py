"""The text of a learnt version for people to read: one JSON document, from which the model comes back to the bit.

Of a table of models it holds what keys share, and those keys alone whose models deviate most.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import ValidationError

from models.errors import ModelError, fail
from models.learned.bayes import LearnedBayes
from models.learned.learned_model import LearnedModel
from models.learned.learned_version import LearnedVersion
from models.learned.linear import LearnedLinear
from models.learned.shards.table import LearnedTable
from models.lineage import Lineage

_FORMAT = 1
_MOST_KEYS = 100


def snapshot_text(name: str, version: str, learned: LearnedVersion) -> str:
    """Return the document of a version; equal versions give equal text."""
    document = {
        "format_version": _FORMAT,
        "model": name,
        "version": version,
        "scores": learned.known_scores,
        "lineage": learned.lineage.model_dump(mode="json"),
        "feature_set": learned.feature_set,
        "feature_set_hash": learned.feature_set_hash,
        **_arrays(learned.model),
    }
    return json.dumps(document, indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def read_snapshot(content: bytes, where: str) -> LearnedVersion:
    """Return the version in the bytes of a snapshot; errors name ``where`` as their origin.

    Raises:
        ModelError: the bytes are no snapshot of a format that this version of gress reads.
    """
    subject = f"snapshot {where}"
    try:
        found = json.loads(content)
        if found["format_version"] != _FORMAT:
            fix = "read it with the version of gress that wrote it"
            fail(subject, f"has format {found['format_version']}, expected {_FORMAT}", fix)
        return LearnedVersion(
            model=_model(found),
            lineage=Lineage.model_validate(found["lineage"]),
            scores={name: float(value) for name, value in found["scores"].items()},
            feature_set=found["feature_set"],
            feature_set_hash=found["feature_set_hash"],
        )
    except (ModelError, ValidationError, ValueError, LookupError, TypeError, AttributeError) as error:
        if isinstance(error, ModelError) and error.subject == subject:
            raise
        raise ModelError(subject, f"cannot be read: {_reason(error)}", "remove it") from error


def _reason(error: Exception) -> str:
    if isinstance(error, KeyError):
        return f"it has no key {error.args[0]!r}"
    lines = str(error).splitlines()
    return lines[0] if lines else type(error).__name__


def _arrays(model: LearnedModel) -> dict[str, Any]:
    """Return the arrays with a line for each feature."""
    if isinstance(model, LearnedBayes):
        rows = zip(model.features, model.means.T.tolist(), model.variances.T.tolist(), strict=True)
        return {
            "kind": "bayes",
            "classes": model.classes,
            "log_priors": model.log_priors.tolist(),
            "features": [{"name": name, "means": means, "variances": spread} for name, means, spread in rows],
        }
    return _of_table(model) if isinstance(model, LearnedTable) else _of_linear(model)


def _of_linear(model: LearnedLinear) -> dict[str, Any]:
    columns = model.weights.tolist(), model.mean.tolist(), model.scale.tolist()
    return {
        "kind": "linear",
        "link": model.link,
        "clip": model.clip,
        "classes": model.classes,
        "bias": model.bias.tolist(),
        "features": [
            {"name": name, "weights": weights, "mean": mean, "scale": scale}
            for name, weights, mean, scale in zip(model.features, *columns, strict=True)
        ],
    }


def _of_table(model: LearnedTable) -> dict[str, Any]:
    part = model.top(_MOST_KEYS)
    lines = zip(part.keys, part.shards.tolist(), part.deviations.tolist(), strict=True)
    return {
        "kind": "table",
        "key": part.key,
        "is_text": part.is_text,
        "keys": len(part.keys) + part.left_out,
        "other": _of_linear(part.other),
        "shared": [_of_linear(each) for each in part.shared],
        "models": [{"key": key, "shard": shard, "deviations": numbers} for key, shard, numbers in lines],
    }


def _model(found: Mapping[str, Any]) -> LearnedModel:
    return _table(found) if found["kind"] == "table" else _single(found)


def _table(found: Mapping[str, Any]) -> LearnedTable:
    other, lines = _linear(found["other"]), found["models"]
    shape = len(lines), other.weights.shape[1], len(other.features) + 1
    return LearnedTable(
        found["key"],
        found["is_text"],
        other,
        tuple(_linear(each) for each in found["shared"]),
        tuple(line["key"] for line in lines),
        np.array([line["shard"] for line in lines], np.int64),
        np.array([line["deviations"] for line in lines], np.float32).reshape(shape),
        found["keys"] - len(lines),
    )


def _linear(found: Mapping[str, Any]) -> LearnedLinear:
    model = _single(found)
    assert isinstance(model, LearnedLinear)
    return model


def _single(found: Mapping[str, Any]) -> LearnedLinear | LearnedBayes:
    features: Sequence[Mapping[str, Any]] = found["features"]
    names, classes = tuple(each["name"] for each in features), tuple(found["classes"])

    def column(key: str) -> Any:
        return [each[key] for each in features]

    if found["kind"] == "bayes":
        means, variances = (list(zip(*column(key), strict=True)) for key in ("means", "variances"))
        # Of a list of rows, one for each feature, the columns are the classes.
        return LearnedBayes(names, classes, _array(means), _array(variances), _array(found["log_priors"]))
    return LearnedLinear(
        names,
        _array(column("weights")),
        _array(found["bias"]),
        found["link"],
        _array(column("mean")),
        _array(column("scale")),
        found["clip"],
        classes,
    )


def _array(values: Any) -> NDArray[np.float64]:
    return np.asarray(values, dtype=np.float64)
