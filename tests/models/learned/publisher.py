"""A process that publishes a learnt model and dies on the way: ``publisher.py SETTINGS WRITES``.

It kills itself in place of the write after that many.
"""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[3]))

from conf.model_registry import ModelRegistrySettings
from models.learned.publish import publish_learned
from models.registry import open_registry
from tests.models.learned.samples import NOW, learned

if __name__ == "__main__":
    settings, writes = sys.argv[1:]
    registry = open_registry(ModelRegistrySettings.model_validate_json(settings))
    create, left = registry.store.create, [int(writes)]

    def dying(path: str, content: bytes | Path) -> bool:
        if not left[0]:
            os.kill(os.getpid(), signal.SIGKILL)
        left[0] -= 1
        return create(path, content)

    registry.store.create = dying  # type: ignore[method-assign]
    publish_learned(registry, "fraud", "1.0.7", learned(7), created_at=NOW)
