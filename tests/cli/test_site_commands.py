"""The commands against a real site."""

import hashlib
import json
import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest

from tests.client.test_connection import plain, serving
from tests.client.test_keys import make_key
from tests.faults.conftest import SMALL_PIECE, Command, environment, leftovers, random_bytes
from tests.faults.server import Fault, File, Site

CONTENT = random_bytes(2_000_003)
TERMS = (
    403,
    {
        "error": "You must agree to the terms of use before downloading this dataset",
        "message": "The terms of Greetings were not accepted yet.",
        "reason": "terms",
        "agreeUrl": "https://data.example.org/datasets/greetings#terms",
    },
    {},
)
QUOTA = (
    429,
    {
        "error": "Rate limit exceeded",
        "limit": {"period": "daily", "remaining": 0, "resetsAt": "2030-08-27T00:00:00Z"},
    },
    {"Retry-After": "40000"},
)


def greetings(**changes: object) -> File:
    return File(CONTENT, piece_size=SMALL_PIECE, **changes)


def test_sign_in_use_and_sign_out(command: Command, tmp_path: Path) -> None:
    key = make_key()
    with Site(greetings()) as site:
        site.key = key
        assert command("whoami", "--api-url", site.api).returncode == 3
        result = command("login", "--key-stdin", "--api-url", site.origin, stdin=f"{key}\n")
        assert result.returncode == 0, result.stderr
        assert "owner@example.org for Mozilla" in result.stderr
        assert key not in result.stdout + result.stderr
        assert "Mozilla" in command("whoami").stdout
        assert json.loads(command("whoami", "--json").stdout)["person"]["email"] == "owner@example.org"
        assert "28 of 30 left, whole again at 2030-01-02" in command("quota").stdout
        assert json.loads(command("quota", "--json").stdout)["limits"]["downloads"]["remaining"] == 28
        assert command("download", "greetings", "-o", str(tmp_path)).returncode == 0
        assert command("logout").returncode == 0
        assert command("whoami", "--api-url", site.api).returncode == 3


def test_a_wrong_key_is_not_stored(command: Command) -> None:
    with Site(greetings()) as site:
        site.key = make_key(1)
        result = command("login", "--key-stdin", "--api-url", site.api, stdin=make_key(2))
        assert result.returncode == 3
        assert "profile page" in result.stderr
        site.key = None
        assert "No key is stored" in command("logout", "--api-url", site.api).stderr


def test_a_mistyped_key_reaches_no_site(command: Command) -> None:
    key = make_key()
    mistyped = key[:10] + ("a" if key[10] != "a" else "b") + key[11:]
    with Site(greetings()) as site:
        result = command("login", "--key-stdin", "--api-url", site.api, stdin=mistyped)
        assert result.returncode == 2
        assert "mistyped" in result.stderr
        result = command("info", "greetings", "--api-url", site.api, COMMONHOLD_API_KEY=mistyped)
        assert result.returncode == 2
        assert mistyped not in result.stderr
        assert site.seen == []


def test_a_foreign_key_is_used_with_a_word_of_warning(command: Command) -> None:
    with Site(greetings()) as site:
        site.key = "mdc_some-other-form"
        result = command("info", "greetings", "--api-url", site.api, MDC_API_KEY=site.key)
        assert result.returncode == 0
        assert "does not begin with chk_" in result.stderr


def test_search_shows_a_table_and_sends_its_filters(command: Command) -> None:
    with Site(greetings(), greetings(id="cm0other000000000000000000", slug="other")) as site:
        result = command(
            "search", "greet", "ings", "--task", "ASR", "--task", "TTS", "--locale", "sw", "--license",
            "CC0-1.0", "--format", "TSV", "--sort", "newest", "--direction", "asc", "--uploaded", "thisWeek",
            "--with-sample", "--pricing", "free", "--limit", "5", "--page", "2", "--api-url", site.api,
        )  # fmt: skip
        assert result.returncode == 0
        assert site.seen[0].path.partition("?")[2] == (
            "q=greet+ings&limit=5&page=2&task=ASR&task=TTS&locale=sw&license=CC0-1.0&format=TSV&sort=newest"
            "&sortDirection=asc&uploadDate=thisWeek&sample=true&pricing=free"
        )
        assert "Nothing was found" in result.stderr
        rows = command("search", "--api-url", site.api).stdout.splitlines()
        assert rows[0].split() == ["NAME", "ID", "LANGUAGE", "TASK", "FORMAT", "LICENSE", "SIZE"]
        assert len(rows) == 3
        assert rows[1].split()[-6:] == ["mul", "NLP", "TSV", "CC0-1.0", "1.9", "MiB"]
        found = json.loads(command("search", "--json", "--api-url", site.api).stdout)
        assert found["total"] == 2
        assert "ASR, NLP" in command("search", "--filters", "--api-url", site.api).stdout


