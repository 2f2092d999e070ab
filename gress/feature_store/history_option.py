"""Files of history as a command line names them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gress.feature_store.refuse_parquet import refuse_parquet
from jobs.errors import fail, refuse
from state.feature_store.group import Group
from udfs.feature_store.past.history_file import HistoryFile

if TYPE_CHECKING:
    from collections.abc import Iterable

_FORM = "ENTITY=FILE[,key=COLUMN][,time=COLUMN][,feature_set=NAME]"
_OPTIONS = ("key", "time", "feature_set")


def history_files(texts: Iterable[str]) -> tuple[HistoryFile, ...]:
    """Return the files that texts name; missing parts are read from the file, and the key is the entity's kind.

    Raises:
        JobError: a text is of another form, the file lacks a part that the text leaves out, or two name one table.
    """
    files: dict[Group, HistoryFile] = {}
    for file in map(_file, texts):
        group = Group(file.entity, file.feature_set)
        if group in files:
            table = f"{file.entity} with feature set {file.feature_set}"
            got = f"{files[group].path} and {file.path}"
            refuse("--history", f"one file of {table}", got, "write all rows into one")
        files[group] = file
    return tuple(files.values())


def _file(text: str) -> HistoryFile:
    entity, _, rest = text.partition("=")
    path, *others = rest.split(",")
    given = dict(each.partition("=")[::2] for each in others)
    if not entity or not path or not all(given.values()) or given.keys() - {*_OPTIONS}:
        refuse("--history", _FORM, repr(text))
    about = _about(path)
    time = given.get("time") or about.get("gress.time", "")
    feature_set = given.get("feature_set") or about.get("gress.feature_set_hash", "")
    for name, value in (("time", time), ("feature_set", feature_set)):
        if not value:
            refuse(path, f"a file of gress features export, which says its {name}", "another", f"add ,{name}=...")
    try:
        Group(entity, feature_set)
    except ValueError as error:
        fail(f"--history {text}", str(error), "give the names that the store has the rows under")
    return HistoryFile(path, entity, feature_set, given.get("key", entity), time)


def _about(path: str) -> dict[str, str]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        metadata = pq.read_schema(path).metadata or {}
    except (OSError, pa.ArrowInvalid) as error:
        refuse_parquet(path, error)
    return {key.decode(): value.decode() for key, value in metadata.items() if key.startswith(b"gress.")}
