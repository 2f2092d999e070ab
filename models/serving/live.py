"""The serving model, replaced while it serves."""

from __future__ import annotations

import os
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from models.errors import ModelError
from models.registry import Deployment, RegistryError
from models.runtimes.time_limit import time_limit
from models.scoring.loaded import LoadedModel
from models.serving.events import NullListener, SwapListener
from models.serving.fitness import Probe, check_fitness
from models.serving.rewind import RewindWatch
from models.serving.shelf import LoadedVersion, Shelf
from models.serving.versions import Versions

if TYPE_CHECKING:
    from models.scoring.inputs import Inputs
    from models.scoring.outputs import Scores

_PROBE_ROWS = 256
_PROBE_EVERY_S = 1.0
_NICE = 10


@dataclass(frozen=True)
class SwapOptions:
    """Intervals and limits of a live model.

    Attributes:
        watch_interval_s: time between checks for a new deployment.
        budget_s: longest time the next model may take for a batch.
        load_timeout_s: longest time a version may take to load and pass its validation.
        max_loaded: versions kept loaded, the serving one among them.
        max_loaded_bytes: most bytes of model files kept loaded beside the serving one.
    """

    watch_interval_s: float = 2.0
    budget_s: float = 0.1
    load_timeout_s: float = 60.0
    max_loaded: int = 2
    max_loaded_bytes: int = 2048 << 20


@dataclass
class _Staging:
    """A new version that a background thread loads and validates."""

    deployment: Deployment
    started_s: float