def test_info(command: Command) -> None:
    with Site(greetings()) as site:
        text = command("info", "greetings", "--api-url", site.api).stdout
        assert hashlib.sha256(CONTENT).hexdigest() in text
        assert "Mozilla" in text
        told = json.loads(command("info", "greetings", "--json", "--api-url", site.api).stdout)
        assert told["surprise"] == {"of": "tomorrow"}


def test_a_download_says_where_it_is(command: Command, tmp_path: Path) -> None:
    with Site(greetings()) as site:
        result = command("download", "greetings", "--api-url", site.api, "-o", str(tmp_path / "new"))
        path = tmp_path / "new" / "greetings.tar.gz"
        assert result.stdout == f"{path}\n"
        assert "verified" in result.stderr
        assert path.read_bytes() == CONTENT
        again = command("download", "greetings", "--api-url", site.api, "-o", str(tmp_path / "new"), "--json")
        facts = json.loads(again.stdout)["downloads"][0]
        assert (facts["status"], facts["sessions"], facts["path"]) == ("present", 0, str(path))
        quiet = command("download", "greetings", "--api-url", site.api, "-o", str(tmp_path / "new"), "-q")
        assert (quiet.stdout, quiet.stderr) == (f"{path}\n", "")
        assert site.sessions == 1


def test_the_folder_comes_from_the_environment(command: Command, tmp_path: Path) -> None:
    with Site(greetings()) as site:
        result = command("download", "greetings", "--api-url", site.api, MDC_DOWNLOAD_PATH=str(tmp_path))
        assert result.stdout == f"{tmp_path}/greetings.tar.gz\n"


def test_several_downloads_go_on_after_a_failure_and_tell_its_code(command: Command, tmp_path: Path) -> None:
    with Site(greetings()) as site:
        result = command(
            "download", "absent", "greetings", "--api-url", site.api, "-o", str(tmp_path), "--json"
        )
        assert result.returncode == 4
        failed, done = json.loads(result.stdout)["downloads"]
        assert failed["error"]["exitCode"] == 4
        assert done["status"] == "downloaded"


def test_progress_is_painted_for_a_terminal_and_only_on_stderr(tmp_path: Path) -> None:
    near, far = pty.openpty()
    with Site(greetings(), rate=2_000_000) as site:
        process = subprocess.Popen(
            [
                sys.executable,
                "-m",
                "commonhold",
                "download",
                "greetings",
                "--api-url",
                site.api,
                "-o",
                str(tmp_path),
            ],
            env=environment(tmp_path) | {"TERM": "xterm", "COLUMNS": "100"},
            stdout=subprocess.PIPE,
            stderr=far,
            text=True,
        )
        os.close(far)
        painted = b""
        while True:
            try:
                data = os.read(near, 65_536)
            except OSError:
                break
            if not data:
                break
            painted += data
        out, _ = process.communicate(timeout=60)
        os.close(near)
    assert process.returncode == 0
    assert out == f"{tmp_path}/greetings.tar.gz\n"
    assert b"MiB" in painted
    assert b"\x1b[" in painted


