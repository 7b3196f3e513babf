"""No table is forgotten, a snapshot holds nobody up, and rows go by a few at a time."""

import threading
import tracemalloc

import pytest
from django.apps import apps
from django.db import DatabaseError, connection, transaction
from django.test.utils import CaptureQueriesContext

from commonhold.server.accounts.models import Person
from commonhold.server.audit.models import Entry
from commonhold.server.backup.database import snapshot
from commonhold.server.backup.tables import LEFT_OUT, MADE_ANEW, REPLACED, tables
from tests.support.site import unique


def test_every_table_is_held_or_left_out_by_name(database: None) -> None:
    held = {table.name for table in tables()}
    everything = {model._meta.label for model in apps.get_models(include_auto_created=True)}
    assert held | set(LEFT_OUT) == everything, "say in tables.py what becomes of a new table"
    assert not held & set(LEFT_OUT)
    assert set(REPLACED) <= held
    known = {model._meta.db_table for model in apps.get_models(include_auto_created=True)} | set(MADE_ANEW)
    present = set(connection.introspection.table_names())
    # SQLite keeps an index of words in tables of its own, named after it.
    assert {name for name in present if not name.startswith("catalogue_search_")} == known


def test_tables_stand_behind_what_they_name() -> None:
    names = [table.name for table in tables()]
    for first, then in [
        ("accounts.Person", "organizations.Membership"),
        ("organizations.Organization", "catalogue.Dataset"),
        ("submissions.Submission", "submissions.Comment"),
    ]:
        assert names.index(first) < names.index(then)


def test_a_snapshot_sees_one_moment_and_lets_others_write(database: None) -> None:
    email = f"{unique('late')}@example.org"

    def sign_up() -> None:
        Person.objects.create(email=email)
        connection.close()

    with snapshot():
        before = Person.objects.count()
        thread = threading.Thread(target=sign_up)
        thread.start()
        thread.join(60)
        assert not thread.is_alive(), "whoever writes waits for the snapshot"
        assert Person.objects.count() == before
        with pytest.raises(DatabaseError, match=r"(?i)read-?only"):
            Person.objects.filter(email=email).update(name="x")
    assert Person.objects.filter(email=email).exists()
    Person.objects.filter(email=email).delete()


def test_rows_go_by_a_few_at_a_time(database: None) -> None:
    [table] = [table for table in tables() if table.name == "audit.Entry"]
    rows, size = 4000, 5000
    # Of these rows alone: others may have written long ones.
    text = b"x" * size
    with transaction.atomic():
        for _ in range(rows // 500):
            Entry.objects.bulk_create(
                Entry(action="test", object_kind="x", object_id="x", details={"text": "x" * size})
                for _ in range(500)
            )
        tracemalloc.start()
        try:
            with CaptureQueriesContext(connection) as captured:
                count = sum(1 for line in table.lines() if text in line)
            peak = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
        transaction.set_rollback(True)
    assert count == rows
    assert len(captured) <= 1
    assert peak < rows * size / 2
