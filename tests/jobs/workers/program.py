"""A worker that prints what it sees, as JSON, and ends as its first argument says."""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from pathlib import Path

import numpy as np

if __name__ == "__main__":
    seen = {
        "pid": os.getpid(),
        "parent": os.getppid(),
        "name": Path("/proc/self/comm").read_text().strip(),
        "arguments": sys.argv[1:],
        "folder": os.getcwd(),
        "environment": dict(os.environ),
        "path": sys.path,
        "modules": sorted(sys.modules),
        "random": float(np.random.random()),
        "said": sys.stdin.read() if "read" in sys.argv else None,
    }
    sys.stdout.write(json.dumps(seen) + "\n")
    sys.stdout.flush()
    match sys.argv[1]:
        case "status":
            sys.exit(3)
        case "error":
            [].pop()
        case "kill":
            os.kill(os.getpid(), signal.SIGKILL)
        case "wait":
            time.sleep(120)