@pytest.mark.parametrize(
    ("refusal", "code", "words"),
    [
        (TERMS, 3, ["terms of Greetings", "https://data.example.org/datasets/greetings#terms"]),
        ((403, {"error": "no", "reason": "membership"}, {}), 3, ["invite"]),
        ((403, {"error": "no", "reason": "approval", "requestUrl": "https://x.example/ask"}, {}), 3, ["https://x.example/ask"]),
        ((403, {"error": "no", "reason": "scope"}, {}), 3, ["key"]),
        ((403, {"error": "no"}, {}), 3, ["page"]),
        ((401, {"error": "Authentication required."}, {}), 3, ["commonhold login"]),
        ((402, {"error": "This dataset must be bought."}, {}), 3, ["bought", "page"]),
        ((404, {"error": "Dataset not found"}, {}), 4, ["commonhold search"]),
        ((410, {"error": "This dataset was removed."}, {}), 4, ["removed", "search"]),
        ((451, {"error": "Withheld."}, {}), 4, ["legal"]),
        (QUOTA, 5, ["2030-08-27T00:00:00Z", "commonhold quota"]),
        ((429, {"error": "Slow down.", "type": "request_limit"}, {"Retry-After": "500"}), 5, ["500 s"]),
        ((500, {"error": "Oops"}, {}), 7, ["later"]),
        ((503, {"error": "Read-only."}, {"Retry-After": "900"}), 7, ["minutes"]),
        ((418, {"error": "teapot"}, {}), 6, ["--api-url"]),
    ],
)  # fmt: skip
def test_every_refusal_has_its_code_and_a_next_step(
    command: Command,
    tmp_path: Path,
    refusal: tuple[int, dict[str, object], dict[str, str]],
    code: int,
    words: list[str],
) -> None:
    with Site(greetings(known_pieces=False)) as site:
        site.on_api = lambda seen: refusal if seen.method == "POST" else None
        result = command(
            "download", "greetings", "--api-url", site.api, "-o", str(tmp_path), "--max-wait", "2"
        )
        assert (result.returncode, result.stdout) == (code, "")
        for word in words:
            assert word in result.stderr
        assert len(result.stderr.splitlines()) == 2
        assert leftovers(tmp_path) == []


def test_a_request_limit_that_ends_soon_is_waited_for(command: Command, tmp_path: Path) -> None:
    with Site(greetings()) as site:
        turns = iter([(429, {"error": "Slow down.", "type": "request_limit"}, {"Retry-After": "1"})])
        site.on_api = lambda _seen: next(turns, None)
        result = command("download", "greetings", "--api-url", site.api, "-o", str(tmp_path))
        assert result.returncode == 0
        assert "Trying again in 1 s" in result.stderr


def test_terms_are_told_before_quota_is_spent(command: Command, tmp_path: Path) -> None:
    with Site(greetings(refusal=TERMS)) as site:
        assert command("download", "greetings", "--api-url", site.api, "-o", str(tmp_path)).returncode == 3
        assert site.sessions == 0


def test_agree_leads_to_the_page(command: Command) -> None:
    with Site(greetings(refusal=TERMS)) as site:
        result = command("agree", "greetings", "--api-url", site.api)
        assert result.stdout == "https://data.example.org/datasets/greetings#terms\n"
        assert (
            json.loads(command("agree", "greetings", "--json", "--api-url", site.api).stdout)["needed"]
            == "terms"
        )
    with Site(greetings()) as site:
        assert "Nothing is missing" in command("agree", "greetings", "--api-url", site.api).stderr


def test_a_site_that_is_not_there(command: Command) -> None:
    result = command("info", "x", "--api-url", "127.0.0.1:9")
    assert result.returncode == 7
    assert "Nothing listens" in result.stderr
    assert "--api-url" in result.stderr


@pytest.mark.parametrize("body", [b"<html>", b"[]", b"", b"[" * 100_000, b"\xff\xfe"])
def test_a_page_that_is_no_api(command: Command, body: bytes) -> None:
    with serving(lambda handler: plain(handler, body=body)) as (url, _):
        result = command("info", "x", "--api-url", url)
        assert result.returncode == 6
        assert "--api-url" in result.stderr


def test_a_name_that_would_lead_elsewhere_stays_one_segment(command: Command) -> None:
    with Site(greetings()) as site:
        assert command("info", "../account?x=1#y", "--api-url", site.api).returncode == 4
        assert site.seen[0].path == "/api/datasets/..%2Faccount%3Fx%3D1%23y"


def test_texts_of_a_site_cannot_steer_the_terminal(command: Command) -> None:
    evil = (403, {"error": "\x1b]0;owned\x07\u202eevil\x9b31m"}, {})
    with Site(greetings(refusal=evil)) as site:
        result = command("download", "greetings", "--api-url", site.api)
        assert not set("\x1b\x07\u202e\x9b") & set(result.stderr)


