"""Address of the SQL gateway, and the line that says that it answers there."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from urllib.error import URLError
from urllib.request import urlopen

_PREFIX = "sql-gateway.endpoint.rest."
_PORT = "8083"
_LOOK_S = 0.2


def gateway_url(options: Mapping[str, str], arguments: Sequence[str]) -> str:
    """Return the URL at which a gateway of this machine answers.

    Args:
        options: of Flink.
        arguments: those of the script, of which ``-Dkey=value`` wins over the options.

    >>> gateway_url({}, ["-Dsql-gateway.endpoint.rest.port=8084"])
    'http://localhost:8084'
    """
    given = [each.removeprefix("-D").partition("=") for each in arguments if each.startswith("-D")]
    found = {**options, **{key.strip(): value.strip() for key, _, value in given}}
    return f"http://{found.get(_PREFIX + 'address', 'localhost')}:{found.get(_PREFIX + 'port', _PORT)}"


def listening_line(url: str) -> str:
    """Return the text about a gateway that answers, with a first request to try."""
    return f"SQL gateway listens at {url}; a session: curl -X POST {url}/v1/sessions -d '{{}}'"


def wait_for_gateway(url: str, is_running: Callable[[], bool], pause: Callable[[float], None] = time.sleep) -> bool:
    """Return whether a gateway answers, once it does; False: it has ended before.

    Args:
        url: of the gateway.
        is_running: returns whether its process runs.
        pause: waits for some seconds.
    """
    while is_running():
        try:
            with urlopen(f"{url}/v1/info", timeout=5):
                return True
        except (OSError, URLError, ValueError):
            pause(_LOOK_S)
    return False