class LiveModel:
    """The deployed primary of a model, replaced at each new deployment.

    A background thread loads, validates and warms up a new version. A batch keeps one model from start to end. Earlier
    versions stay loaded, so a rollback only changes a pointer. A version that fails is rejected, and the serving
    version stays; it also stays while the registry does not answer.

    Args:
        versions: source of versions.
        options: intervals and limits.
        listener: listener that is called for every change.
    """

    def __init__(
        self, versions: Versions, options: SwapOptions | None = None, listener: SwapListener | None = None
    ) -> None:
        self._versions = versions
        self._options = options or SwapOptions()
        self._listener = listener or NullListener()
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._staging: _Staging | None = None
        self._is_outage = False
        self._unfetched = 0
        self._fallback: str | None = None
        self._refused: int | None = None
        self._probe: Probe | None = None
        self._probed_s = -_PROBE_EVERY_S
        self._shelf = Shelf(self._options.max_loaded, self._options.max_loaded_bytes, self._listener)
        self._rewinds = RewindWatch(versions)
        self._seen, model = self._first()
        self._serving = LoadedVersion(model)

    @property
    def generation(self) -> int:
        """The last deployment that was applied or rejected; 0 before the first."""
        return self._seen.generation if self._seen is not None else 0

    def start(self) -> None:
        """Start to watch for deployments, and load the previous version as the fallback."""
        self._fall_back_to(None)
        threading.Thread(target=self._watch, name=f"watch {self._versions.name}", daemon=True).start()

    @contextmanager
    def lease(self) -> Iterator[LoadedModel]:
        """Return the model for one batch; it stays open until the block is left."""
        with self._hold(self._serving_now) as model:
            yield model

    @contextmanager
    def lease_fallback(self) -> Iterator[LoadedModel | None]:
        """Return the previous version, but never one that was rolled back; None: none is loaded."""
        version = self._fallback
        if version is None:
            yield None
            return
        with self._hold(lambda: self._shelf.peek(version)) as model:
            yield model

    def _serving_now(self) -> LoadedVersion:
        return self._serving

    @contextmanager
    def _hold(self, choose: Callable[[], LoadedVersion | None]) -> Iterator[Any]:
        with self._lock:
            held = choose()
            if held is not None:
                held.users += 1
        if held is None:
            yield None
            return
        try:
            yield held.model
        finally:
            with self._lock:
                held.users -= 1
                is_last = held.is_retired and not held.users
            if is_last:
                self._shelf.close(held)

    def observe(self, inputs: Inputs, scores: Scores) -> None:
        """Keep rows of a scored batch, about once a second, as the probe for the next model."""
        now = time.monotonic()
        if now - self._probed_s < _PROBE_EVERY_S or not len(inputs):
            return
        self._probed_s = now
        finite = int(np.isfinite(scores.prediction[:_PROBE_ROWS]).sum())
        self._probe = Probe(inputs.take(slice(_PROBE_ROWS)).copy(), finite)

    def poll(self) -> None:
        """Check once for a new deployment and apply it; if its version must be loaded, another thread does both."""
        self._give_up_on_slow()
        try:
            found = self._versions.after(self.generation)
            other = self._rewinds.look(self._seen) if found is None else None
        except ModelError as error:
            self._goes_on(error)
            return
        if self._is_outage:
            self._is_outage = False
            self._listener.registry_back(self._versions.name)
        if other is not None:
            self._rewind(other)
        elif found is not None:
            self._take(found)

    def close(self) -> None:
        """Stop watching and close all models, those in use after their batch."""
        self._stop.set()
        with self._lock:
            self._staging = None
            held = self._serving
            held.is_retired = True
            is_last = not held.users
        self._shelf.clear(self._lock)
        if is_last:
            self._shelf.close(held)

    def _fall_back_to(self, version: str | None) -> None:
        """Load the fallback version on a thread of its own; None: the last deployment's previous version."""
        if self._options.max_loaded > 1:
            threading.Thread(target=self._load_fallback, args=(version,), name="load fallback", daemon=True).start()

    def _load_fallback(self, version: str | None) -> None:
        _yield_to_others()
        try:
            if version is None:
                latest = self._versions.latest()
                version = latest.previous if latest is not None else None
            if version is None or version == self._serving.model.spec.version:
                return
            held = LoadedVersion(self._open(version))
        except Exception as error:
            # A missing fallback does no harm while the primary serves.
            self._listener.no_fallback(self._versions.name, error)
            return
        with self._lock:
            is_late = self._stop.is_set() or version == self._serving.model.spec.version
            is_late = is_late or self._shelf.peek(version) is not None or self._fallback not in (None, version)
            self._fallback = self._fallback if is_late else version
            evicted = [held] if is_late else self._shelf.put(held)
        for each in evicted:
            self._shelf.close(each)

    def _watch(self) -> None:
        while not self._stop.wait(self._options.watch_interval_s):
            try:
                self.poll()
            except Exception as error:
                # Without its watcher the job would keep one model for ever.
                problem = f"cannot be watched: {type(error).__name__}: {error}"
                self._goes_on(ModelError(f"model {self._versions.name}", problem))

    def _goes_on(self, error: ModelError) -> None:
        """Report the failure once, until the registry answers again."""
        if not self._is_outage:
            self._listener.registry_failed(self._versions.name, error)
        self._is_outage = True

    def _first(self) -> tuple[Deployment | None, LoadedModel]:
        """Load the deployed primary, or its previous version if the primary may not serve."""
        deployment = self._versions.latest()
        if deployment is None:
            return None, self._open("")
        try:
            return deployment, self._open(deployment.primary)
        except RegistryError:
            raise
        except ModelError as error:
            self._reject(deployment, error)
            if deployment.previous is None:
                raise
            return deployment, self._open(deployment.previous)

    def _open(self, version: str) -> LoadedModel:
        """Load a version and check that it is fit to serve."""
        start = time.perf_counter()
        with time_limit(self._options.load_timeout_s):
            model = self._versions.open(version)
            try:
                self._validate(model)
            except BaseException:
                model.close()
                raise
        self._listener.loaded(model, time.perf_counter() - start)
        return model

    def _validate(self, model: LoadedModel) -> None:
        budget_s = self._options.budget_s
        if self._probe is None:
            check_fitness(model, budget_s=budget_s)
            return
        with self.lease() as serving:
            check_fitness(model, budget_s=budget_s, probe=self._probe, serving=serving)

    def _rewind(self, deployment: Deployment) -> None:
        """Follow a registry whose generations were exchanged; their numbers mean others than before."""
        with self._lock:
            self._staging = self._refused = None
        self._listener.registry_rewound(self._versions.name, self.generation, deployment.generation)
        self._take(deployment)

    def _take(self, deployment: Deployment) -> None:
        with self._lock:
            if self._staging is not None and self._staging.deployment.chosen_in == deployment.chosen_in:
                self._staging.deployment = deployment
                return  # a thread is loading it
            self._staging = None
            if deployment.chosen_in == self._refused or self._serving.model.spec.version == deployment.primary:
                self._seen = deployment
                return
            ready = self._shelf.take(deployment.primary)
            if ready is None:
                staging = self._staging = _Staging(deployment, time.monotonic())
        if ready is not None:
            self._swap(deployment, ready)
            return
        name = f"load {self._versions.name}@{deployment.primary}"
        threading.Thread(target=self._stage, args=(staging,), name=name, daemon=True).start()

    def _stage(self, staging: _Staging) -> None:
        _yield_to_others()
        try:
            model = self._open(staging.deployment.primary)
        except RegistryError as error:
            with self._lock:
                is_wanted = self._staging is staging
                self._staging = None if is_wanted else self._staging
            # The next check tries again; report the failure once for each deployment.
            if is_wanted and self._unfetched != staging.deployment.generation:
                self._unfetched = staging.deployment.generation
                self._listener.registry_failed(self._versions.name, error)
            return
        except Exception as error:
            self._give_up(staging, error)
            return
        if not self._swap(staging.deployment, LoadedVersion(model), staging):
            model.close()
            self._listener.unloaded(model)

    def _swap(self, deployment: Deployment, held: LoadedVersion, staging: _Staging | None = None) -> bool:
        """Let a version serve; return False if another version is wanted by now."""
        with self._lock:
            if self._stop.is_set() or self._staging is not staging:
                return False
            before, self._serving = self._serving, held
            self._seen = deployment
            self._staging = None
            evicted = self._shelf.put(before)
            # A rolled-back version stays loaded, as it may be promoted again, but it must not score any row; and what
            # changed an experiment does not say whether the version before was rolled back.
            is_rollback = deployment.action == "rollback"
            is_promotion = deployment.action == "promote"
            self._fallback = before.model.spec.version if is_promotion else deployment.previous
            is_missing = self._fallback is not None and self._shelf.peek(self._fallback) is None
        for each in evicted:
            self._shelf.close(each)
        if is_missing:
            self._fall_back_to(self._fallback)
        self._listener.swapped(held.model, before.model, deployment.generation, is_rollback=is_rollback)
        return True

    def _give_up_on_slow(self) -> None:
        staging = self._staging
        if staging is not None and time.monotonic() - staging.started_s > self._options.load_timeout_s:
            subject = f"model {self._versions.name}@{staging.deployment.primary}"
            problem = f"took longer than {self._options.load_timeout_s:g} s to load and pass"
            self._give_up(staging, ModelError(subject, problem, "make it smaller"))

    def _give_up(self, staging: _Staging, error: Exception) -> None:
        with self._lock:
            if self._staging is not staging:
                return
            self._staging = None
            self._seen = staging.deployment
        self._reject(staging.deployment, error)

    def _reject(self, deployment: Deployment, error: Exception) -> None:
        self._refused = deployment.chosen_in
        self._listener.rejected(self._versions.name, deployment.primary, deployment.chosen_in, error)
        self._versions.reject(deployment.primary, deployment.chosen_in, str(error))


def _yield_to_others() -> None:
    """Lower this thread's priority: loading takes a core for seconds, and batches must not wait for it."""
    if sys.platform == "linux":  # elsewhere a priority belongs to the whole process
        with suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), _NICE)
