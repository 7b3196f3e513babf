"""What the client reads of the environment stands beside a site's settings."""

from pathlib import Path

from commonhold.client.cache import cache_folder
from commonhold.server.config.environment import read


def test_a_site_bears_the_clients_variables(tmp_path: Path) -> None:
    own = {"COMMONHOLD_CACHE": str(tmp_path / "cache"), "COMMONHOLD_DOWNLOAD_PATH": str(tmp_path)}
    assert read({**own, "COMMONHOLD_DATA": str(tmp_path), "COMMONHOLD_SECRET_KEY": "s" * 40}).secret_key


def test_where_the_cache_stands() -> None:
    assert cache_folder({"COMMONHOLD_CACHE": "/a", "XDG_CACHE_HOME": "/b"}) == Path("/a")
    assert cache_folder({"XDG_CACHE_HOME": "/b"}) == Path("/b/commonhold")
    assert cache_folder({"XDG_CACHE_HOME": "relative"}) == Path.home() / ".cache/commonhold"
