"""Every command on a page is one that `gress` and the Makefile know, also where no test runs it."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.main import get_command

from gress.cli.main import app
from tests.support.pages import prose_of, read_blocks

REPOSITORY = Path(__file__).resolve().parents[2]
PAGES = (
    "README.md",
    "CONTRIBUTING.md",
    *(str(path.relative_to(REPOSITORY)) for path in sorted((REPOSITORY / "docs").rglob("*.md"))),
)
GRESS = get_command(app)
TARGETS = set(re.findall(r"^([a-z-]+):", (REPOSITORY / "Makefile").read_text("utf-8"), re.MULTILINE))

_INLINE = re.compile(r"`((?:gress|make) [a-z-][^`]*)`", re.DOTALL)
# Placeholders in prose.
_OPEN = {"...", "…", "[...]"}


def commands(page: str) -> Iterator[tuple[list[str], bool]]:
    """Yield the words of each command of a page, and whether it is whole: one in prose may be cut short."""
    for block in read_blocks(REPOSITORY / page):
        if block.language == "sh":
            for line in block.text.replace("\\\n", " ").splitlines():
                yield from ((words, True) for words in _split(line))
    for inline in _INLINE.findall(prose_of(REPOSITORY / page)):
        yield from ((words, False) for words in _split(inline))


def _split(line: str) -> Iterator[list[str]]:
    lexer = shlex.shlex(line, posix=True, punctuation_chars="|&;")
    lexer.whitespace_split, lexer.commenters = True, "#"
    words: list[str] = []
    for word in (*lexer, ";"):
        if set(word) <= set("|&;"):
            while words and re.fullmatch(r"\w+=.*", words[0]):
                words.pop(0)
            if words and words[0] in {"gress", "make"}:
                yield words
            words = []
        else:
            words.append(word)


def problem_of(words: list[str], *, is_whole: bool) -> str | None:
    """Return what is wrong with a command; None: nothing."""
    if words[0] == "make":
        unknown = [word for word in words[1:] if "=" not in word and not word.startswith("-") and word not in TARGETS]
        return f"no target {', '.join(unknown)}" if unknown else None
    command, context, rest = GRESS, GRESS.context_class(GRESS, info_name="gress"), words[1:]
    while rest and hasattr(command, "commands"):
        if rest[0] not in command.commands:
            return None if rest[0] in {"--help", *_OPEN} else f"no command {rest[0]}"
        command = command.commands[rest[0]]
        settings = command.context_settings
        context, rest = command.context_class(command, parent=context, info_name=rest[0], **settings), rest[1:]
    return _whole_problem(command, context, rest) if is_whole else _option_problem(command, rest)


def _option_problem(command: Any, words: list[str]) -> str | None:
    known = {option for parameter in command.params for option in (*parameter.opts, *parameter.secondary_opts)}
    options = [word.partition("=")[0] for word in words if re.match(r"--\w", word)]
    unknown = [option for option in options if option not in known | {"--help"}]
    return f"no option {', '.join(unknown)}" if unknown else None


def _whole_problem(command: Any, context: Any, words: list[str]) -> str | None:
    usage_error = context.fail.__globals__["UsageError"]
    try:
        given, left, _ = command.make_parser(context).parse_args(list(words))
    except usage_error as error:
        return str(error.format_message())
    missing = [each.name for each in command.params if each.required and given.get(each.name) in (None, (), [])]
    # Some commands hand what they do not know to a script of Flink.
    left = [] if context.allow_extra_args else left
    return f"left over {left}, missing {missing}" if left or missing else None


@pytest.mark.parametrize("page", PAGES)
def test_every_command_is_known_with_its_options(page: str) -> None:
    found = [(shlex.join(words), problem_of(words, is_whole=is_whole)) for words, is_whole in commands(page)]
    assert [(command, problem) for command, problem in found if problem] == []


def test_pages_have_commands() -> None:
    assert sum(len(list(commands(page))) for page in PAGES) > 40


@pytest.mark.parametrize(
    ("line", "text"),
    [
        ("gress rum fraud-detection", "no command rum"),
        ("gress models promot fraud 1", "no command promot"),
        ("gress run fraud-detection --ouput x", "No such option: --ouput"),
        ("gress run fraud-detection --output", "requires an argument"),
        ("gress run fraud-detection second", "left over"),
        ("gress models promote fraud --why x", "missing"),
        ("make tests", "no target tests"),
    ],
)
def test_a_wrong_command_is_found(line: str, text: str) -> None:
    assert text in (problem_of(line.split(), is_whole=True) or "")


def test_a_wrong_option_in_prose_is_found() -> None:
    problem = problem_of(["gress", "submit", "...", "--from-savepoints", "PATH"], is_whole=False)
    assert problem == "no option --from-savepoints"
