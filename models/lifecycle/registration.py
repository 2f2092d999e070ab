"""Registration of a bare model file as a version in the registry."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from models.errors import ModelError, fail
from models.inspect import spec_from_file
from models.lifecycle.feature_file import check_width
from models.lifecycle.framework_models import as_model_file
from models.lifecycle.open_registry import require_open
from models.lifecycle.proof import BaselineOf, prove
from models.lifecycle.raw_columns import sample_raw
from models.runtimes.time_limit import TRY_OUT_S, time_limit
from models.spec import ModelSpec, check_name
from models.version import Version

if TYPE_CHECKING:
    from models.registry import Registry


def register(
    registry: Registry,
    file: str | Path,
    name: str = "",
    version: str = "",
    *,
    golden: str | Path | None = None,
    baseline: BaselineOf | None = None,
    features: str | Path | None = None,
    tags: Sequence[str] = (),
    **fields: Any,
) -> ModelSpec:
    """Run a model file and publish it as a new version; if the run fails, nothing is written.

    The fields of a ``model.json`` for this file in its folder are used. An argument wins over such a field, except
    for name and version, which must agree.

    Args:
        registry: registry to publish to.
        file: an .onnx or .tflite file; or a model of scikit-learn (.joblib, .pkl), XGBoost (.ubj, .json) or LightGBM
            (.txt), which needs ``features`` and is converted. Loading a pickle runs the code in it.
        name: name of the model; "" is the name in model.json.
        version: version of the model; "" is the version in model.json.
        golden: Parquet file of at most 1000 rows. It holds the feature columns, the fields that the model reads raw,
            and the column ``prediction`` with the values that the model must give. The order of the feature columns
            becomes ``feature_columns`` unless these are known otherwise. Without ``prediction`` the model's own answers
            are recorded: they prove that a copy equals the registered file, not that the model is right.
        baseline: function that makes the drift baseline of the loaded model, such as `gress.baseline_of(FILE)`;
            None = the baseline in model.json, if any.
        features: Parquet file of `gress features export`. It names the columns and the feature set with its hash, which
            a job's start compares with its own; None = those in model.json, if any.
        tags: free labels.
        **fields: further fields of ModelSpec, such as description, task, classes, threshold; None or "" = not given.
            ``roles`` says which outputs are prediction, scores and label; the file fills its gaps if that leaves no
            doubt.

    Returns:
        The spec as it was published.

    Raises:
        ModelError: the file is no model, mixes rows, or leaves in doubt which output is the prediction; the golden rows
            do not fit or have other predictions; it does not answer in time; or the version exists.
    """
    require_open(registry)
    _check_baseline(baseline)
    file, golden, features = Path(file), _path(golden), _path(features)
    given = {"tags": tuple(tags) or None, **fields}
    known = _fields_beside(file)
    name, version = _agreed(file, known, "name", name), _agreed(file, known, "version", version)
    known |= {key: value for key, value in given.items() if value not in (None, "")}
    known.setdefault("created_at", dt.datetime.now(dt.timezone.utc))
    check_name(name)
    with as_model_file(file, features, known) as (artifact, found), time_limit(TRY_OUT_S):
        # All artifacts of a registry have the same name, whatever the user called the file.
        found["file"] = f"model{artifact.suffix.lower()}"
        sample = sample_raw(golden, features)
        spec = spec_from_file(artifact, name, str(Version.parse(version)), sample=sample, **found)
        if features is not None:
            check_width(features, spec)
        return registry.publish(prove(spec, artifact, golden, baseline, sample=sample), artifact)


def _path(given: str | Path | None) -> Path | None:
    return None if given is None else Path(given)


def _check_baseline(baseline: object) -> None:
    if baseline is not None and not callable(baseline):
        fail("baseline", f"expected a function, got {baseline!r}", "make one: gress.baseline_of(Path('rows.parquet'))")


def _fields_beside(file: Path) -> dict[str, Any]:
    """Return the fields of the model.json beside a file; ignore a model.json of another file."""
    path = file.with_name("model.json")
    if path == file:
        return {}
    try:
        found = json.loads(path.read_bytes())
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, RecursionError) as error:
        fail(f"model spec {path}", f"cannot be read: {error}", "correct it, or move it away")
    if not isinstance(found, dict):
        fail(f"model spec {path}", "is not a JSON object", "correct it, or move it away")
    if found.get("file", file.name) != file.name:
        return {}
    return {key: value for key, value in found.items() if key != "file" and value is not None}


def _agreed(file: Path, known: dict[str, Any], key: str, given: str) -> str:
    found = str(known.pop(key, ""))
    if not (found or given):
        raise ModelError.of_file(file, f"has no {key}", "give one, or put it into a model.json beside the file")
    is_same = _plain(key, found) == _plain(key, given)
    if found and given and not is_same:
        problem = f"has {key} {found!r} in the model.json beside it, got {given!r}"
        raise ModelError.of_file(file, problem, "correct one of them")
    return given or found


def _plain(key: str, text: str) -> str:
    return str(Version.parse(text)) if key == "version" and text else text
