"""A one-node Kafka broker on this machine, for trials and tests."""

from __future__ import annotations

import contextlib
import os
import shlex
import socket
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType

from gress.dev.client import create_topics
from jobs.errors import fail, refuse, refuse_url
from jobs.flink.jvm.java import candidates
from jobs.flink.ports import free_port
from jobs.kafka.jars import BROKER, find_jars
from jobs.signals import terminable

OLDEST_JAVA = 17
HOST = "127.0.0.1"
JVM_OPTIONS = "KAFKA_JVM_PERFORMANCE_OPTS"
"""Environment variable with options of the broker's JVM, as of Kafka's own scripts."""

_HEAP = "-Xmx512m"
# Log warnings and the line that says that the broker is ready; another process may answer on the port.
_LEVEL = "-Dorg.slf4j.simpleLogger."
_LOG_LEVELS = (f"{_LEVEL}defaultLogLevel=warn", f"{_LEVEL}log.kafka.server.KafkaRaftServer=info")
_READY = b"Kafka Server started"
# Any id will do; a constant one lets a broker restart on its data.
_CLUSTER_ID = "MkU3OEVBNTcwNTJENDM2Qg"
_START_S = 60.0
_STOP_S = 20.0
_POLL_S = 0.05

_PROPERTIES = """\
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@{host}:{controller_port}
listeners={protocol}://{host}:{port},CONTROLLER://{host}:{controller_port}
advertised.listeners={protocol}://{host}:{port}
listener.security.protocol.map=CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT,SASL_PLAINTEXT:SASL_PLAINTEXT
security.inter.broker.protocol={protocol}
controller.listener.names=CONTROLLER
log.dirs={log_dir}
num.partitions={partitions}
auto.create.topics.enable=true
offsets.topic.replication.factor=1
offsets.topic.num.partitions=4
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
transaction.state.log.num.partitions=4
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
group.initial.rebalance.delay.ms=0
"""

_SASL_PROPERTIES = """\
sasl.enabled.mechanisms=PLAIN
sasl.mechanism.inter.broker.protocol=PLAIN
listener.name.sasl_plaintext.plain.sasl.jaas.config={module} required username="broker" password="broker" {users};
"""
_SASL_MODULE = "org.apache.kafka.common.security.plain.PlainLoginModule"


