"""Publication of a learnt model as a version in the registry, which may be repeated without harm."""

from __future__ import annotations

import datetime as dt
import hashlib
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from models.errors import ModelError
from models.inspect import spec_from_file
from models.learned.golden import golden_of
from models.learned.learned_model import spec_fields
from models.learned.learned_version import LearnedVersion
from models.learned.onnx_graph import onnx_bytes
from models.lifecycle.proof import BaselineOf, prove
from models.spec import ModelSpec, check_name
from models.version import Version

if TYPE_CHECKING:
    from models.registry import Registry

_FILE = "model.onnx"


class TakenError(ModelError):
    """A version that is there with another file."""


@dataclass(frozen=True)
class Publication:
    """A version that holds a learnt model.

    Attributes:
        spec: its spec; the version may be of another series than requested, where the model existed already.
        is_new: whether this call wrote it.
    """

    spec: ModelSpec
    is_new: bool


def publish_learned(
    registry: Registry,
    name: str,
    version: str,
    learned: LearnedVersion,
    *,
    created_at: dt.datetime,
    rows: NDArray[np.float32] | None = None,
    baseline: BaselineOf | None = None,
) -> Publication:
    """Run a learnt model and publish it; a model that is there is returned, and nothing is written.

    It is there if the version has the same file; or if a version of the same slot in another series has the same file,
    learnt from the same rows: then the job lost its state before its first checkpoint and began anew. What fails midway
    leaves no version, and may be repeated.

    Args:
        registry: registry to publish to.
        name: name of the model.
        version: version, of a series and a slot.
        learned: the model, and its source.
        created_at: time of the publication.
        rows: rows (n, k) whose predictions become the golden rows; None = rows that the model knows of.
        baseline: function that makes the drift baseline of the loaded model; None = no baseline.

    Raises:
        ModelError: the version is there with another file, or the file does not give the learner's predictions.
        RegistryError: the store does not answer.
    """
    content = onnx_bytes(learned.model)
    wanted, digest = Version.parse(version), hashlib.sha256(content).hexdigest()
    there = _published(registry, check_name(name), wanted, learned, digest)
    if there is not None:
        return Publication(there, is_new=False)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / _FILE
        file.write_bytes(content)
        spec = spec_from_file(
            file,
            name,
            str(wanted),
            **spec_fields(learned.model),
            feature_set=learned.feature_set,
            feature_set_hash=learned.feature_set_hash,
            metrics=learned.known_scores,
            lineage=learned.lineage,
            description=f"Learnt by job {learned.lineage.job}",
            created_at=created_at,
        )
        spec = prove(spec, file, golden_of(learned.model, rows), baseline)
        return _put(registry, spec, file, learned)


def _put(registry: Registry, spec: ModelSpec, file: Path, learned: LearnedVersion) -> Publication:
    """Publish a version; one that is there in spite of an error counts if it holds the same file.

    Another writer may have been first, or the store may have written and failed to say so.
    """
    try:
        return Publication(registry.publish(spec, file), is_new=True)
    except ModelError:
        wanted = Version.parse(spec.version)
        if wanted not in registry.versions(spec.name):
            raise
        there = _published(registry, spec.name, wanted, learned, spec.sha256)
        if there is None:
            raise
        return Publication(there, is_new=False)


def _published(
    registry: Registry, name: str, wanted: Version, learned: LearnedVersion, digest: str
) -> ModelSpec | None:
    """Return the spec of the version that holds a model already; None: there is none.

    Raises:
        ModelError: the wanted version holds another file.
    """
    there = registry.versions(name)
    if wanted in there:
        spec = registry.spec(name, str(wanted))
        if spec.sha256 == digest:
            return spec
        raise TakenError(
            spec.ref,
            f"is in {registry.url} with another file: expected sha256 {digest}, got {spec.sha256}",
            "two jobs learn this model, or one began anew: give each a model name, or begin a new series",
        )
    # The slot follows from event time, so the same model was published for the same slot.
    for version in (each for each in there if each.release[2] == wanted.release[2] and not each.pre):
        spec = registry.spec(name, str(version))
        if spec.sha256 == digest and learned.lineage.is_of_same_rows(spec.lineage):
            return spec
    return None
