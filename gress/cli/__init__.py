"""The `gress` command: one module a noun, and what they print with."""

import sys

from gress.own_packages import check_own_packages

# Every module of the command imports our packages at its top: what hides them is said before that, in one line.
try:
    check_own_packages()
except ImportError as error:
    sys.stderr.write(f"{error}\n")
    raise SystemExit(2) from None
