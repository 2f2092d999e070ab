"""Models as scikit-learn, XGBoost and LightGBM save them, converted on their way into the registry."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from models.errors import ModelError
from models.lifecycle.feature_file import known_features, read_feature_file, read_rows
from models.recipes.framework_file import SUFFIXES, convert_framework_file, load_framework_file


@contextmanager
def as_model_file(file: Path, features: Path | None, known: Mapping[str, Any]) -> Iterator[tuple[Path, dict[str, Any]]]:
    """Yield a file that gress can run, and the fields of its spec; a framework's own file is converted for the block.

    Args:
        file: model file, or one of ``SUFFIXES``.
        features: Parquet file of features, whose rows the converted file must score as the framework does.
        known: fields of the spec that are known.

    Raises:
        ModelError: there are no rows to compare, the model does not fit them, or it cannot be converted.
    """
    if file.suffix.lower() not in SUFFIXES:
        yield file, {**known, **(known_features(features, known) if features is not None else {})}
        return
    if features is None:
        problem = "is converted to ONNX, which needs rows to compare the answers"
        raise ModelError.of_file(file, problem, "give them with --features FILE of `gress features export`")
    loaded = load_framework_file(file)
    _check_no_raw(file, features, loaded.columns or ())
    chosen = dict(known)
    if loaded.columns is not None and set(loaded.columns) <= set(read_feature_file(features).columns):
        chosen.setdefault("feature_columns", loaded.columns)
    fields = {**chosen, **known_features(features, chosen)}
    if loaded.is_regression:
        fields.setdefault("task", "regression")
    if loaded.classes is not None:
        fields.setdefault("classes", loaded.classes)
    columns = fields["feature_columns"]
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / f"{file.stem}.onnx"
        convert_framework_file(loaded, file, columns, target, read_rows(features, columns))
        yield target, fields


def _check_no_raw(file: Path, features: Path, columns: Sequence[str]) -> None:
    """Refuse a model that was trained on raw fields of the events, which no recipe converts.

    Raises:
        ModelError: a column of the model is one of the file, but no feature.
    """
    from pyarrow import parquet

    numbers = read_feature_file(features).columns
    raw = [name for name in columns if name not in numbers and name in parquet.read_schema(features).names]
    if raw:
        problem = f"was trained on {', '.join(raw)}, which are fields of the events and no features of {features}"
        fix = "convert it yourself to ONNX, with an input for each such field: convert_sklearn of skl2onnx"
        raise ModelError.of_file(file, problem, fix)
