"""Pipelines of scikit-learn that encode texts and identifiers themselves, and take them from the events."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from onnx import TensorProto, helper
from skl2onnx import convert_sklearn
from skl2onnx.common.data_types import FloatTensorType, Int64TensorType, StringTensorType
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import RandomForestClassifier
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, OrdinalEncoder

from tests.models.zoo.exhibits import COLUMNS, Exhibit, Made
from tests.support.sample_models import write_onnx

_OPSETS = {"": 17, "ai.onnx.ml": 3}
_RNG = np.random.default_rng(5)
_SIZE, _WIDTH = 200, len(COLUMNS)
FEATURES = _RNG.normal(size=(_SIZE, _WIDTH)).astype(np.float32)
MERCHANTS = np.array(["acme", "zebra", "b\u00fccher", "acme gmbh"], dtype=object)[_RNG.integers(0, 4, _SIZE)]
# One apart beyond 2**53: as floats they would be one user.
USERS = 2**63 - 1 - _RNG.integers(0, 5, _SIZE)
MESSAGES = np.array(["win a prize now", "see you tomorrow", "your prize waits", "lunch at noon"], dtype=object)[
    _RNG.integers(0, 4, _SIZE)
]
_SIGNAL = FEATURES[:, 0] + (MERCHANTS == "acme") - 2.0 * (USERS % 2) + 0.1 * _RNG.normal(size=_SIZE)
_IS_FRAUD = (_SIGNAL > 0).astype(int)
_TYPES = {
    "features": FloatTensorType([None, _WIDTH]),
    "merchant": StringTensorType([None, 1]),
    "user_id": Int64TensorType([None, 1]),
}
_RAW = {"merchant": ("string", MERCHANTS[:7]), "user_id": ("long", USERS[:7])}
_ONE_HOT = partial(OneHotEncoder, handle_unknown="ignore")
_ORDINAL = partial(OrdinalEncoder, handle_unknown="use_encoded_value", unknown_value=-1)


def _table(rows: np.ndarray, names: tuple[str, ...], kept: dict[str, np.ndarray]) -> pd.DataFrame:
    made = pd.DataFrame(rows.astype(np.float64), columns=list(COLUMNS))
    return made.assign(**{name: kept[name][: len(rows)] for name in names})


def _make(folder: Path, *, encoders: dict[str, Any], estimator: Any, with_file: bool = False) -> Made:
    """Encoded fields beside the features, in one pipeline."""
    names = tuple(encoders)
    steps = [("features", "passthrough", list(range(_WIDTH)))]
    steps += [(name, encoder, [_WIDTH + place]) for place, (name, encoder) in enumerate(encoders.items())]
    full = {"merchant": MERCHANTS, "user_id": USERS}
    transformer = ColumnTransformer(steps, sparse_threshold=0)
    fitted = make_pipeline(transformer, estimator).fit(_table(FEATURES, names, full), _target(estimator))
    types = [(name, _TYPES[name]) for name in ("features", *names)]
    options = {id(fitted): {"zipmap": False}} if hasattr(fitted, "predict_proba") else None
    path = folder / "model.onnx"
    path.write_bytes(convert_sklearn(fitted, "m", types, options=options, target_opset=_OPSETS).SerializeToString())
    answers = fitted.predict_proba if hasattr(fitted, "predict_proba") else fitted.predict

    def answer(rows: np.ndarray) -> np.ndarray:
        found = answers(_table(rows, names, full))
        return found[:, 1] if found.ndim == 2 else found

    return Made(path, answer, None, _file(folder) if with_file else None)


def _target(estimator: Any) -> np.ndarray:
    return _SIGNAL if isinstance(estimator, Ridge) else _IS_FRAUD


def _file(folder: Path) -> Path:
    """The training rows, as `gress features export` writes them."""
    import pyarrow as pa
    from pyarrow import parquet

    about = {
        "gress.feature_set": "f",
        "gress.feature_set_hash": "h",
        "gress.feature_columns": json.dumps(COLUMNS),
    }
    columns = {"merchant": MERCHANTS, "user_id": USERS, **dict(zip(COLUMNS, FEATURES.T, strict=True))}
    parquet.write_table(pa.table(columns).replace_schema_metadata(about), folder / "features.parquet")
    return folder / "features.parquet"


def _messages(folder: Path) -> Made:
    """A classifier of one text."""
    vectorizer = TfidfVectorizer(token_pattern="[a-z]+", lowercase=False)
    is_spam = np.char.find(MESSAGES.astype(str), "prize") >= 0
    fitted = make_pipeline(vectorizer, LogisticRegression()).fit(MESSAGES, is_spam)
    types = [("message", StringTensorType([None, 1]))]
    options = {id(fitted): {"zipmap": False}, TfidfVectorizer: {"tokenexp": "[a-z]+"}}
    path = folder / "model.onnx"
    path.write_bytes(convert_sklearn(fitted, "m", types, options=options, target_opset=_OPSETS).SerializeToString())
    return Made(path, lambda rows: fitted.predict_proba(MESSAGES[: len(rows)])[:, 1])


def _lowered(folder: Path) -> Made:
    """A text that is made lower first; scikit-learn's converter does so, too, with locale en_US."""
    lower = helper.make_node("StringNormalizer", ["t"], ["low"], case_change_action="LOWER", locale="xx_YY.UTF-8")
    known = {"domain": "ai.onnx.ml", "keys_strings": ["a"], "values_floats": [1.0]}
    count = helper.make_node("LabelEncoder", ["low"], ["y"], **known)
    ports = [("t", TensorProto.STRING, ["n"])], [("y", TensorProto.FLOAT, ["n"])]
    return Made(write_onnx(folder, [lower, count], *ports, {}))


