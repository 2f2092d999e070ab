"""Output of Flink's SQL client with short errors: a traceback of a worker is left out, and its last line stays."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from jobs.flink.root_cause import without_own_class

_ERROR = "[ERROR] Could not execute SQL statement."
_END = "\x1b[0m"
_LAST = "Shutting down the session..."
_TRACEBACK = "Traceback (most recent call last):"


class ClientOutput:
    r"""Lines of a client that reads statements from a file.

    Attributes:
        code: 1 after an error, else 0.

    Example:
        >>> output = ClientOutput()
        >>> said = ["[ERROR] Could not execute SQL statement. Reason:", "a.B: Traceback (most recent call last):",
        ...         "  File ...", "models.errors.ModelError: model 'a' has no version\x1b[0m", "done."]
        >>> print(*output.lines(said), sep="\n")
        [ERROR] Could not execute SQL statement. Reason: model 'a' has no version
        done.
        >>> output.code
        1
    """

    def __init__(self) -> None:
        self.code = 0

    def lines(self, said: Iterable[str]) -> Iterator[str]:
        """Yield the lines of a client, as they come and without their ends."""
        error: list[str] = []
        for each in said:
            line = each.rstrip("\n")
            if _ERROR in line:
                self.code = 1
                error.append(line)
            elif error and line != _LAST:
                error.append(line)
            else:
                # Without colours an error has no mark at its end.
                yield from (*short_error(error), line)
                error = []
                continue
            if line.endswith(_END):
                yield from short_error(error)
                error = []
        yield from short_error(error)


def short_error(lines: Sequence[str]) -> list[str]:
    """Return the lines of an error without the traceback of a worker; one without a traceback stays as it is."""
    traced = [place for place, line in enumerate(lines) if line.endswith(_TRACEBACK)]
    if not traced:
        return list(lines)
    rest = [line for line in lines[traced[-1] + 1 :] if not line.startswith(" ")]
    first = without_own_class(rest[0]).removesuffix(_END) if rest else ""
    begin = lines[0].replace("\x1b[31;1m", "")
    return [f"{begin} {first}", *(line.removesuffix(_END) for line in rest[1:])]
