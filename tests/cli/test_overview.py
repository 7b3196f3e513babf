"""The overview, what it loads, and what it says."""

import json
import re
import subprocess
import sys
from pathlib import Path

import click
import pytest

from commonhold.cli import errors
from commonhold.cli.main import LazyGroup, cli
from commonhold.cli.table import COMMANDS
from tests.faults.conftest import ROOT, Command, environment

REFERENCE = ROOT / "docs" / "reference" / "commands.md"
#: Commands of this room; the others belong to a site and come with it.
OURS = [name for name, entry in COMMANDS.items() if entry.section != "A site of your own"]


def loaded_by(tmp_path: Path, *arguments: str) -> set[str]:
    """Return the names of all modules that a run of the command loads."""
    code = (
        "import json, sys\n"
        "from commonhold.cli.main import main\n"
        "try: main(sys.argv[1:])\n"
        "except SystemExit: pass\n"
        "print('\\n' + json.dumps(sorted(sys.modules)))"
    )
    result = subprocess.run(
        [sys.executable, "-c", code, *arguments],
        env=environment(tmp_path),
        capture_output=True,
        text=True,
        check=True,
    )
    return set(json.loads(result.stdout.splitlines()[-1]))


@pytest.mark.parametrize("arguments", [(), ("--help",), ("--version",)])
def test_the_overview_loads_neither_client_nor_server_nor_what_paints(
    tmp_path: Path, arguments: tuple[str, ...]
) -> None:
    modules = loaded_by(tmp_path, *arguments)
    assert "commonhold.cli.main" in modules
    for unwanted in ("rich", "http.client", "ssl", "commonhold.server", "commonhold.client", "django"):
        assert unwanted not in modules


def test_a_command_about_datasets_loads_no_server_and_paints_only_when_shown(tmp_path: Path) -> None:
    modules = loaded_by(tmp_path, "download", "x", "--api-url", "127.0.0.1:9", "--max-wait", "0")
    assert "commonhold.client.transfer.fetch" in modules
    for unwanted in ("rich", "commonhold.server", "django"):
        assert unwanted not in modules


@pytest.mark.parametrize("arguments", [(), ("--help",), ("-h",)])
def test_the_overview_teaches(command: Command, arguments: tuple[str, ...]) -> None:
    result = command(*arguments)
    assert (result.returncode, result.stderr) == (0, "")
    for name, entry in COMMANDS.items():
        assert re.search(rf"^  {name} +{re.escape(entry.summary)}$", result.stdout, re.MULTILINE)
    assert "commonhold login https://" in result.stdout
    assert "Exit codes: 0 done, 2 usage" in result.stdout


def test_the_version(command: Command) -> None:
    assert re.fullmatch(r"commonhold, version \d+\.\d+\.\d+\n", command("--version").stdout)


@pytest.mark.parametrize("name", OURS)
def test_each_command_explains_itself_and_takes_json(command: Command, name: str) -> None:
    entry = dict(walk())[name]
    parts = list(entry.commands) if isinstance(entry, click.Group) else [""]
    for part in parts:
        words = [name, part] if part else [name]
        result = command(*words, "--help")
        assert result.returncode == 0
        assert result.stdout.startswith(f"Usage: commonhold {' '.join(words)}")
        assert "--json" in result.stdout
        assert "--quiet" in result.stdout


def test_a_slip_is_answered_with_the_nearest_command(command: Command) -> None:
    result = command("dowload", "x")
    assert (result.returncode, result.stdout) == (2, "")
    assert "Did you mean `download`?" in result.stderr
    assert command("xyzzy").returncode == 2


@pytest.mark.parametrize(
    "arguments",
    [
        ("download",),
        ("download", "x", "--connections", "0"),
        ("download", "x", "--limit-rate", "fast"),
        ("download", "x", "--nonsense"),
        ("download", "x", "--api-url", "ftp://x"),
        ("search", "--limit", "101"),
        ("info",),
        ("verify", "/no/such/file"),
    ],
)
def test_usage_errors_have_their_code_and_a_next_step(command: Command, arguments: tuple[str, ...]) -> None:
    result = command(*arguments)
    assert (result.returncode, result.stdout) == (2, "")
    assert len(result.stderr.splitlines()) >= 2
    as_json = command(*arguments, "--json")
    assert as_json.returncode == 2
    assert json.loads(as_json.stderr)["error"]["exitCode"] == 2


def test_a_reader_that_leaves_early_is_no_failure(tmp_path: Path) -> None:
    result = subprocess.run(
        f"{sys.executable} -m commonhold --help | head -1; exit ${{PIPESTATUS[0]}}",
        shell=True,
        executable="/bin/bash",
        env=environment(tmp_path),
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.stderr == ""


def walk() -> "list[tuple[str, click.Command]]":
    context = click.Context(cli)
    assert isinstance(cli, LazyGroup)
    found = [(name, cli.get_command(context, name)) for name in OURS]
    return [(name, entry) for name, entry in found if entry is not None]


def test_the_reference_names_every_command_and_option_and_no_other() -> None:
    text = REFERENCE.read_text(encoding="utf-8")
    sections = dict(
        re.findall(r"^## `commonhold ([a-z]+)([^`]*`\n.*?)(?=^## |\Z)", text, re.MULTILINE | re.DOTALL)
    )
    documented = set(sections)
    assert {name for name, _ in walk()} <= documented <= set(COMMANDS)
    common = set(
        re.findall(r"`(--[a-z-]+)", text.partition("## Options of every command")[2].partition("\n## ")[0])
    )
    for name, entry in walk():
        parts = [entry, *entry.commands.values()] if isinstance(entry, click.Group) else [entry]
        parameters = [parameter for part in parts for parameter in part.params]
        options = {
            option
            for parameter in parameters
            if isinstance(parameter, click.Option)
            for option in parameter.opts
            if option.startswith("--")
        }
        told = set(re.findall(r"^\| `(--[a-z-]+)", sections[name], re.MULTILINE))
        assert told == options - common, name
        for parameter in parameters:
            if isinstance(parameter, click.Argument):
                assert (parameter.metavar or parameter.name or "").rstrip(".").upper() in sections[name]


def test_every_exit_code_is_documented() -> None:
    text = (ROOT / "docs" / "reference" / "exit-codes.md").read_text(encoding="utf-8")
    codes = {value for name, value in vars(errors).items() if name.isupper() and isinstance(value, int)}
    assert {int(code) for code in re.findall(r"^\| (\d+) \|", text, re.MULTILINE)} == codes
