"""Where messages go, as one address says."""

from pathlib import Path

import pytest

from commonhold.server.config.mail import mail
from commonhold.server.config.values import SettingError

DATA = Path("/data")


def test_without_an_address_messages_are_files():
    settings = mail("", DATA)
    assert settings["EMAIL_BACKEND"].endswith("filebased.EmailBackend")
    assert settings["EMAIL_FILE_PATH"] == "/data/mail"


def test_a_password_never_travels_in_the_clear():
    settings = mail("smtp://me%40example.org:p%3Ass@mail.example.org", DATA)
    assert (settings["EMAIL_HOST_USER"], settings["EMAIL_HOST_PASSWORD"]) == ("me@example.org", "p:ss")
    assert (settings["EMAIL_HOST"], settings["EMAIL_PORT"]) == ("mail.example.org", 587)
    assert (settings["EMAIL_USE_TLS"], settings["EMAIL_USE_SSL"]) == (True, False)
    assert mail("smtps://u:p@[::1]:4650", DATA)["EMAIL_PORT"] == 4650
    assert mail("smtps://u:p@host", DATA)["EMAIL_USE_SSL"] is True
    assert mail("smtp://localhost:25", DATA)["EMAIL_USE_TLS"] is False


@pytest.mark.parametrize(
    "url", ["mail.example.org", "http://mail.example.org", "smtp://", "smtp://host:99999"]
)
def test_other_addresses_are_refused_without_repeating_them(url):
    with pytest.raises(SettingError, match="COMMONHOLD_EMAIL_URL") as error:
        mail(url, DATA)
    assert url not in str(error.value).replace("smtp://user", "")