class DevKafka:
    """A broker in a process of its own, which creates a topic on the first write to it.

    Args:
        data: folder of its records; a new broker continues with the records of an earlier one.
        port: port for clients; 0: a free one.
        partitions: partitions of created topics.
        jars: folder of jars; None: the one of ``gress jars fetch``.
        passwords: passwords by user name, for login with SASL's PLAIN; none: everybody may connect.

    Raises:
        JobError: jars or Java 17 are missing, the port is in use, or the broker does not start.
    """

    def __init__(
        self,
        data: Path,
        *,
        port: int = 0,
        partitions: int = 1,
        jars: Path | None = None,
        passwords: Mapping[str, str] | None = None,
    ) -> None:
        self.port = port or free_port()
        self.servers = f"{HOST}:{self.port}"
        self.log = data / "broker.log"
        self._java = [_java(), _HEAP, *shlex.split(os.environ.get(JVM_OPTIONS, "")), *_LOG_LEVELS]
        self._java += ["-cp", f"{find_jars(BROKER, jars)[0].parent}/*"]
        self._data = data.absolute()
        self._partitions = partitions
        self._passwords = dict(passwords or {})
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> DevKafka:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def start(self) -> None:
        """Start the broker and wait until it is ready."""
        if _is_listening(self.port):
            refuse(f"port {self.port}", "a free port", "one in use", "name another with --port")
        self._data.mkdir(parents=True, exist_ok=True)
        properties = self._data / "server.properties"
        log_dir = self._data / "log"
        properties.write_text(self._text(log_dir), encoding="utf-8")
        if not (log_dir / "meta.properties").is_file():
            self._format(properties)
        with self.log.open("wb") as log:
            # A session of its own, so that Ctrl-C does not reach the broker before we stop it in order.
            self._process = subprocess.Popen(
                [*self._java, "kafka.Kafka", str(properties)], stdout=log, stderr=log, start_new_session=True
            )
        self._wait_until_ready()

    def stop(self) -> None:
        """Stop the broker in order; do nothing if it does not run."""
        process, self._process = self._process, None
        if process is None:
            return
        process.terminate()
        try:
            process.wait(_STOP_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def kill(self) -> int:
        """Kill the broker, as a crash would, and return its process id; ``start`` restarts it on its data and port."""
        process, self._process = self._process, None
        if process is None:
            refuse(f"broker on port {self.port}", "one that runs", "one that was not started")
        process.kill()
        process.wait()
        return process.pid

    def wait(self) -> int:
        """Wait until the broker ends by itself and return its exit code."""
        return self._process.wait() if self._process is not None else 0

    def _text(self, log_dir: Path) -> str:
        """Return the broker's properties, which contain the passwords, so use only ones made for a trial."""
        text = _PROPERTIES.format(
            host=HOST, port=self.port, controller_port=free_port(), log_dir=log_dir.as_posix(),
            partitions=self._partitions, protocol="SASL_PLAINTEXT" if self._passwords else "PLAINTEXT",
        )  # fmt: skip
        if not self._passwords:
            return text
        users = " ".join(f'user_{name}="{word}"' for name, word in {**self._passwords, "broker": "broker"}.items())
        return text + _SASL_PROPERTIES.format(module=_SASL_MODULE, users=users)

    def _format(self, properties: Path) -> None:
        command = [*self._java, "kafka.tools.StorageTool", "format", "-t", _CLUSTER_ID, "-c", str(properties)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            fail(f"folder {self._data}", f"cannot hold Kafka's data: {_last_line(done.stderr or done.stdout)}")

    def _wait_until_ready(self) -> None:
        deadline = time.monotonic() + _START_S
        while _READY not in self.log.read_bytes():
            process = self._process
            has_ended = process is None or process.poll() is not None
            if has_ended or time.monotonic() > deadline:
                self.stop()
                said = _last_line(self.log.read_text(encoding="utf-8", errors="replace"))
                fail(f"broker on port {self.port}", f"did not start: {said}", f"its log is {self.log}")
            time.sleep(_POLL_S)


def serve(data: Path, *, port: int, partitions: int, topics: Sequence[str] = ()) -> None:
    """Run a broker in the foreground until SIGINT or SIGTERM.

    Args:
        data: folder of its records.
        port: port for clients; 0: a free one.
        partitions: partitions of created topics.
        topics: topics to create at once.

    Raises:
        JobError: the folder is a URL, or the broker or a topic cannot be had.
    """
    refuse_url(f"folder {data}", data, "name another with --data")
    with terminable(), DevKafka(data, port=port, partitions=partitions) as broker:
        if topics:
            create_topics(broker.servers, topics, partitions=partitions)
        sys.stdout.write(f"Kafka answers on {broker.servers}; data and log in {data}; Ctrl-C stops it\n")
        sys.stdout.flush()
        with contextlib.suppress(KeyboardInterrupt):
            code = broker.wait()
            fail(f"broker on {broker.servers}", f"ended by itself with exit code {code}", f"its log is {broker.log}")


def _java() -> str:
    java = next((java for java in candidates() if java.major >= OLDEST_JAVA), None)
    if java is None:
        refuse(
            "java",
            f"version {OLDEST_JAVA} or later for Kafka's broker",
            "none",
            "pip install 'gress-ml[local]' brings one",
        )
    return str(java.home / "bin" / "java")


def _is_listening(port: int) -> bool:
    with socket.socket() as client:
        return client.connect_ex((HOST, port)) == 0


def _last_line(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip() and not line.lstrip().startswith("at ")]
    return lines[-1] if lines else "it said nothing"
