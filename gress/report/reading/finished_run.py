"""Reader of the summary of a finished run."""

from __future__ import annotations

import json
from dataclasses import fields
from pathlib import Path

from jobs.errors import refuse
from jobs.run_folder.summary import FILE, Summary


def read_summary(folder: Path) -> Summary:
    """Return the summary that a run wrote beside its rows.

    Raises:
        JobError: there is no folder, no finished run in it, or no valid summary.
    """
    subject = f"run {folder}"
    if not folder.is_dir():
        refuse(subject, "the folder of a run", "none", "name the --output of a `gress run`")
    path = folder / FILE
    if not path.is_file():
        refuse(
            subject,
            "a finished run with a summary.json",
            "a folder without one",
            "name the --output of a `gress run` that came to its end",
        )
    try:
        figures = json.loads(path.read_text(encoding="utf-8"))
        known = {field.name for field in fields(Summary)}
        return Summary(**{name: value for name, value in figures.items() if name in known})
    except (AttributeError, TypeError, ValueError) as error:
        refuse(str(path), "the figures of a run", f"what cannot be read ({error})", "run the job again")