def _encoded(kind: str, encoders: dict[str, Any], estimator: Any = None, **more: Any) -> Exhibit:
    with_file = more.pop("with_file", False)
    estimator = LogisticRegression(max_iter=1000) if estimator is None else estimator
    make = partial(_make, encoders=encoders, estimator=estimator, with_file=with_file)
    raw = {} if more.get("refusal") else {name: _RAW[name] for name in encoders}
    return Exhibit(make, kind, raw=raw, rows=FEATURES[:7], **more)


EXHIBITS = {
    "one-hot-text": _encoded("texts one hot", {"merchant": _ONE_HOT()}),
    "one-hot-known-texts": _encoded("known texts one hot", {"merchant": OneHotEncoder()}, with_file=True),
    "one-hot-known-texts-unsaid": _encoded(
        "known texts one hot, without rows",
        {"merchant": OneHotEncoder()},
        refusal=r"failed in ONNX Runtime: .*; if it knows only some values of merchant, register it with rows of such",
    ),
    "ordinal-text": _encoded("texts in order", {"merchant": _ORDINAL()}, Ridge()),
    "ordinal-identifier": _encoded("identifiers in order", {"user_id": _ORDINAL(dtype=np.int64)}, Ridge()),
    "one-hot-identifier": _encoded("identifiers one hot", {"user_id": _ONE_HOT()}, rtol=1e-5),
    "text-and-identifier": _encoded(
        "texts and identifiers in a forest",
        {"merchant": _ONE_HOT(), "user_id": _ONE_HOT()},
        RandomForestClassifier(n_estimators=10, max_depth=4, random_state=0),
    ),
    "case-of-another-locale": Exhibit(
        _lowered,
        "a text made lower by the rules of a locale",
        refusal=r"changes the case of texts by the rules of locale xx_YY\.UTF-8, which this machine does not have",
    ),
    "messages": Exhibit(
        _messages,
        "a text alone",
        raw={"message": ("string", MESSAGES[:7])},
        rows=FEATURES[:7],
    ),
}
