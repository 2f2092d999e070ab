"""Reader of Flink options in plain ``key: value`` lines.

Rule: YAML reads every accepted line in the same way, so one file serves our launcher and a cluster's config.yaml.
"""

from __future__ import annotations

import re
from pathlib import Path

from conf.errors import ConfigError, ConfigProblem

_LINE = re.compile(r"(?P<key>[A-Za-z][\w.-]*):[ ]+(?P<value>\S[^\t]*)")
_COMMENT = re.compile(r"(^| )#.*$")
# In YAML these starts give a value another meaning: quotes, lists, maps, references, tags, blocks, directives.
_SPECIAL_START = tuple("\"'[]{}&*!|>%@`,")


def read_flink_conf(path: Path) -> dict[str, str]:
    """Read the options of a file, in its order, with values as written.

    Raises:
        ConfigError: a line is neither an option nor a comment, or repeats a key.
    """
    options: dict[str, str] = {}
    for number, line in enumerate(_text(path).splitlines(), 1):
        text = _COMMENT.sub("", line).rstrip(" ")
        if not text:
            continue
        found = _LINE.fullmatch(text)
        if found is None or not _is_plain(found["value"]):
            raise _refused(path, number, ConfigProblem((), "`key: value` in plain text", repr(line)))
        if found["key"] in options:
            raise _refused(path, number, ConfigProblem((), "every key once", f"{found['key']} again", "remove one"))
        options[found["key"]] = found["value"]
    return options


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise ConfigError(str(path), [ConfigProblem((), "a readable file", error.strerror or str(error))]) from error
    except UnicodeDecodeError as error:
        raise ConfigError(str(path), [ConfigProblem((), "UTF-8 text", f"byte {error.start} is not")]) from error


def _is_plain(value: str) -> bool:
    is_list = value in ("-", "?") or value.startswith(("- ", "? "))
    return not (is_list or value.startswith(_SPECIAL_START) or ": " in value or value.endswith(":"))


def _refused(path: Path, number: int, problem: ConfigProblem) -> ConfigError:
    return ConfigError(f"{path}:{number}", [problem])