def test_verify_finds_damage_and_mends_only_that(command: Command, tmp_path: Path) -> None:
    path = tmp_path / "greetings.tar.gz"
    with Site(greetings()) as site:
        command("download", "greetings", "--api-url", site.api, "-o", str(tmp_path))
        before = len(site.seen)
        assert command("verify", str(path)).returncode == 0
        assert len(site.seen) == before
        damaged = bytearray(CONTENT)
        damaged[SMALL_PIECE * 2 + 7] ^= 1
        damaged[-1] ^= 1
        path.write_bytes(damaged)
        result = command("verify", str(path))
        assert result.returncode == 6
        assert "--repair" in result.stderr
        look = command("verify", str(path), "--dataset", "greetings", "--api-url", site.api, "--json")
        assert look.returncode == 6
        assert json.loads(look.stdout)["badPieces"] == [2, 7]
        result = command("verify", str(path), "--repair", "--api-url", site.api, "--json")
        assert result.returncode == 0, result.stderr
        facts = json.loads(result.stdout)["downloads"][0]
        assert facts["receivedBytes"] == SMALL_PIECE + len(CONTENT) - 7 * SMALL_PIECE
        assert path.read_bytes() == CONTENT
        assert leftovers(tmp_path) == []
        assert command("verify", str(path), "--repair", "--api-url", site.api).returncode == 0
        assert site.sessions == 2


@pytest.mark.parametrize("content", [CONTENT[:1_000_000], CONTENT + b"more", b""])
def test_repair_of_a_file_of_another_length(command: Command, tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "mine.tar.gz"
    path.write_bytes(content)
    with Site(greetings()) as site:
        result = command(
            "verify", str(path), "--dataset", "greetings", "--repair", "--api-url", site.api, "--json"
        )
        assert result.returncode == 0, result.stderr
        assert json.loads(result.stdout)["downloads"][0]["path"] == str(path)
        assert path.read_bytes() == CONTENT
        assert leftovers(tmp_path) == []


def test_an_interrupted_repair_goes_on(command: Command, tmp_path: Path) -> None:
    path = tmp_path / "mine.tar.gz"
    path.write_bytes(bytes(len(CONTENT)))
    arguments = ("verify", str(path), "--dataset", "greetings", "--repair", "--max-wait", "0")
    with Site(greetings()) as site:
        site.on_storage = lambda _seen: Fault("status", status=502) if len(site.storage) > 3 else None
        assert command(*arguments, "--api-url", site.api).returncode == 7
        assert not path.exists()
        site.on_storage = lambda _seen: None
        assert command(*arguments, "--api-url", site.api).returncode == 0
        assert path.read_bytes() == CONTENT
        assert site.sessions == 1


def test_verify_against_a_checksum(command: Command, tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(CONTENT)
    right = hashlib.sha256(CONTENT).hexdigest()
    assert command("verify", str(path), "--checksum", f"sha256:{right}").returncode == 0
    assert command("verify", str(path), "--checksum", right.upper()).returncode == 0
    assert command("verify", str(path), "--checksum", "0" * 64).returncode == 6
    assert command("verify", str(path), "--checksum", "zz").returncode == 2
    result = command("verify", str(path))
    assert result.returncode == 2
    assert "--dataset" in result.stderr


def test_a_sample(command: Command, tmp_path: Path) -> None:
    with Site(greetings(sample=b"tiny")) as site:
        result = command("sample", "greetings", "--api-url", site.api, "-o", str(tmp_path))
        assert result.returncode == 0
        assert Path(result.stdout.strip()).read_bytes() == b"tiny"
    with Site(greetings()) as site:
        assert command("sample", "greetings", "--api-url", site.api).returncode == 4


def test_neither_key_nor_address_ever_shows(command: Command, tmp_path: Path) -> None:
    key = make_key(7)
    with Site(greetings()) as site:
        site.key = key
        site.on_storage = lambda _seen: Fault("status", status=502)
        result = command(
            "download",
            "greetings",
            "--api-url",
            site.api,
            "-o",
            str(tmp_path),
            "--max-wait",
            "1",
            COMMONHOLD_API_KEY=key,
        )
        assert result.returncode == 7
        assert key not in result.stdout + result.stderr
        assert "signature" not in result.stdout + result.stderr
