"""Resolution of a path of the settings on this machine.

Rule: settings keep paths as they are written, because a worker's folders are not the client's; the process that
opens a path resolves it. Relative paths count from the current directory, not from the YAML file.
"""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path, PurePosixPath

from conf.errors import ConfigError, ConfigProblem, KeyPath

_PACKAGE = "package:"
_ORIGIN = "settings"
_EXPECTED = "package:NAME or package:NAME/sub/folder of an installed package"


def resolve_location(text: str, *, setting: KeyPath = ("path",)) -> str:
    """Return the absolute path of ``package:NAME[/sub]`` and of folders; return URLs unchanged.

    The package is found, not imported.

    Args:
        text: the location as written.
        setting: key path of the location, for the error.

    Raises:
        ConfigError: the package is not installed, or the path leads out of it.
    """
    if text.startswith(_PACKAGE):
        return str(_package_folder(text.removeprefix(_PACKAGE), setting))
    return text if "://" in text else str(Path(text).absolute())


def _package_folder(name_and_sub: str, setting: KeyPath) -> Path:
    name, *sub = PurePosixPath(name_and_sub).parts or ("",)
    # A dotted name would import its parent, and an absolute one is no package.
    if not name.isidentifier() or ".." in sub:
        raise ConfigError(_ORIGIN, [ConfigProblem(setting, _EXPECTED, repr(_PACKAGE + name_and_sub))])
    spec = find_spec(name)
    folders = [Path(folder) for folder in (spec and spec.submodule_search_locations) or []]
    folder = next((folder for folder in folders if folder.is_dir()), None)
    if folder is None:
        hint = f"install the package {name}, or put its folder on PYTHONPATH"
        raise ConfigError(_ORIGIN, [ConfigProblem(setting, _EXPECTED, f"no installed package {name!r}", hint)])
    return folder.joinpath(*sub)
