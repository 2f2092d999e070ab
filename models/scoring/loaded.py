"""A model ready to score."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.errors import ModelError, fail, refuse
from models.runtimes.options import RuntimeOptions
from models.scoring.event_fields import EventFields
from models.scoring.inputs import Inputs
from models.scoring.outputs import Scores, interpret
from models.scoring.raw_fields import RawReader, spread
from models.scoring.sample_rows import plain_feeds
from models.scoring.sessions import SESSIONS, Session, SessionPool
from models.scoring.signature import InputBinding, bind_inputs, check_signature
from models.spec import ModelSpec, TensorSpec


class LoadedModel:
    """A spec with its running session, the binding of features to inputs, and the size of its file.

    Attributes:
        warms_up: predict once before the first batch.
    """

    def __init__(self, spec: ModelSpec, session: Session, binding: InputBinding | None, *, size_bytes: int = 0) -> None:
        self.spec = spec
        self.size_bytes = size_bytes
        self.runtime = session.runtime
        self.warms_up = True
        self._session = session
        self._binding = binding
        self._places = _places(binding.columns if binding is not None else ())
        raw = binding.raw if binding is not None else ()
        self._raw = RawReader(spec.ref, tuple(tensor for tensor in self.runtime.inputs if tensor.name in raw))
        self.raw_fields = self._raw.names

    def predict_matrix(self, matrix: NDArray[Any]) -> Scores:
        """Score the rows of a float32 (n, k) feature matrix; values are not checked for NaN."""
        return self.predict(Inputs(matrix))

    def predict(self, inputs: Inputs) -> Scores:
        """Score rows of features and raw fields; a row that ``refused`` names has the score NaN.

        Raises:
            ModelError: the model fails, or a column is missing or of another type.
        """
        if not self.raw_fields:
            return self._run(inputs.matrix, {})
        raw, is_bad = self._raw.read(inputs)
        rows = np.flatnonzero(~is_bad)
        if len(rows) == len(inputs) > 0:
            return self._run(inputs.matrix, raw)
        return spread(self._run(inputs.matrix[rows], raw) if len(rows) else None, rows, len(inputs))

    def refused(self, inputs: Inputs) -> Mapping[int, str]:
        """Return why rows have no value that the model could take, by row; NaN in features is none of its business."""
        return self._raw.refused(inputs) if self.raw_fields else {}

    def warmup(self, n: int) -> Scores:
        """Score n made-up rows, so that the first event is not slow and wrong outputs are found before it.

        Raises:
            ModelError: the model fails, or its outputs do not fit its task.
        """
        try:
            outputs = self.runtime.predict(plain_feeds(self.spec, self.runtime, n))
        except ModelError as error:
            raise _with_hint(error, self.raw_fields) from None
        return interpret(outputs, self.spec, n)

    def close(self) -> None:
        """Release the session; other operators of the process may still use it."""
        self._session.close()

    def _run(self, matrix: NDArray[Any], raw: dict[str, NDArray[Any]]) -> Scores:
        binding = self._binding
        if binding is None:
            want = ", ".join(map(str, self.runtime.inputs))
            refuse(self.spec.ref, f"inputs {want}", "a matrix", "name its columns as feature_columns in model.json")
        if binding.matrix is not None:
            feeds = {binding.matrix: matrix, **raw}
        else:
            if binding.columns:
                self._check_width(matrix, len(binding.columns))
            feeds = {**{name: matrix[:, places] for name, places in self._places.items()}, **raw}
        with self._session.gate:
            outputs = self.runtime.predict(feeds)
        return interpret(outputs, self.spec, len(matrix))

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
    fields: EventFields | None = None,
    sessions: SessionPool = SESSIONS,
) -> LoadedModel:
    """Load a model after checks of its checksum, its file, and its inputs against its spec and the features, if given.

    Args:
        spec: spec from the registry or from spec_from_file.
        path: path of the artifact.
        options: threads and devices; default one thread on the CPU.
        feature_columns: columns of the matrix to score; None = those of the spec, unchecked.
        feature_set_hash: hash of the feature set with these columns; None = not compared.
        fields: fields of the job's events, which raw inputs take; None = unchecked.
        sessions: pool that shares the session.

    Raises:
        ModelError: a check fails; no session stays open.
    """
    session = sessions.acquire(spec, path, options or RuntimeOptions())
    try:
        binding = _bind(spec, session.runtime.inputs, feature_columns, feature_set_hash, fields)
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
    fields: EventFields | None,
) -> InputBinding | None:
    if inputs != spec.inputs:
        want, got = ", ".join(map(str, spec.inputs)), ", ".join(map(str, inputs))
        fail(spec.ref, f"has inputs {want} in model.json, {got} in its file", "publish it again")
    if columns is not None:
        return check_signature(spec, inputs, columns, feature_set_hash, fields)
    try:
        return bind_inputs(spec, inputs, spec.feature_columns)
    except ModelError:
        if spec.feature_columns is not None or spec.raw_inputs is not None:
            raise
        return None  # it can be looked at, and scores no matrix


def _with_hint(error: ModelError, raw_fields: Sequence[str]) -> ModelError:
    """Return an error that says what to do if a model cannot score made-up values of raw fields."""
    if not raw_fields or error.fix:
        return error
    names = ", ".join(raw_fields)
    fix = f"if it knows only some values of {names}, register it with rows of such: --features FILE or --golden FILE"
    return ModelError(error.subject, error.problem, fix)
