"""The files of a job's settings, and the variables that they ask for."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from conf.loading.yaml_file import EXTENDS, found_file
from conf.yaml_text import safe_yaml
from gress.deploy_render.deployment import SettingsFile, Variable
from jobs.errors import refuse

# ConfigMaps take keys of no other letters.
_PATH = re.compile(r"[\w./-]+", re.ASCII)
# As the loader reads them: `$${` is a plain `${`.
_REFERENCE = re.compile(r"\$\$\{|\$\{(?P<name>[A-Za-z_][A-Za-z0-9_]*)(?P<default>:-)?")


def settings_files(path: Path) -> tuple[SettingsFile, ...]:
    """Return a settings file and those that it extends, in folders that lie to each other as they do here.

    A shipped file that is extended as ``conf/NAME.yaml`` is left out, as the image has it, too.

    Args:
        path: a file that `read_settings_file` has read.

    Raises:
        JobError: a file has a name that no ConfigMap could hold.
    """
    files = list(_chain(found_file(path).absolute()))
    root = os.path.commonpath([file.parent for file in files])
    found = {Path(os.path.relpath(file, root)).as_posix(): file for file in files}
    for path_below in found:
        if not _PATH.fullmatch(path_below):
            letters = "a path of letters, digits, '.', '_' and '-', as a ConfigMap takes it"
            refuse("the settings file", letters, repr(path_below), "rename it")
    return tuple(SettingsFile(path_below, file.read_text(encoding="utf-8")) for path_below, file in found.items())


def variables_of(files: Iterable[SettingsFile]) -> tuple[Variable, ...]:
    r"""Return the variables that files refer to, by name; one that has a default wherever it stands is optional.

    Comments count for nothing.

    >>> text = "a: ${TOKEN}\nb: ${HOST:-localhost} # ${OLD}\nc: $${plain}\n"
    >>> [(each.name, each.is_optional) for each in variables_of([SettingsFile("job.yaml", text)])]
    [('HOST', True), ('TOKEN', False)]
    """
    found: dict[str, bool] = {}
    for file in files:
        for text in _texts(safe_yaml().load(file.text)):
            for match in filter(lambda each: each["name"], _REFERENCE.finditer(text)):
                found[match["name"]] = found.get(match["name"], True) and match["default"] is not None
    return tuple(Variable(name, found[name]) for name in sorted(found))


def _chain(path: Path) -> Iterator[Path]:
    yield path
    tree = safe_yaml().load(path.read_text(encoding="utf-8"))
    name = tree.get(EXTENDS)
    if name is None:
        return
    own = path.parent / name
    if found_file(Path(name), path.parent) == own:
        yield from _chain(Path(os.path.normpath(own)))


def _texts(node: object) -> Iterator[str]:
    if isinstance(node, str):
        yield node
    elif isinstance(node, dict):
        for value in node.values():
            yield from _texts(value)
    elif isinstance(node, list):
        for value in node:
            yield from _texts(value)
