"""Tags and descriptions of the versions that scored a run."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace

from conf.settings import MlSettings
from jobs.run_folder.model_versions import named_version
from jobs.run_folder.summary import Summary
from models.errors import ModelError
from udfs.scoring.listed_models import spec_of_version


def with_texts_of_versions(summary: Summary, ml: MlSettings) -> Summary:
    """Return a summary with the texts of settings and registry about the versions in it."""
    if summary.model is None:
        return summary
    about = {}
    for name in summary.versions:
        # The rows are written: a store that no longer answers only costs the text.
        with suppress(ModelError):
            spec = spec_of_version(ml, *named_version(summary.model, name))
            about[name] = "; ".join(filter(None, (", ".join(spec.tags), spec.description)))
    return replace(summary, about={version: text for version, text in about.items() if text})
