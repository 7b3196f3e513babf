"""Whether a virus scanner saw a file, told to its publisher and to its reviewer."""

from pathlib import Path

import pytest

from commonhold.cli.main import main
from tests.support.clamd import Clamd
from tests.support.collection import Maker
from tests.support.publishing import file, publisher
from tests.support.site import Site


def test_a_file_that_was_not_scanned_whole_says_so(
    site: Site,
    make: Maker,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    from commonhold.server.config.environment import environment
    from commonhold.server.submissions import jobs
    from commonhold.server.submissions.models import Upload

    one = publisher(site, make)
    submission = one.draft()
    upload = one.send(submission, file(tmp_path))
    assert one.submit(submission).status_code == 200
    assert one.verified(upload)["virusScanned"] is None, "this site has no scanner"
    row = Upload.objects.get(public_id=upload)

    def listed() -> str:
        capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            main(["admin", "submission", "list"])
        assert not ended.value.code
        return next(line for line in capsys.readouterr().out.splitlines() if submission in line)

    assert "scanned" not in listed()
    with Clamd.running() as clamd:
        monkeypatch.setenv("COMMONHOLD_CLAMD_URL", clamd.url)
        environment.cache_clear()
        try:
            for limit, seen in ((20_000_000, True), (10, False)):
                clamd.limit = limit
                # No job: the running site, which has no scanner, does not take part.
                Upload.objects.filter(pk=row.pk).update(verification="waiting")
                jobs.verify_upload(row.pk)
                assert one.verified(upload)["virusScanned"] is seen
                shown = one.state(submission)["fileUpload"]
                assert (shown["verification"], shown["virusScanned"]) == ("verified", seen)
                assert ("not scanned whole" in listed()) is not seen
        finally:
            monkeypatch.undo()
            environment.cache_clear()
