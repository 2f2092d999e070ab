"""The `gress` command: a module for each noun, and the modules that print."""

import sys

from gress.own_packages import check_own_packages

# Every module of the command imports our packages at its top, so report a package that hides them before that.
try:
    check_own_packages()
except ImportError as error:
    sys.stderr.write(f"{error}\n")
    raise SystemExit(2) from None
