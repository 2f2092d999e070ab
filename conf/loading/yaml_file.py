"""Reader of a settings file: YAML 1.2, one document, no key twice; it may extend another file."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ruamel.yaml.composer import ComposerError
from ruamel.yaml.constructor import ConstructorError
from ruamel.yaml.error import YAMLError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode
from ruamel.yaml.parser import ParserError
from ruamel.yaml.scanner import ScannerError

from conf.errors import ConfigError, ConfigProblem, KeyPath
from conf.loading.masking import described
from conf.loading.raw import RawSettings, unshared
from conf.yaml_text import check_size, mark_of, safe_yaml

EXTENDS = "extends"
"""Key of a settings file that names the file it extends."""

_FAULTS: dict[type[YAMLError], str] = {
    ScannerError: "a character or an indentation that cannot be there",
    ParserError: "an unfinished or misplaced entry",
    ComposerError: "an undefined alias or a second document",
    ConstructorError: "a tag, which settings do not have",
}


def read_settings_file(path: Path) -> RawSettings:
    """Read the untyped content of ``path`` and of the file that it extends.

    ``extends: FILE`` at the top names a file relative to that of ``path``, or a shipped one, ``conf/NAME.yaml``:
    mappings of both are merged, and any other value of ``path`` takes the place of the value that it extends. A null
    in the place of a mapping takes the whole mapping away, so that its defaults count.

    Raises:
        ConfigError: a file cannot be read, is not one YAML mapping, has a key twice, or extends itself.
    """
    return _read(path, ())


def found_file(path: Path, folder: Path = Path()) -> Path:
    """Return a file in a folder; ``conf/NAME.yaml`` is the shipped one where the folder has none of that name."""
    own, shipped = folder / path, Path(__file__).resolve().parents[2] / path
    return shipped if path.parts[:1] == ("conf",) and not own.exists() and shipped.is_file() else own


def _read(path: Path, below: tuple[Path, ...]) -> RawSettings:
    """Read a file that is extended by those below it."""
    tree = _parse(_read_text(path), str(path))
    if not isinstance(tree, dict):
        got = "an empty file" if tree is None else described(tree) if isinstance(tree, list) else "a scalar"
        raise ConfigError(str(path), [ConfigProblem((), "a mapping with ml:, job: or execution:", got)])
    if EXTENDS not in tree:
        return RawSettings(tree)
    name = tree.pop(EXTENDS)
    if not isinstance(name, str):
        raise ConfigError(str(path), [ConfigProblem((EXTENDS,), "the path of a YAML file", described(name))])
    extended = found_file(Path(name), path.parent)
    seen = (*below, path.resolve())
    if extended.resolve() in seen:
        raise ConfigError(str(path), [ConfigProblem((EXTENDS,), "another file", "one that extends this one")])
    return _merged(_read(extended, seen), tree, name)


def _merged(base: RawSettings, tree: dict[str, Any], name: str) -> RawSettings:
    """Return settings that a tree changes, with the name of the file of those that it leaves."""
    extended: dict[KeyPath, str] = {}

    def merge(below: Any, above: Any, path: KeyPath) -> Any:
        if not (isinstance(below, dict) and isinstance(above, dict)):
            return above
        for key in below.keys() - above.keys():
            extended[(*path, key)] = base.extended.get((*path, key), name)
        removed = {key for key, value in above.items() if value is None and isinstance(below.get(key), dict)}
        common = {key: merge(below[key], above[key], (*path, key)) for key in below.keys() & above.keys()}
        merged = {**below, **above, **common}
        return {key: value for key, value in merged.items() if key not in removed}

    return RawSettings(merge(base.tree, tree, ()), extended=extended)


def _read_text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        problem = ConfigProblem((), "a YAML file in UTF-8", "bytes that are not")
    except OSError as error:
        problem = ConfigProblem((), "a readable YAML file", (error.strerror or "an error").lower())
    raise ConfigError(str(path), [problem])


def _parse(text: str, origin: str) -> Any:
    try:
        node = safe_yaml().compose(text)
        check_size(node)
        repeated = list(_repeated_keys(node)) if node is not None else []
        if repeated:
            raise ConfigError(origin, repeated)
        return unshared(safe_yaml().load(text))
    except YAMLError as error:
        # The library's own text quotes the file, which may hold secrets.
        where = mark_of(error)
        got = next((text for kind, text in _FAULTS.items() if isinstance(error, kind)), "a syntax error")
        problem = ConfigProblem((where,) if where else (), "valid YAML", got)
    except ValueError as error:
        if isinstance(error, ConfigError):
            raise
        problem = ConfigProblem((), "valid YAML", "a scalar that its type cannot hold")
    except RecursionError:
        got = "an alias that contains itself, too deep a nesting, or aliases that stand for too many values"
        problem = ConfigProblem((), "YAML of bounded depth and size", got)
    raise ConfigError(origin, [problem])


def _repeated_keys(node: Node, path: KeyPath = ()) -> Iterator[ConfigProblem]:
    if isinstance(node, MappingNode):
        first_lines: dict[str, int] = {}
        for key_node, value_node in node.value:
            key = key_node.value if isinstance(key_node, ScalarNode) else "?"
            line = key_node.start_mark.line + 1
            if key in first_lines:
                yield ConfigProblem((*path, key), "each key once", f"it on lines {first_lines[key]} and {line}")
            first_lines.setdefault(key, line)
            yield from _repeated_keys(value_node, (*path, key))
    elif isinstance(node, SequenceNode):
        for index, item in enumerate(node.value):
            yield from _repeated_keys(item, (*path, index))
