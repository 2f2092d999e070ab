import os
import subprocess
import sys
import textwrap

import pytest

from udfs.background import NICENESS

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="priorities of threads are Linux's")

SHARED = """
    import os, threading
    from udfs.background import InBackground, lower_priority

    def niceness():
        return sorted(os.getpriority(os.PRIO_PROCESS, int(each)) for each in os.listdir("/proc/self/task"))

    started, done = threading.Event(), threading.Event()
    def wait():
        started.set()
        done.wait()
    threading.Thread(target=wait, daemon=True).start()
    started.wait()
"""


def printed(program: str) -> str:
    """Run a program in a process of its own, as nobody can raise a priority again."""
    command = [sys.executable, "-c", textwrap.dedent(SHARED) + textwrap.dedent(program)]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


def test_all_threads_and_those_that_follow_get_the_priority() -> None:
    program = """
        lower_priority()
        later = threading.Thread(target=done.wait, daemon=True)
        later.start()
        print(len(niceness()) >= 3, *set(niceness()))
    """
    assert printed(program) == f"True {max(NICENESS, os.getpriority(os.PRIO_PROCESS, 0))}"


def test_lower_priority_stays() -> None:
    assert printed("os.nice(19); lower_priority(); print(niceness()[-1])") == "19"


def test_priority_is_lower_when_the_function_opens() -> None:
    program = """
        class Function:
            inputs = (("a", "BIGINT"),)
            outputs = (("b", "BIGINT"),)
            def open(self): print("open", niceness()[0])
            def run(self, columns): return {"b": columns["a"]}
            def close(self): print("closed")

        function = InBackground(Function())
        print(function.inputs, function.outputs, niceness()[0])
        function.open()
        print(function.run({"a": [1]}))
        function.close()
    """
    before = os.getpriority(os.PRIO_PROCESS, 0)
    assert printed(program).splitlines() == [
        f"(('a', 'BIGINT'),) (('b', 'BIGINT'),) {before}",
        f"open {max(NICENESS, before)}",
        "{'b': [1]}",
        "closed",
    ]
