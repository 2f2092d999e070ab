"""A model's life in its registry: registered, validated, promoted, rolled back, retired, copied; and what shows it."""

from __future__ import annotations

from models.lifecycle.deployment import promote, rollback
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
from models.lifecycle.pull import pull
from models.lifecycle.registration import register
from models.lifecycle.retirement import delete, retire
from models.lifecycle.validation import Validation, validate

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
