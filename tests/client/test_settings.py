"""Where the site, the key and the folder come from."""

import json
from pathlib import Path

import pytest

from commonhold.client import errors
from commonhold.client.settings import DEFAULT_API_URL, Credentials, api_url, credentials_path, load
from tests.client.test_keys import make_key


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("data.example.org", "https://data.example.org/api"),
        ("https://data.example.org/", "https://data.example.org/api"),
        ("https://data.example.org/api/", "https://data.example.org/api"),
        ("https://data.example.org/collective/api", "https://data.example.org/collective/api"),
        ("localhost:8000", "http://localhost:8000/api"),
        ("127.0.0.1:8000", "http://127.0.0.1:8000/api"),
        ("[::1]:8000", "http://[::1]:8000/api"),
        ("http://data.example.org", "http://data.example.org/api"),
    ],
)
def test_an_address_as_people_write_it(written: str, meant: str) -> None:
    assert api_url(written) == meant


@pytest.mark.parametrize(
    "written",
    [
        "",
        "https://",
        "ftp://x",
        "https://a b/",
        "https://x/?q=1",
        "https://x:0/",
        "https://x:port/",
        "file:///etc",
    ],
)
def test_what_is_no_address(written: str) -> None:
    with pytest.raises(errors.UsageError, match="not the address"):
        api_url(written)


def test_an_address_with_a_password_is_refused_without_showing_it() -> None:
    with pytest.raises(errors.UsageError) as caught:
        api_url("https://user:hidden@data.example.org")
    assert "hidden" not in str(caught.value) + caught.value.hint


def settings(tmp_path: Path, **variables: str) -> dict[str, str]:
    return {"XDG_CONFIG_HOME": str(tmp_path), **variables}


def test_nothing_given_means_the_local_site(tmp_path: Path) -> None:
    found = load(environ=settings(tmp_path))
    assert (found.api_url, found.key, found.download_folder) == (DEFAULT_API_URL, None, Path())


def test_our_variables_come_before_the_official_ones(tmp_path: Path) -> None:
    key, other = make_key(1), make_key(2)
    given = {"MDC_API_URL": "https://a.example", "MDC_API_KEY": other, "MDC_DOWNLOAD_PATH": "/data/a"}
    found = load(environ=settings(tmp_path, **given))
    assert (found.api_url, found.key, found.download_folder) == (
        "https://a.example/api",
        other,
        Path("/data/a"),
    )
    found = load(environ=settings(tmp_path, **given, COMMONHOLD_API_KEY=key, COMMONHOLD_API_URL="b.example"))
    assert (found.api_url, found.key, found.key_source) == (
        "https://b.example/api",
        key,
        "COMMONHOLD_API_KEY",
    )


def test_the_stored_sign_in_is_private_and_belongs_to_its_site(tmp_path: Path) -> None:
    environ = settings(tmp_path)
    store = Credentials(credentials_path(environ))
    store.store("https://a.example/api", make_key(1))
    store.store("https://b.example/api", make_key(2))
    assert store.path.stat().st_mode & 0o777 == 0o600
    assert store.path.parent.stat().st_mode & 0o777 == 0o700
    assert (load(environ=environ).api_url, load(environ=environ).key) == (
        "https://b.example/api",
        make_key(2),
    )
    assert load(url="a.example", environ=environ).key == make_key(1)
    assert load(url="c.example", environ=environ).key is None
    assert store.forget("https://b.example/api")
    assert not store.forget("https://b.example/api")
    assert load(environ=environ).key == make_key(1)


def test_a_key_file_comes_first(tmp_path: Path) -> None:
    file = tmp_path / "key"
    file.write_text(make_key(5) + "\n")
    environ = settings(tmp_path, COMMONHOLD_API_KEY=make_key(6))
    assert load(key_file=file, environ=environ).key == make_key(5)
    with pytest.raises(errors.LocalFileError):
        load(key_file=tmp_path / "absent", environ=environ)


def test_a_mistyped_key_is_told_with_its_source_and_without_itself(tmp_path: Path) -> None:
    key = make_key()[:-1] + "-"
    with pytest.raises(errors.UsageError, match="COMMONHOLD_API_KEY") as caught:
        load(environ=settings(tmp_path, COMMONHOLD_API_KEY=key))
    assert key not in str(caught.value)


@pytest.mark.parametrize("content", ["{", "[1]", '{"sites": [], "current": 5}', '{"sites": {"x": "y"}}'])
def test_a_damaged_store_is_told_or_passed_over(tmp_path: Path, content: str) -> None:
    path = credentials_path(settings(tmp_path))
    path.parent.mkdir()
    path.write_text(content)
    if content == "{":
        with pytest.raises(errors.LocalFileError, match="cannot be read") as caught:
            load(environ=settings(tmp_path))
        assert "login" in caught.value.hint
    else:
        assert load(environ=settings(tmp_path)).key is None
        Credentials(path).store("https://a.example/api", make_key())
        assert json.loads(path.read_text())["current"] == "https://a.example/api"


def test_the_settings_do_not_show_the_key(tmp_path: Path) -> None:
    assert make_key() not in repr(load(environ=settings(tmp_path, COMMONHOLD_API_KEY=make_key())))
