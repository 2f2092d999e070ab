"""Operation of jobs: the `gress` command, clusters, health, live view and report; and the public Python names.

A user's program imports this name alone::

    import gress

    settings = gress.load_settings("my-job.yaml")
    registry = gress.open_registry("models")

Rules:
- Versions keep the names in ``gress.__all__``; names in other modules may move.
- A name is loaded on first use, so ``import gress`` costs nothing.
"""

from __future__ import annotations

from importlib import import_module
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from gress.own_packages import check_own_packages

if TYPE_CHECKING:
    from conf.errors import ConfigError as ConfigError
    from conf.loading.loader import load_settings as load_settings
    from conf.settings import Settings as Settings
    from gress.cluster.conf import ClusterRequest as ClusterRequest
    from gress.cluster.local import start_cluster as start_cluster
    from gress.cluster.local import stop_cluster as stop_cluster
    from gress.cluster.submission import submit as submit
    from gress.cluster.submission_request import Submission as Submission
    from gress.report.page import write_report as write_report
    from gress.scoring.open_scorer import open_scorer as open_scorer
    from gress.scoring.scorer import Scorer as Scorer
    from gress.streams.score import score as score
    from gress.streams.scored_stream import DEAD_LETTERS as DEAD_LETTERS
    from gress.table.classes import classes as classes
    from gress.table.features import features as features
    from gress.table.predict import predict as predict
    from jobs.errors import JobError as JobError
    from jobs.run_folder.summary import Summary as Summary
    from jobs.runs.endless import StopResult as StopResult
    from jobs.runs.export import export_features as export_features
    from jobs.runs.launch import run as run
    from jobs.runs.prepare import RunRequest as RunRequest
    from models.errors import ModelError as ModelError
    from models.lifecycle import history as history
    from models.lifecycle import list_models as list_models
    from models.lifecycle import list_versions as list_versions
    from models.lifecycle import promote as promote
    from models.lifecycle import pull as pull
    from models.lifecycle import register as register
    from models.lifecycle import rollback as rollback
    from models.registry import Registry as Registry
    from models.registry import RegistryError as RegistryError
    from models.registry import open_registry as open_registry
    from udfs.drift.training_rows import baseline_of as baseline_of
    from udfs.features.errors import FeatureError as FeatureError
    from udfs.features.feature_set import FeatureSet as FeatureSet
    from udfs.features.feature_set import compile_feature_set as compile_feature_set
    from udfs.scoring.prediction_batch import PredictionBatch as PredictionBatch

__version__ = "0.1.0"

_HOMES = MappingProxyType(
    {
        # settings
        "load_settings": "conf.loading.loader",
        "Settings": "conf.settings",
        # jobs, here and on a cluster
        "run": "jobs.runs.launch",
        "RunRequest": "jobs.runs.prepare",
        "Summary": "jobs.run_folder.summary",
        "StopResult": "jobs.runs.endless",
        "write_report": "gress.report.page",
        "start_cluster": "gress.cluster.local",
        "stop_cluster": "gress.cluster.local",
        "ClusterRequest": "gress.cluster.conf",
        "submit": "gress.cluster.submission",
        "Submission": "gress.cluster.submission_request",
        # features, and scoring without Flink
        "compile_feature_set": "udfs.features.feature_set",
        "FeatureSet": "udfs.features.feature_set",
        "export_features": "jobs.runs.export",
        "open_scorer": "gress.scoring.open_scorer",
        "Scorer": "gress.scoring.scorer",
        "PredictionBatch": "udfs.scoring.prediction_batch",
        # scoring in a Flink program of one's own
        "score": "gress.streams.score",
        "DEAD_LETTERS": "gress.streams.scored_stream",
        "predict": "gress.table.predict",
        "classes": "gress.table.classes",
        "features": "gress.table.features",
        # models
        "open_registry": "models.registry",
        "Registry": "models.registry",
        "register": "models.lifecycle",
        "promote": "models.lifecycle",
        "rollback": "models.lifecycle",
        "pull": "models.lifecycle",
        "history": "models.lifecycle",
        "list_models": "models.lifecycle",
        "list_versions": "models.lifecycle",
        "baseline_of": "udfs.drift.training_rows",
        # errors
        "ConfigError": "conf.errors",
        "FeatureError": "udfs.features.errors",
        "JobError": "jobs.errors",
        "ModelError": "models.errors",
        "RegistryError": "models.registry",
    }
)

__all__ = ["__version__", *_HOMES]  # noqa: PLE0604 - all are text


def __getattr__(name: str) -> Any:
    """Load a public name from the module that defines it."""
    home = _HOMES.get(name)
    if home is None:
        problem = f"module 'gress' has no attribute {name!r}"
        raise AttributeError(problem)
    check_own_packages()
    return getattr(import_module(home), name)


def __dir__() -> list[str]:
    """Return all names, including the public ones that are not loaded yet."""
    return sorted({*globals(), *__all__})
