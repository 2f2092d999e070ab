"""The lifecycle of a model in its registry: register, validate, promote, roll back, retire, copy; and its overview."""

from __future__ import annotations

from models.lifecycle.admission import Validation, validate
from models.lifecycle.overview import (
    GenerationSummary,
    ModelSummary,
    VersionDetails,
    VersionSummary,
    history,
    list_models,
    list_versions,
    show,
)
from models.lifecycle.promotion import promote, rollback
from models.lifecycle.pull import pull
from models.lifecycle.registration import register
from models.lifecycle.retirement import delete, retire

__all__ = [
    "GenerationSummary",
    "ModelSummary",
    "Validation",
    "VersionDetails",
    "VersionSummary",
    "delete",
    "history",
    "list_models",
    "list_versions",
    "promote",
    "pull",
    "register",
    "retire",
    "rollback",
    "show",
    "validate",
]
