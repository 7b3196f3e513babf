"""Django's admin: operators look at every table there; what has an action is changed nowhere else."""

import datetime as dt
import re

import pytest

from tests.server.web.conftest import hidden_fields
from tests.server.web.test_operator_desk import dataset_of, last_entry, operator, person_of  # noqa: F401
from tests.support.site import unique


@pytest.fixture
def tables(database):
    from commonhold.server.web.pages.operate.administration import furnished

    return furnished()._registry


def test_every_room_with_tables_shows_some(tables):
    shown = {model._meta.app_label for model in tables}
    assert shown == {
        "accounts", "audit", "background", "site", "organizations", "credentials", "catalogue", "access", "reports",
        "statistics", "submissions",
    }  # fmt: skip


def test_every_table_opens_and_shows_no_secret(visitor, house, operator, tables):  # noqa: F811
    from commonhold.server.background.models import Job
    from commonhold.server.credentials.models import ApiKey
    from commonhold.server.kit import clock

    home, who = house(), visitor(operator)
    page = who.get("/operate/admin/")
    assert page.status_code == 200
    assert who.get("/operate/admin")["Location"] == "/operate/admin/"
    key = ApiKey.objects.filter(person__email=home.reader).get()
    # A job of its own: the worker beside us may be done with any other before its page is asked for.
    job = Job.objects.create(name=unique("job"), run_at=clock.now() + dt.timedelta(hours=1))
    for model in tables:
        address = f"/operate/admin/{model._meta.app_label}/{model._meta.model_name}/"
        listing = who.get(address + "?q=1")
        assert listing.status_code == 200, address
        row = job if model is Job else model.objects.order_by("-pk").first()
        if row is not None:
            one = who.get(f"{address}{row.pk}/change/")
            assert one.status_code == 200, address
            listing = one
        assert key.digest not in listing.text
        assert "argon2" not in listing.text
        assert not re.search(
            r"<script(?![^>]*\bsrc=)[^>]*>\s*[^<\s]|<style|\sstyle=\"|\son[a-z]+=\"", listing.text
        ), address
        assert "'unsafe-inline'" not in listing["Content-Security-Policy"]
    assert who.get(f"/operate/admin/credentials/apikey/{key.pk}/change/").text.count(key.prefix)
    job.delete()


def test_styles_of_the_admin_are_served(visitor, operator):  # noqa: F811
    page = visitor(operator).get("/operate/admin/").text
    addresses = re.findall(r'(?:href|src)="(/static/admin/[^"]+)"', page)
    assert addresses
    for address in addresses:
        answer = visitor().get(address)
        assert answer.status_code == 200, address
        b"".join(answer.streaming_content)


def test_what_has_an_action_is_not_changed_here(visitor, house, operator, tables):  # noqa: F811
    from commonhold.server.kit.administration import Door

    home, who = house(), visitor(operator)
    assert {model._meta.model_name for model, shown in tables.items() if isinstance(shown, Door)} == {
        "organization", "dataset",
    }  # fmt: skip
    token = {"csrfmiddlewaretoken": hidden_fields(who.get("/operate/site").text)["csrfmiddlewaretoken"]}
    person = person_of(home.reader)
    for address in (
        f"accounts/person/{person.pk}/change/", f"accounts/person/{person.pk}/delete/", "accounts/person/add/",
        "audit/entry/add/", "access/agreement/add/", f"catalogue/dataset/{dataset_of(home.dataset).pk}/delete/",
    ):  # fmt: skip
        answer = who.client.post(f"/operate/admin/{address}", {**token, "is_operator": "on", "post": "yes"})
        assert answer.status_code == 403, address
    person.refresh_from_db()
    assert not person.is_operator


def test_a_fee_is_changed_through_the_room(visitor, house, operator):  # noqa: F811
    home, who = house(), visitor(operator)
    row = dataset_of(home.dataset)
    path = f"/operate/admin/catalogue/dataset/{row.pk}/change/"
    assert who.post(path, platform_fee_rate="a lot").status_code == 200
    sent = who.post(path, platform_fee_rate="0.05", status="removed", slug="changed")
    assert sent.status_code == 302
    row.refresh_from_db()
    assert (row.platform_fee_rate, row.status, row.slug) == ("0.05", "published", home.dataset)
    entry = last_entry("catalogue.dataset_changed")
    assert (entry.object_id, entry.actor) == (row.public_id, person_of(operator).pk)
    from django.contrib.admin.models import LogEntry

    assert not LogEntry.objects.exists()


def test_signing_in_and_out_is_the_sites_own(visitor, operator):  # noqa: F811
    who = visitor(operator)
    assert who.get("/operate/admin/login/")["Location"] == "/operate/admin/"
    assert who.get("/operate/admin/logout/").status_code in {302, 405}
    assert who.get("/operate/admin/password_change/")["Location"] == "/password"
    assert who.get("/operate/admin/nothing/").status_code == 404
