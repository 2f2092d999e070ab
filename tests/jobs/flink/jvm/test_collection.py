from __future__ import annotations

import gc
import threading

import pytest

from jobs.flink.jvm import collection
from jobs.flink.jvm.collection import begin_to_load_functions, planning


def test_no_thread_collects_garbage_while_functions_are_loaded_or_a_job_is_planned(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    may_end = threading.Event()
    monkeypatch.setattr(collection, "import_module", lambda name: may_end.wait(60))
    assert gc.isenabled()
    begin_to_load_functions()
    assert not gc.isenabled()
    with planning():
        may_end.set()
        for thread in threading.enumerate():
            if thread.name == "functions":
                thread.join(60)
        assert not gc.isenabled()
        with planning():
            pass
        assert not gc.isenabled()
    assert gc.isenabled()


def test_collection_that_a_caller_has_switched_off_stays_off() -> None:
    gc.disable()
    try:
        with planning():
            pass
        assert not gc.isenabled()
    finally:
        gc.enable()
