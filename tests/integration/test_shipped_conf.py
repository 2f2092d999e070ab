"""Flink itself reads the flink-conf.yaml that ships with the package."""

from __future__ import annotations

import subprocess
from pathlib import Path

from gress.cluster.conf import flink_home
from jobs.flink.jvm.java import find_java


def test_flink_takes_the_shipped_file_as_its_config(repository: Path, tmp_path: Path) -> None:
    (tmp_path / "config.yaml").write_bytes((repository / "flink-conf.yaml").read_bytes())
    java = find_java()
    assert java is not None
    home = flink_home()
    (dist,) = home.glob("lib/flink-dist-*.jar")
    classpath = f"{home / 'bin' / 'bash-java-utils.jar'}:{dist}"
    command = [
        str(java.home / "bin" / "java"),
        "-cp",
        classpath,
        "org.apache.flink.runtime.util.bash.BashJavaUtils",
    ]
    asked = [*command, "GET_TM_RESOURCE_PARAMS", "--configDir", str(tmp_path)]
    done = subprocess.run(asked, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    # Flink's own words for our figures: 512 MiB managed, 256 MiB off-heap.
    assert f"taskmanager.memory.managed.size={512 << 20}b" in done.stdout
    assert f"taskmanager.memory.task.off-heap.size={256 << 20}b" in done.stdout
