"""`download` with several datasets, a list, a whole organization, and a name for the file."""

import json
from pathlib import Path

from tests.client.test_many import shelf
from tests.faults.conftest import Command
from tests.faults.server import File, Site


def test_one_summary_the_highest_exit_code_and_failures_at_the_end(tmp_path: Path, command: Command) -> None:
    files = shelf(3, 100_000)
    files["file-1"].refusal = (403, {"error": "Agree first", "reason": "terms"}, {})
    with Site(*files.values()) as site:
        arguments = ["download", *files, "nowhere", "--api-url", site.api, "-o", str(tmp_path)]
        result = command(*arguments)
        assert result.returncode == 4
        assert sorted(result.stdout.split()) == [str(tmp_path / f"file-{n}.tar.gz") for n in (0, 2)]
        summary = "2 downloaded (195.3 KiB), 0 were here already, 2 failed."
        after = result.stderr.partition(summary)[2]
        assert "file-1: Agree first" in after
        assert "nowhere: Dataset not found" in after
        assert "Agree first" not in result.stderr.partition(summary)[0]
        facts = json.loads(command(*arguments, "--json").stdout)
    assert facts["summary"] == {"downloaded": 0, "present": 2, "failed": 2, "receivedBytes": 0, "sessions": 0}
    assert sorted(one["status"] for one in facts["downloads"]) == ["failed", "failed", "present", "present"]


def test_a_list_of_names(tmp_path: Path, command: Command) -> None:
    files = shelf(3, 1000)
    listed = "\ufeff# what we need\nfile-0\n\n  file-2   # twice\nfile-0\n"
    (tmp_path / "wanted.txt").write_text(listed, encoding="utf-8")
    with Site(*files.values()) as site:
        where = ["--api-url", site.api, "-o", str(tmp_path / "out"), "--json"]
        facts = json.loads(command("download", "--from-file", str(tmp_path / "wanted.txt"), *where).stdout)
        assert facts["summary"]["downloaded"] == 2
        facts = json.loads(command("download", "--from-file", "-", *where, stdin="file-1\nfile-0\n").stdout)
        assert (facts["summary"]["downloaded"], facts["summary"]["present"]) == (1, 1)
        assert command("download", "--from-file", str(tmp_path / "none.txt"), *where).returncode == 2


def test_everything_of_an_organization(tmp_path: Path, command: Command) -> None:
    files = shelf(5, 1000)
    with Site(*files.values()) as site:
        where = ["--api-url", site.api, "-o", str(tmp_path), "--json"]
        facts = json.loads(command("download", "--all", "--org", "mozilla", *where).stdout)
        assert facts["summary"]["downloaded"] == 5
        assert command("download", "--all", "--org", "another", *where).returncode == 4


def test_a_real_site_lists_what_an_organization_publishes(
    site, make, tmp_path: Path, command: Command
) -> None:
    organization, other = make.organization(), make.organization()
    email, key = make.person(organization)
    mine = [make.dataset(organization, agreed_by=[email]) for _ in range(3)]
    make.dataset(other)
    make.load()
    listed = site.get(f"/api/datasets?organization={organization}", key=key).json()
    assert (listed["total"], {one["slug"] for one in listed["items"]}) == (3, set(mine))
    result = command(
        "download", "--all", "--org", organization, "--json", "--api-url", site.api, "-o", str(tmp_path),
        COMMONHOLD_API_KEY=key,
    )  # fmt: skip
    assert result.returncode == 0, result.stderr
    assert json.loads(result.stdout)["summary"]["downloaded"] == 3


def test_output_names_a_file_or_a_folder(tmp_path: Path, command: Command) -> None:
    with Site(File(b"x" * 1000, sample=b"sample")) as site:

        def path_of(*arguments: str) -> Path:
            result = command("download", "greetings", "--api-url", site.api, "--quiet", *arguments)
            assert result.returncode == 0, result.stderr
            return Path(result.stdout.strip())

        assert path_of("-o", str(tmp_path / "mine.tar.gz")).read_bytes() == b"x" * 1000
        assert path_of("-o", str(tmp_path / "folder")) == tmp_path / "folder/greetings.tar.gz"
        before = site.sessions
        assert path_of("-o", str(tmp_path / "mine.tar.gz")) == tmp_path / "mine.tar.gz"
        assert path_of("-o", str(tmp_path / "other.tar.gz")) == tmp_path / "other.tar.gz"
        assert site.sessions == before + 1
        assert path_of("--sample", "-o", str(tmp_path)).read_bytes() == b"sample"


def test_options_that_cannot_go_together(command: Command) -> None:
    for arguments in (
        ["--all"],
        ["--org", "x"],
        ["--all", "--org", "x", "y"],
        ["x", "--keep-archive"],
        ["--from-file", "-"],
    ):
        assert command("download", *arguments).returncode == 2
