"""A file that two runners read, because one of them was slow and lost its lease, is noted once."""

import contextlib

from django.db import connection

from tests.server.web.conftest import visitor
from tests.server.web.test_publisher_desk import archive, desk, row, send, submitted

__all__ = ["desk", "visitor"]


def test_who_comes_late_changes_nothing_that_was_noted(visitor, desk, tmp_path):
    from commonhold.server.audit.models import Entry
    from commonhold.server.submissions.actions.review import approve
    from commonhold.server.submissions.jobs import verify_upload
    from commonhold.server.submissions.models import Upload

    someone, identifier = submitted(visitor, desk, tmp_path)
    dataset = approve(None, identifier).dataset
    upload = Upload.objects.get(
        public_id=send(someone, identifier, archive(tmp_path, "second.tar.gz", b"more\n"))
    )

    def overtake(execute, statement, parameters, many, context):
        # The other runner does the whole job right behind the first look of this one.
        answer = execute(statement, parameters, many, context)
        stack.close()
        verify_upload(upload.pk)
        return answer

    with contextlib.ExitStack() as stack:
        stack.enter_context(connection.execute_wrapper(overtake))
        verify_upload(upload.pk)
    upload.refresh_from_db()
    assert upload.verification == "verified"
    noted = Entry.objects.filter(action="submissions.file_verified", object_id=identifier)
    assert [entry.details["upload"] for entry in noted].count(upload.public_id) == 1
    assert dataset.versions.count() == 2
    assert row(identifier).status == "approved"
