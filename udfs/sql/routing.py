"""Experiments of a call: the variants that answer its rows, as in the job whose settings it names."""

from __future__ import annotations

from dataclasses import dataclass

from conf.experiments.ab_testing import AbTestingSettings, ExperimentSettings
from conf.experiments.experiment_choice import experiments_of, layer_of
from conf.settings import Settings
from udfs.experiments.open_arms import answering_arms
from udfs.experiments.router import Arm, Router
from udfs.sql.options import NamedModel


@dataclass(frozen=True)
class Routing:
    """Experiments that answer the rows of a call.

    Attributes:
        settings: of all experiments.
        experiments: those that the rows take part in.
        router: chooses the variant of each row by the field that the experiments split.
        arms: variants that may answer.
    """

    settings: AbTestingSettings
    experiments: tuple[ExperimentSettings, ...]
    router: Router
    arms: tuple[Arm, ...]


def routing_of(named: NamedModel, settings: Settings) -> Routing | None:
    """Return the experiments of the model of a job; None: it has none, or the call pins a version.

    Args:
        named: the model of a call.
        settings: those that it names.
    """
    job = settings.job
    if job is None or named.version or named.model != job.inference.model_name:
        return None
    experiments = experiments_of(settings.ml, named.model)
    if not experiments:
        return None
    router = Router(experiments, job.events, layer_of(settings.ml, experiments))
    arms = answering_arms(settings.ml, job.inference, router.arms)
    return Routing(settings.ml.ab_testing, experiments, router, arms)
