"""A new job that begins as a copy of a shipped one, to be changed from there."""

from __future__ import annotations

import shutil
from itertools import islice
from pathlib import Path
from string import Template
from typing import TYPE_CHECKING

from conf.loading.loader import load_settings
from conf.loading.resolve import resolve_location
from conf.nearest import suggest
from gress.new_job.job_yaml import REGISTRY
from gress.new_job.new_job import NewJob, check_name
from gress.new_job.whole_folder import whole_folder
from jobs.catalogue import JOBS, SCORING, default_config, sample_input
from jobs.errors import refuse
from jobs.sources.contents import open_text
from jobs.sources.generated import generate

if TYPE_CHECKING:
    from conf.ml import MlSettings

MOST_EVENTS = 1_000
_PLACE = 'model_registry: {type: local, base_path: "package:models"}'
_OWN_PLACE = f"model_registry: {{base_path: {REGISTRY}}}"
_GENERATED = "generator:days=1"
_TEMPLATES = Path(__file__).parent / "templates"


def copy_job(wanted: NewJob, like: str) -> int:
    """Write a folder with the settings, the models and the first events of a shipped job; return the number of events.

    Args:
        wanted: name and folder; the features and the models keep the names that they have.
        like: name of a job that comes with a model.

    Raises:
        JobError: more than name and folder is wanted, there is no such job, it has no model of its own, or the folder
            is not free; nothing is written.
    """
    check_name(wanted.name)
    if wanted.sample or wanted.fields or any(wanted.parts.values()):
        expected = "neither --sample nor --field, --id, --key, --time or --label"
        refuse("--like", expected, "one of them", "a copy has the fields of its job; change job.yaml afterwards")
    # The README and the test run the code of that job, which the others do not have.
    known = [job for job, entry in JOBS.items() if entry.module == SCORING]
    if like not in known:
        refuse("--like", f"one of {', '.join(known)}", repr(like), suggest(like, known))
    text = default_config(like).read_text(encoding="utf-8").replace(_PLACE, _OWN_PLACE)
    text = text.replace(f"\n  name: {like}\n", f'\n  name: "{wanted.name}"\n')
    with whole_folder(wanted.output) as folder:
        (folder / "job.yaml").write_text(text, encoding="utf-8")
        _copy_models(load_settings(default_config(like), environ={}).ml, folder / REGISTRY)
        lines = _first_events(like, folder)
        (folder / "sample.jsonl").write_bytes(b"".join(lines))
        values = {"name": wanted.name, "like": like, "events": f"{len(lines):,}"}
        for file, template in (("test_job.py", "run_tests.template"), ("README.md", "copy_readme.template")):
            template_text = (_TEMPLATES / template).read_text(encoding="utf-8")
            (folder / file).write_text(Template(template_text).substitute(values), encoding="utf-8")
    return len(lines)


def _copy_models(ml: MlSettings, registry: Path) -> None:
    """Copy the versions that a job lists into a registry of its own."""
    shipped = Path(resolve_location(ml.model_registry.base_path))
    for model in ml.models:
        shutil.copytree(shipped / model.name / str(model.version), registry / model.name / str(model.version))


def _first_events(like: str, folder: Path) -> list[bytes]:
    sample = sample_input(like)
    path = sample or generate(_GENERATED, folder)
    with open_text(path) as file:
        lines = list(islice(file, MOST_EVENTS))
    if sample is None:
        path.unlink()
    return lines
