"""Models as their frameworks save them, on the way to ONNX.

Loading a pickle (.joblib, .pkl) runs the code in it: load only files whose origin you trust.
"""

from __future__ import annotations

import json
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.errors import ModelError
from models.recipes.estimator import label_texts

_EXTRA = "pip install 'gress-ml[train]'"


@dataclass(frozen=True)
class FrameworkModel:
    """A model that its framework has loaded.

    Attributes:
        model: the estimator or booster.
        columns: names of the columns it was trained on; None: it does not say.
        is_regression: whether it predicts a value.
        convert: a recipe: model, columns, path of the new file, and the rows to compare.
    """

    model: Any
    columns: tuple[str, ...] | None
    is_regression: bool
    convert: Callable[..., None]

    @property
    def classes(self) -> tuple[str, ...] | None:
        """Labels in the order of the scores, as the file names them; None: the model has none, or does not say.

        A sample of answers does not show each of many classes.
        """
        found = None if self.is_regression else getattr(self.model, "classes_", None)
        return tuple(label_texts(found).tolist()) if isinstance(found, np.ndarray) and found.ndim == 1 else None


def load_framework_file(path: Path) -> FrameworkModel:
    """Load a model with its framework.

    Raises:
        ModelError: the framework is not installed, or the file is none of its models.
    """
    if not path.is_file():
        raise ModelError.of_file(path, "is not a file", "check the path")
    with _one_line(path, "cannot be loaded"):
        return _LOADERS[path.suffix.lower()](path)


def convert_framework_file(
    loaded: FrameworkModel, path: Path, columns: Sequence[str], target: Path, rows: NDArray[np.float32]
) -> None:
    """Write a loaded model as ONNX and compare its answers for the rows with the framework's.

    Raises:
        ModelError: the model cannot be converted, or the file answers differently.
    """
    with _one_line(path, "cannot be converted"):
        try:
            loaded.convert(loaded.model, tuple(columns), target, check=rows)
        except ModelError as error:
            if str(target) not in error.subject:
                raise
            # The user does not know the new file, which may be gone at once.
            raise ModelError.of_file(path, error.problem, error.fix) from error


@contextmanager
def _one_line(path: Path, problem: str) -> Iterator[None]:
    """Turn the errors of frameworks into one line; errors of the recipes pass unchanged."""
    try:
        yield
    except ModelError:
        raise
    except ImportError as error:
        raise ModelError.of_file(path, f"{problem} without the libraries of its framework: {error}", _EXTRA) from error
    except Exception as error:
        lines = str(error).strip().splitlines() or [type(error).__name__]
        raise ModelError.of_file(path, f"{problem}: {lines[0]}", "save it again with its framework") from error


def _load_pickle(path: Path) -> FrameworkModel:
    import joblib
    from sklearn.base import is_regressor
    from sklearn.exceptions import InconsistentVersionWarning

    with warnings.catch_warnings():
        # Attributes change their meaning between versions, and a changed model answers without an error.
        warnings.simplefilter("error", InconsistentVersionWarning)
        model = joblib.load(path)
    framework = type(model).__module__.partition(".")[0]
    if not hasattr(model, "predict"):
        problem = f"holds {type(model).__name__}, expected a fitted estimator"
        raise ModelError.of_file(path, problem, "save the estimator or pipeline itself")
    if framework == "lightgbm":
        from models.recipes import lightgbm

        return FrameworkModel(model, None, is_regressor(model), lightgbm.to_onnx)
    if framework == "xgboost":
        from models.recipes import xgboost

        return FrameworkModel(model, _names(model.get_booster().feature_names), is_regressor(model), xgboost.to_onnx)
    from models.recipes import scikit_learn

    names = getattr(model, "feature_names_in_", None)
    return FrameworkModel(model, _names(names), is_regressor(model), scikit_learn.to_onnx)


def _load_xgboost(path: Path) -> FrameworkModel:
    import xgboost

    from models.recipes.xgboost import to_onnx

    booster = xgboost.Booster(model_file=path)
    objective = json.loads(booster.save_config())["learner"]["objective"]["name"]
    is_classifier = objective.startswith(("binary:", "multi:"))
    model = xgboost.XGBClassifier() if is_classifier else xgboost.XGBRegressor()
    model.load_model(path)
    return FrameworkModel(model, _names(booster.feature_names), not is_classifier, to_onnx)


def _load_lightgbm(path: Path) -> FrameworkModel:
    import lightgbm

    from models.recipes.lightgbm import booster_to_onnx

    booster = lightgbm.Booster(model_file=path)
    names = tuple(booster.feature_name())
    is_numbered = names == tuple(f"Column_{i}" for i in range(len(names)))
    is_regression = "regression" in str(booster.params.get("objective"))
    return FrameworkModel(booster, None if is_numbered else names, is_regression, booster_to_onnx)


def _names(names: Sequence[str] | None) -> tuple[str, ...] | None:
    return None if names is None else tuple(map(str, names))


_LOADERS: Mapping[str, Callable[[Path], FrameworkModel]] = MappingProxyType(
    {
        ".joblib": _load_pickle,
        ".pkl": _load_pickle,
        ".pickle": _load_pickle,
        ".ubj": _load_xgboost,
        ".json": _load_xgboost,
        ".txt": _load_lightgbm,
    }
)
SUFFIXES = tuple(_LOADERS)
"""Suffixes of the files that are converted."""
