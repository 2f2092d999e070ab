"""State from which a run continues: a savepoint that is named, or the newest that an earlier run left in its folder."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from conf.settings import Settings
from jobs.errors import refuse
from jobs.flink.environment import FlinkSession
from jobs.flink.file_urls import file_url, local_path
from jobs.run_folder.owner import SAVEPOINTS
from jobs.saved_state.operators import saved_uids, windows_engine
from jobs.sources.kafka import KafkaInput
from jobs.sources.lines import FILES_UID
from jobs.sources.pieces import PIECES_UID

if TYPE_CHECKING:
    from jobs.runs.prepare import RunRequest
    from jobs.sources.files import InputFiles

STATE_OPTION = "execution.state-recovery.path"
"""The option of Flink that names the state from which a job continues."""

_CLAIM_OPTION = "execution.state-recovery.claim-mode"

CHECKPOINTS = ".checkpoints"
_METADATA = "_metadata"
_FILES_OF_SQL = "_streaming-writer"
_PATTERNS = (f"{SAVEPOINTS}/*/{_METADATA}", f"{CHECKPOINTS}/*/chk-*/{_METADATA}")


def saved_state(request: RunRequest) -> str | None:
    """Return the URL of the state that a request names; None: it starts over, or resumes a run that left final files.

    Raises:
        JobError: there is no such state, or the request names it in two ways.
    """
    if request.is_resuming:
        if request.savepoint is not None:
            refuse("--resume", "no --from-savepoint beside it", request.savepoint, "leave one of them out")
        if request.is_overwriting:
            refuse("--resume", "no --overwrite beside it", "both", "leave one of them out")
        found = _newest(request.output)
        # With final files the run may be over except for its summary, which takes a look at its input.
        if found is None and not list(request.output.glob("*/part-*")):
            refuse_without_state(request.output)
        return found
    path = None if request.savepoint is None else local_path(request.savepoint)
    if path is None:
        return request.savepoint
    if not (path / _METADATA).is_file():
        refuse(f"savepoint {request.savepoint}", f"a folder with {_METADATA}", "none", "check the path")
    return file_url(path)


def recovery_options(state: str) -> dict[str, str]:
    """Return Flink's options of a job that continues from a state.

    A checkpoint of an earlier run is of no more use once the job has one of its own: its rows would come twice. So the
    job removes it. A savepoint is its maker's.
    """
    options = {STATE_OPTION: state}
    return {**options, _CLAIM_OPTION: "CLAIM"} if f"/{CHECKPOINTS}/" in state else options


def check_goes_on(state: str | None, source: InputFiles | KafkaInput) -> None:
    """Refuse a run to the latest offsets that continues from a state: the connector does not announce the end again.

    Raises:
        JobError: the run would not end.
    """
    if state is not None and isinstance(source, KafkaInput) and source.is_bounded:
        refuse(
            "job.source.kafka.stop",
            "never, as a job that goes on from a state would not end",
            "latest",
            "--set job.source.kafka.stop=never, and end it with Ctrl-C",
        )


@dataclass(frozen=True)
class StateOfSession:
    """The state from which a session's job continues.

    Attributes:
        url: its folder; empty: the job starts over.
        uids: those of the operators that left it; none where this process cannot read it.
    """

    url: str
    uids: Sequence[str]


def state_of(session: FlinkSession) -> StateOfSession:
    """Return the state from which a session's job continues."""
    from pyflink.util.java_utils import get_j_env_configuration

    url: str = get_j_env_configuration(session.env._j_stream_execution_environment).getString(STATE_OPTION, "")
    try:
        return StateOfSession(url, saved_uids(url) if url else ())
    except OSError:
        # The cluster may reach places that the client does not; if neither does, Flink reports it.
        return StateOfSession(url, ())


def check_engine(state: StateOfSession, settings: Settings) -> None:
    """Refuse a state whose windows another engine left: Flink's own error would only name an operator's hash.

    Raises:
        JobError: the windows of the state do not fit ``execution.windows``.
    """
    left_by, asked = windows_engine(state.uids), settings.execution.windows
    if left_by not in {None, asked}:
        refuse(
            f"state {state.url}",
            f"windows of the engine {asked}",
            f"those of {left_by}",
            f"set execution.windows: {left_by} to go on from it, or start without it",
        )


def check_sinks(state: StateOfSession) -> None:
    """Refuse a state of files that SQL's connector wrote, as earlier versions did: no run can continue from them.

    Raises:
        JobError: the state tells of such files.
    """
    if any(uid.endswith(_FILES_OF_SQL) for uid in state.uids):
        refuse(
            f"state {state.url}",
            "that of a run of this version, as it writes folders",
            "that of an earlier version",
            "end the run with that version, or start anew with another --output",
        )


def check_input(state: StateOfSession, uid: str | None) -> None:
    """Refuse a state of other input files, or of files that were read in another way.

    Args:
        state: to continue from.
        uid: of the source of pieces of files; None: the job has none.

    Raises:
        JobError: the numbers of the state are not those of these files.
    """
    sources = {each for each in state.uids if each == FILES_UID or each.startswith(PIECES_UID)}
    if sources and uid is not None and uid not in sources:
        refuse(
            f"state {state.url}",
            "that of a run over these files",
            "that of other files, or of a version that read them otherwise",
            "name the files as they were, or start without it",
        )


def refuse_without_state(output: Path) -> NoReturn:
    """Refuse a run that is to continue from the state in its folder, where there is none.

    Raises:
        JobError: always.
    """
    is_used = output.is_dir() and any(output.iterdir())
    fix = "start anew with another --output, or with --overwrite" if is_used else "start without --resume"
    refuse(f"--resume: {output}", "a savepoint or checkpoint", "none", fix)


def _newest(output: Path) -> str | None:
    found = [path for pattern in _PATTERNS for path in output.glob(pattern)]
    return file_url(max(found, key=lambda path: path.stat().st_mtime_ns).parent) if found else None
