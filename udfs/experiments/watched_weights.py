"""Weights of experiments that follow a registry: a thread asks for the deployments of their models.

An experiment's weights are in the deployments of its default variant's model, and win over those of the settings.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

from conf.experiments.ab_testing import ExperimentSettings
from conf.experiments.registry_weights import has_registry_weights
from conf.settings import MlSettings
from models.errors import ModelError
from models.experiments.weights import weights_of
from models.registry import Deployment, ExperimentState, open_registry
from models.serving.rewind import RewindWatch
from udfs.experiments.weights import AllWeights, FixedWeights, WeightSource
from udfs.logs import fields

_LOG = logging.getLogger("gress.experiments")


class Deployed(Protocol):
    """The deployments of one model."""

    def latest(self) -> Deployment | None:
        """Return the last deployment; None: there was none."""

    def after(self, generation: int) -> Deployment | None:
        """Return the last deployment above a generation; None: there is none."""


class WatchedWeights:
    """The weights of experiments, as deployments change them.

    While the registry does not answer, the weights stay as they are. Weights that do not fit their experiment are
    ignored.

    Args:
        experiments: all experiments of a job.
        deployed: deployments with the weights of an experiment, by its name; the others keep those of the settings.
        interval_s: time between two looks.

    Attributes:
        present: the present weights; another object after each change.

    Raises:
        ModelError: the registry does not answer at the start, when the weights are still unknown.
    """

    def __init__(
        self, experiments: Sequence[ExperimentSettings], deployed: Mapping[str, Deployed], interval_s: float
    ) -> None:
        self.present: AllWeights = FixedWeights(experiments).present
        self._experiments = tuple(each for each in experiments if each.name in deployed)
        self._deployed = deployed
        self._interval_s = interval_s
        self._seen: dict[str, Deployment] = {}
        self._rewinds = {name: RewindWatch(source) for name, source in deployed.items()}
        self._ignored: dict[str, ExperimentState] = {}
        self._is_outage = False
        self._stop = threading.Event()
        for each in self._experiments:
            self._take(each, deployed[each.name].latest())

    def start(self) -> None:
        """Start to watch the deployments."""
        threading.Thread(target=self._watch, name="watch experiments", daemon=True).start()

    def poll(self) -> None:
        """Look once for changes, and take them up."""
        try:
            for each in self._experiments:
                self._take(each, self._find(each.name))
        except ModelError as error:
            self._goes_on(error)
            return
        if self._is_outage:
            self._is_outage = False
            _LOG.info("the registry of experiments answers again", extra=fields("experiment_registry_back"))

    def _find(self, name: str) -> Deployment | None:
        """Return the last deployment if it is another than the one seen last; None: it is the same."""
        seen = self._seen.get(name)
        found = self._deployed[name].after(seen.generation if seen is not None else 0)
        return self._rewinds[name].look(seen) if found is None else found

    def close(self) -> None:
        """Stop watching."""
        self._stop.set()

    def _watch(self) -> None:
        while not self._stop.wait(self._interval_s):
            try:
                self.poll()
            except Exception as error:
                # Without its watcher the job would keep its weights for ever.
                self._goes_on(ModelError("experiments", f"cannot be watched: {type(error).__name__}: {error}"))

    def _goes_on(self, error: ModelError) -> None:
        """Report the failure once, until the registry answers again."""
        if not self._is_outage:
            said = fields("experiment_registry_failed", why=str(error))
            _LOG.warning("%s; experiments go on with their weights", error, extra=said)
        self._is_outage = True

    def _take(self, experiment: ExperimentSettings, deployment: Deployment | None) -> None:
        if deployment is None:
            return
        name = experiment.name
        self._seen[name] = deployment
        state = deployment.experiments.get(name)
        if state is None or state == self._ignored.get(name):
            return
        weights = weights_of(experiment, state)
        written, by = dict(state.weights), deployment.generation
        if weights is None:
            # Later deployments carry the state forward; one line for it is enough.
            self._ignored[name] = state
            said = fields("weights_ignored", experiment=name, weights=written, generation=by)
            text = "experiment %s ignores weights %s of generation %d: they must name its variants and sum to 100"
            _LOG.warning(text, name, written, by, extra=said)
        elif weights != self.present[name]:
            self.present = {**self.present, name: weights}
            said = fields("weights_changed", experiment=name, weights=written, step=weights.step, generation=by)
            _LOG.info("experiment %s has weights %s, by generation %d", name, written, by, extra=said)


class WeightPool:
    """Watched weights shared by the operators of a process: one watcher for all of a job's experiments."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._users: dict[str, int] = {}
        self._open: dict[str, WatchedWeights] = {}

    def acquire(self, key: str, make: Callable[[], WatchedWeights]) -> WeightSource:
        """Return a hold on the weights of a key; create them and start to watch if there is no hold yet."""
        with self._lock:
            if key not in self._open:
                self._open[key] = make()
                self._open[key].start()
            self._users[key] = self._users.get(key, 0) + 1
            return _Held(self, key, self._open[key])

    def release(self, key: str) -> None:
        """Return one hold."""
        with self._lock:
            self._users[key] -= 1
            if not self._users[key]:
                del self._users[key]
                self._open.pop(key).close()


class _Held:
    """One operator's hold on watched weights."""

    def __init__(self, pool: WeightPool, key: str, watched: WatchedWeights) -> None:
        self._pool = pool
        self._key: str | None = key
        self._watched = watched

    @property
    def present(self) -> AllWeights:
        return self._watched.present

    def close(self) -> None:
        key, self._key = self._key, None
        if key is not None:
            self._pool.release(key)


WATCHED = WeightPool()


def open_weights(ml: MlSettings, experiments: Sequence[ExperimentSettings]) -> WeightSource:
    """Return the source of the weights of a job's experiments.

    Raises:
        ModelError: the registry that holds them does not answer.
    """
    followed = {each.name: each.default.model_name for each in experiments if has_registry_weights(ml, each)}
    if not followed:
        return FixedWeights(experiments)

    def make() -> WatchedWeights:
        registry = open_registry(ml.model_registry)
        deployed = {name: registry.deployments(model) for name, model in followed.items()}
        return WatchedWeights(experiments, deployed, ml.model_registry.watch_interval_ms / 1000)

    return WATCHED.acquire(repr((ml.model_registry, tuple(experiments), followed)), make)
