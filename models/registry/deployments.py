"""Deployments of a model: numbered generations that only ever grow; the highest says which version serves."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Literal

from models.errors import ModelError, fail
from models.registry.deployment import Deployment, next_deployment
from models.registry.documents import read_document
from models.registry.errors import RegistryError
from models.registry.experiment_state import ExperimentState, check_weights
from models.registry.ignored import say_ignored
from models.registry.store import ObjectStore
from models.version import Version

_ATTEMPTS = 100


class _OvertakenError(Exception):
    """Somebody else changed the experiment, or chose a primary, first."""


class Deployments:
    """The generations of one model: ``<model>/deployments/<n>.json``, each written once.

    If two writers race, one gets the number and the other takes the next one. No deployment is lost, and the list of
    files is the history. A damaged file keeps its number, and is ignored where another one can be read.

    Args:
        store: store of the registry.
        name: name of the model.
        may_serve: function that says whether the primary of an earlier generation may serve again; default: each may.
    """

    def __init__(
        self, store: ObjectStore, name: str, may_serve: Callable[[str, int], bool] = lambda version, generation: True
    ) -> None:
        self._store = store
        self._name = name
        self._may_serve = may_serve

    def latest(self) -> Deployment | None:
        """Return the highest generation that can be read; None: nothing was ever promoted.

        Raises:
            ModelError: there are generations, and none can be read.
        """
        numbers = self._numbers()
        found = self._highest(numbers)
        return self._read(numbers[-1]) if found is None and numbers else found

    def after(self, generation: int) -> Deployment | None:
        """Return the highest generation above the given one that can be read; None: there is none.

        If nothing changed, this costs one small read.
        """
        return self._walk(generation)[0]

    def history(self) -> tuple[Deployment, ...]:
        """Return all generations that can be read, lowest first."""
        return tuple(self._readable(self._numbers()))

    def newest_first(self) -> Iterator[Deployment]:
        """Yield the generations, highest first, each read only when it is needed: there may be very many."""
        return self._readable(reversed(self._numbers()))

    def promote(self, version: str, *, by: str = "", why: str = "", experiment: str | None = None) -> Deployment:
        """Make a version the primary in a new generation; the caller has checked that the version exists.

        Raises:
            ModelError: ``version`` is not a valid version.
        """
        primary = str(Version.parse(version))

        def following(latest: Deployment | None) -> Deployment:
            previous = self._previous(latest, primary)
            return next_deployment(latest, "promote", primary, previous, by=by, why=why, experiment=experiment)

        return self._append(following)

    def promote_over(self, version: str, chosen_in: int, *, by: str = "", why: str = "") -> Deployment | None:
        """Make a version the primary, unless another primary was chosen after generation ``chosen_in``.

        Args:
            version: version to promote; the caller has checked that it exists.
            chosen_in: the generation that chose the primary which the caller means to replace; 0: there was none.
            by: person or job that acts; "" is user@host.
            why: free text.

        Returns:
            The new generation; None: another primary was chosen meanwhile, and nothing was written.
        """
        primary = str(Version.parse(version))

        def following(latest: Deployment | None) -> Deployment:
            if (latest.chosen_in if latest is not None else 0) != chosen_in:
                raise _OvertakenError
            return next_deployment(latest, "promote", primary, self._previous(latest, primary), by=by, why=why)

        try:
            return self._append(following)
        except _OvertakenError:
            return None

    def set_experiment(
        self,
        name: str,
        state: ExperimentState,
        *,
        action: Literal["advance", "end"],
        by: str = "",
        why: str = "",
        expected_generation: int | None = None,
        primary: str | None = None,
    ) -> Deployment | None:
        """Change the state of an experiment in a new generation.

        Args:
            name: name of the experiment.
            state: its new state.
            action: ``advance`` its weights, or ``end`` it.
            by: person or job that acts; "" is user@host.
            why: free text.
            expected_generation: the generation that the change was decided on, 0 before the first one; None: whichever
                is the latest.
            primary: version to promote in the same generation, whose action then is ``promote``; the caller has checked
                that it exists. None: the primary and what a rollback returns to stay.

        Returns:
            The new generation; None: since ``expected_generation`` somebody else changed the experiment, and nothing
            was written. So of several who act on the same generation exactly one does.

        Raises:
            ModelError: the weights do not sum to 100, there is no such generation, or the model was never promoted and
                ``primary`` is None.
        """
        check_weights(f"experiment {name} of model {self._name}", state)
        promoted = None if primary is None else str(Version.parse(primary))
        expected = None if expected_generation is None else self._state_at(name, expected_generation)

        def following(latest: Deployment | None) -> Deployment:
            now = latest.experiments.get(name) if latest is not None else None
            if expected_generation is not None and now != expected:
                raise _OvertakenError
            if promoted is not None:
                version, previous = promoted, self._previous(latest, promoted)
            elif latest is not None:
                version, previous = latest.primary, latest.previous
            else:
                fail(f"experiment {name}", f"cannot change: model {self._name} was never promoted", "promote a version")
            done = action if promoted is None else "promote"
            return next_deployment(latest, done, version, previous, by=by, why=why, experiment=name, state=state)

        try:
            return self._append(following)
        except _OvertakenError:
            return None

    def rollback(self, *, by: str = "", why: str = "") -> Deployment:
        """Make the previous version the primary again; two rollbacks go back two versions.

        Rejected, retired and removed versions are skipped.

        Raises:
            ModelError: there is no version to return to.
        """

        def following(latest: Deployment | None) -> Deployment:
            if latest is None:
                never = "it was never promoted"
                raise self._no_way_back(never)
            before = self._before(latest)
            while before is not None and not self._may_serve(before.primary, before.chosen_in):
                before = self._before(before)
            if before is None:
                none = f"no version that may serve was the primary before {latest.primary}"
                raise self._no_way_back(none)
            return next_deployment(latest, "rollback", before.primary, before.previous, by=by, why=why)

        return self._append(following)

    def _previous(self, latest: Deployment | None, primary: str) -> str | None:
        """Return the version that a rollback returns to once ``primary`` is promoted."""
        if latest is None:
            return None
        # A rollback must not return to a version that never came to serve.
        is_kept = latest.primary == primary or not self._may_serve(latest.primary, latest.chosen_in)
        return latest.previous if is_kept else latest.primary

    def _state_at(self, name: str, generation: int) -> ExperimentState | None:
        if generation == 0:
            return None
        found = self._read(generation)
        if found is None:
            fail(f"model {self._name}", f"has no generation {generation}", "name one of its history")
        return found.experiments.get(name)

    def _before(self, deployment: Deployment) -> Deployment | None:
        """Return the last earlier deployment of the version that ``deployment`` calls its previous one."""
        earlier = self._readable(range(deployment.generation - 1, 0, -1))
        return next((found for found in earlier if found.primary == deployment.previous), None)

    def _no_way_back(self, state: str) -> ModelError:
        return ModelError(f"model {self._name}", f"cannot be rolled back: {state}", "promote a version")

    def _append(self, following: Callable[[Deployment | None], Deployment]) -> Deployment:
        numbers = self._numbers()
        latest, last = self._highest(numbers), numbers[-1] if numbers else 0
        for _ in range(_ATTEMPTS):
            # A damaged generation keeps its number.
            deployment = following(latest).model_copy(update={"generation": last + 1})
            content = json.dumps(deployment.model_dump(mode="json"), sort_keys=True, indent=2) + "\n"
            path = self._path(deployment.generation)
            # A store may write, fail to say so and refuse the retry: a file with our content is ours.
            if self._store.create(path, content.encode()) or self._store.read(path) == content.encode():
                return deployment
            later, last = self._walk(last)
            latest = later or latest
        fail(f"model {self._name}", f"got no generation in {_ATTEMPTS} attempts", "others write to it without end")

    def _numbers(self) -> list[int]:
        names = (path.rpartition("/")[2].removesuffix(".json") for path in self._store.files(self._prefix))
        return sorted(int(name) for name in names if name.isdecimal())

    def _highest(self, numbers: Sequence[int]) -> Deployment | None:
        return next(self._readable(reversed(numbers)), None)

    def _readable(self, numbers: Iterable[int]) -> Iterator[Deployment]:
        read = map(self._look, numbers)
        return (found for found in read if isinstance(found, Deployment))

    def _walk(self, generation: int) -> tuple[Deployment | None, int]:
        """Return the highest generation from the next one on that can be read, and the last number without a gap."""
        found = None
        while (later := self._look(generation + 1)) is not None:
            found = later if isinstance(later, Deployment) else found
            generation += 1
        return found, generation

    def _look(self, number: int) -> Deployment | ModelError | None:
        """Return a generation, or why it is ignored; None: there is none."""
        try:
            return self._read(number)
        except RegistryError:
            raise
        except ModelError as error:
            say_ignored(f"{error.subject} {error.problem}")
            return error

    def _read(self, number: int) -> Deployment | None:
        path = self._path(number)
        found = read_document(self._store, path, Deployment, what_to_do="promote again")
        if found is not None and found.generation != number:
            fail(f"deployment {self._store.url}/{path}", f"is a copy of generation {found.generation}", "promote again")
        return found

    @property
    def _prefix(self) -> str:
        return f"{self._name}/deployments"

    def _path(self, number: int) -> str:
        return f"{self._prefix}/{number}.json"
