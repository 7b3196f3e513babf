"""Reading what was sent: what two runners at once make of it."""

from typing import Any

import pytest
from django.db import connection

from tests.support.collection import Maker


def test_what_another_runner_has_noted_meanwhile_stays(make: Maker, monkeypatch: pytest.MonkeyPatch) -> None:
    from commonhold.server.submissions import jobs, states
    from commonhold.server.submissions.models import Submission, Upload

    slug = make.dataset(make.organization())
    make.load()
    upload = Upload.objects.create(
        submission=Submission.objects.get(dataset__slug=slug), filename="x.zip", content_type="application/zip",
        size_bytes=1, object_key=f"uploads/{slug}/x.zip", status=states.COMPLETED, verification=states.VERIFYING,
    )  # fmt: skip
    monkeypatch.setattr(jobs, "verify", lambda *_, **__: pytest.fail("it is read already"))

    def noted_just_now(execute: Any, sql: str, *rest: Any) -> Any:
        if sql.startswith("UPDATE") and "verified_bytes" in sql:
            with connection.cursor() as cursor:
                cursor.execute(
                    "UPDATE submissions_upload SET verification = 'verified' WHERE id = %s", [upload.pk]
                )
        return execute(sql, *rest)

    try:
        with connection.execute_wrapper(noted_just_now):
            jobs.verify_upload(upload.pk)
        upload.refresh_from_db()
        assert upload.verification == "verified"
    finally:
        upload.delete()  # the store never had its file
