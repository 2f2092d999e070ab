"""A model ready to score."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from models.errors import ModelError, fail, refuse
from models.runtimes.options import RuntimeOptions
from models.scoring.outputs import Scores, interpret
from models.scoring.sessions import SESSIONS, Session, SessionPool
from models.scoring.signature import InputBinding, bind_inputs, check_signature
from models.spec import ModelSpec, TensorSpec


class LoadedModel:
    """A spec with its running session, the binding of features to inputs, and the size of its file.

    Attributes:
        warms_up: predict once before the first batch.
    """

    def __init__(
        self, spec: ModelSpec, session: Session, binding: InputBinding | None, *, size_bytes: int = 0
    ) -> None:
        self.spec = spec
        self.size_bytes = size_bytes
        self.runtime = session.runtime
        self.warms_up = True
        self._session = session
        self._binding = binding
        self._places = _places(binding.columns if binding is not None else ())

    def predict_matrix(self, matrix: NDArray[Any]) -> Scores:
        """Score the rows of a float32 (n, k) feature matrix; values are not checked for NaN."""
        binding = self._binding
        if binding is None:
            want = ", ".join(map(str, self.runtime.inputs))
            refuse(self.spec.ref, f"inputs {want}", "a matrix", "name its columns; encode text as features")
        if binding.matrix is not None:
            feeds = {binding.matrix: matrix}
        else:
            self._check_width(matrix, len(binding.columns))
            feeds = {name: matrix[:, places] for name, places in self._places.items()}
        with self._session.gate:
            outputs = self.runtime.predict(feeds)
        return interpret(outputs, self.spec, len(matrix))

    def warmup(self, n: int) -> None:
        """Score n rows of zeros, so that the first event is not slow and wrong outputs are found before it.

        Raises:
            ModelError: the model fails, or its outputs do not fit its task.
        """
        width = len(self.spec.feature_columns or ()) or 1
        interpret(self.runtime.predict(self.runtime.zeros(n, width)), self.spec, n)

    def close(self) -> None:
        """Release the session; other operators of the process may still use it."""
        self._session.close()

    def _check_width(self, matrix: NDArray[Any], width: int) -> None:
        if matrix.ndim != 2 or matrix.shape[1] != width:
            refuse(self.spec.ref, f"a matrix (n, {width})", matrix.shape)


def load_model(
    spec: ModelSpec,
    path: Path,
    options: RuntimeOptions | None = None,
    *,
    feature_columns: Sequence[str] | None = None,
    feature_set_hash: str | None = None,
    sessions: SessionPool = SESSIONS,
) -> LoadedModel:
    """Load a model after checks of its checksum, its file, and its inputs against its spec and the features, if given.

    Args:
        spec: spec from the registry or from spec_from_file.
        path: path of the artifact.
        options: threads and devices; default one thread on the CPU.
        feature_columns: columns of the matrix to score; None = those of the spec, unchecked.
        feature_set_hash: hash of the feature set with these columns; None = not compared.
        sessions: pool that shares the session.

    Raises:
        ModelError: a check fails; no session stays open.
    """
    session = sessions.acquire(spec, path, options or RuntimeOptions())
    try:
        binding = _bind(spec, session.runtime.inputs, feature_columns, feature_set_hash)
        return LoadedModel(spec, session, binding, size_bytes=path.stat().st_size)
    except BaseException:
        session.close()
        raise


def _places(columns: Sequence[str]) -> dict[str, int | list[int]]:
    """Return the places of each input's columns; one place stands alone, which spares the copy."""
    found: dict[str, list[int]] = {}
    for i, name in enumerate(columns):
        found.setdefault(name, []).append(i)
    return {name: places[0] if len(places) == 1 else places for name, places in found.items()}


def _bind(
    spec: ModelSpec,
    inputs: tuple[TensorSpec, ...],
    columns: Sequence[str] | None,
    feature_set_hash: str | None,
) -> InputBinding | None:
    if inputs != spec.inputs:
        want, got = ", ".join(map(str, spec.inputs)), ", ".join(map(str, inputs))
        fail(spec.ref, f"has inputs {want} in model.json, {got} in its file", "publish it again")
    if columns is not None:
        return check_signature(spec, inputs, columns, feature_set_hash)
    try:
        return bind_inputs(spec, inputs, spec.feature_columns)
    except ModelError:
        if spec.feature_columns is not None and not any(tensor.dtype == "string" for tensor in inputs):
            raise
        return None  # it can be looked at, and scores no matrix
