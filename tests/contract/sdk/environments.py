"""The official client in environments of its own, built once from lock files, run as its users run it."""

import fcntl
import hashlib
import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[3]
CACHE = ROOT / ".cache"
VERSIONS = ("0.7.0", "0.6.4", "0.5.0")

# What every program begins with: results leave as one line of JSON, refusals as their class and text.
_FRAME = """
import json, os, sys, traceback
def main():
{body}
def shown(value):
    if hasattr(value, "model_dump"):
        return value.model_dump(mode="json")
    return str(value) if isinstance(value, os.PathLike) else value
try:
    answer = {{"value": main()}}
except BaseException as error:
    causes, cause = [], error.__cause__
    while cause is not None:
        causes.append(type(cause).__name__ + ": " + str(cause))
        cause = cause.__cause__
    bases = [kind.__name__ for kind in type(error).__mro__]
    answer = {{"error": type(error).__name__, "text": str(error), "bases": bases, "causes": causes,
              "trace": traceback.format_exc()}}
print("\\nANSWER " + json.dumps(answer, default=shown))
"""


@dataclass(frozen=True, slots=True)
class Sdk:
    """One version of the client, ready to run.

    Attributes:
        version: as PyPI names it.
        python: the interpreter of its environment.
    """

    version: str
    python: Path

    def run(self, body: str, *, api_url: str, key: str | None, folder: Path, **more: str) -> dict[str, Any]:
        """Run the body of a function and return what it returned (``value``) or raised (``error``)."""
        process = self.start(body, api_url=api_url, key=key, folder=folder, **more)
        output, _ = process.communicate(timeout=240)
        for line in reversed(output.decode().splitlines()):
            if line.startswith("ANSWER "):
                answer: dict[str, Any] = json.loads(line.removeprefix("ANSWER "))
                return answer
        raise RuntimeError(output.decode()[-4000:])

    def start(
        self, body: str, *, api_url: str, key: str | None, folder: Path, **more: str
    ) -> "subprocess.Popen[bytes]":
        """Start a program without waiting for its end."""
        folder.mkdir(parents=True, exist_ok=True)
        indented = "\n".join(f"    {line}" for line in body.strip().splitlines())
        program = folder / f"program-{hashlib.sha256(body.encode()).hexdigest()[:12]}.py"
        program.write_text(_FRAME.format(body=indented))
        environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(folder),
            "MDC_API_URL": api_url,
            "MDC_DOWNLOAD_PATH": str(folder / "downloads"),
            **({"MDC_API_KEY": key} if key else {}),
            **more,
        }
        return subprocess.Popen(
            [self.python, program],
            cwd=folder,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )


def environment_of(version: str) -> Sdk:
    """Return the client of this version, building its environment where it is not there yet."""
    return Sdk(version, python_of(f"sdk-{version}"))


def python_of(name: str) -> Path:
    """Return the interpreter of the environment that ``requirements/<name>.txt`` locks, built where it is not there yet."""
    lock_file = ROOT / "requirements" / f"{name}.txt"
    digest = hashlib.sha256(lock_file.read_bytes() + sys.version.encode()).hexdigest()[:12]
    folder = CACHE / f"{name}-{digest}"
    CACHE.mkdir(exist_ok=True)
    with (CACHE / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # several workers of one run build it once
        if not (folder / "built").exists():
            shutil.rmtree(folder, ignore_errors=True)
            subprocess.run([sys.executable, "-m", "venv", folder], check=True)
            pip = [
                folder / "bin" / "python",
                "-m",
                "pip",
                "install",
                "--quiet",
                "--disable-pip-version-check",
            ]
            subprocess.run([*pip, "--require-hashes", "-r", lock_file], check=True)
            (folder / "built").touch()
    return folder / "bin" / "python"
