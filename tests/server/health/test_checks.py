"""What the checks of a site's setup look at, and what they leave alone."""

from dataclasses import replace


def test_a_data_folder_that_nothing_lies_in_may_be_missing(database, monkeypatch, tmp_path):
    from commonhold.server.config.environment import environment
    from commonhold.server.health import checks

    assert "disk" in {finding.about for finding in checks.inspect()}
    elsewhere = replace(environment(), data=tmp_path / "none", storage_url=f"file://{tmp_path}/objects")
    monkeypatch.setattr(checks, "environment", lambda: elsewhere)
    found = {finding.about: finding.level for finding in checks.inspect()}
    assert found["storage"] == checks.FINE
    assert "disk" not in found
