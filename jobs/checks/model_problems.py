"""Reasons why the models of a job cannot serve it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from conf.errors import ConfigError
from conf.settings import InferenceSettings, MlSettings
from jobs.errors import JobError
from models.errors import ModelError
from models.scoring.loaded import LoadedModel
from udfs.experiments.open_arms import model_choices
from udfs.features.errors import FeatureError
from udfs.features.feature_set import FeatureSet
from udfs.scoring.listed_models import check_listed, try_out
from udfs.scoring.model_source import find_model, open_model, served_entry


def model_problems(
    ml: MlSettings,
    inference: InferenceSettings | None,
    features: FeatureSet | None,
    origin: str,
    *,
    needs_classes: bool = False,
) -> Iterator[Exception]:
    """Yield why the job's models, or others that `ml.models` lists, cannot be opened; they are opened on the CPU.

    Args:
        ml: settings of models and their registry.
        inference: the job's choice of a model; None: it is not known.
        features: the job's features; None: they are wrong, and models are opened without them.
        origin: file of the settings.
        needs_classes: the job writes the best classes of each row.
    """
    # A device that this process claimed would be missing where workers are, and here there may be none.
    ml = ml.model_copy(update={"inference": ml.inference.model_copy(update={"enable_gpu": False})})
    served = None
    for setting, chosen in () if inference is None else model_choices(ml, inference.with_defaults(ml.inference)):
        entry = served_entry(ml, chosen)
        served = served or entry
        place = setting if entry is None else _place(ml, ml.models.index(entry))
        try:
            if features is not None:
                model = open_model(ml, chosen, features)
                try:
                    if needs_classes:
                        yield from _of_classes(model, origin)
                finally:
                    model.close()
            else:
                spec, path, _ = find_model(ml, chosen)
                try_out(spec, path)
        except ConfigError as error:
            yield ConfigError(origin, [replace(each, path=(place,)) for each in error.problems])
        except FeatureError as error:
            yield error.at(f"{origin}: {place}")
        except ModelError as error:
            yield _at(error, origin, place)
    for index, problem in check_listed(ml, but=served):
        yield _at(problem, origin, _place(ml, index))


def _of_classes(model: LoadedModel, origin: str) -> Iterator[JobError]:
    """Yield a problem where a model has no score of each class; one that is not to be tried out may have."""
    if model.warms_up and model.warmup(1).scores is None:
        problem = f"job.sink.top_classes: expected 0, as {model.spec.ref} has no score of each class, got more"
        yield JobError(origin, problem, "leave it out")


def _at(error: ModelError, origin: str, place: str) -> ModelError:
    """Return a model's error with the file and the setting, if it does not name the setting itself."""
    return error.at(origin if error.subject.startswith("ml.models.") else f"{origin}: {place}")


def _place(ml: MlSettings, index: int) -> str:
    return f"ml.models.{index}" + ("" if ml.models[index].path is None else ".path")
