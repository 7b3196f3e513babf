"""One dataset's page: what it tells whom, and what it never tells."""

import re

import pytest

from tests.support.collection import Maker, archive


def _reason(text: str) -> str:
    return re.findall(r'data-reason="([a-z_]+)"', text)[0]


def test_id_and_slug_both_work_and_name_one_address(visitor, house):
    from commonhold.server.catalogue.models import Dataset

    home = house()
    identifier = Dataset.objects.get(slug=home.dataset).public_id
    for name in (identifier, home.dataset):
        page = visitor().get(f"/datasets/{name}")
        assert page.status_code == 200
        assert f'<link rel="canonical" href="http://localhost/datasets/{identifier}">' in page.text
        assert identifier in page.text
        assert home.dataset in page.text
        assert f"commonhold download {identifier}" in page.text
        assert f"/api/datasets/{identifier}/download" in page.text


def test_the_policy_speaks_through_the_page(visitor, house):
    home = house()
    path = f"/datasets/{home.dataset}"
    assert _reason(visitor().get(path).text) == "sign_in"
    reader = visitor(home.reader)
    assert _reason(reader.get(path).text) == "terms"
    assert _reason(visitor(home.publisher).get(path).text) == "terms"
    assert reader.post(f"{path}/terms", read="yes", licence="yes", keep="yes").status_code == 302
    assert _reason(reader.get(path).text) == "allowed"
    restricted = house(visibility="restricted")
    page = visitor(restricted.reader).get(f"/datasets/{restricted.dataset}").text
    assert _reason(page) == "approval"
    assert "/request" in page


@pytest.mark.parametrize("suffix", ["", "/terms", "/request"])
def test_private_datasets_are_nowhere_for_others(visitor, house, suffix):
    from commonhold.server.catalogue.models import Dataset

    home = house(visibility="private", terms="quite secret words")
    for name in (home.dataset, Dataset.objects.get(slug=home.dataset).public_id):
        for who in (None, home.reader):
            answer = visitor(who).get(f"/datasets/{name}{suffix}")
            if answer.status_code == 302:
                assert answer["Location"].startswith("/sign-in")
                continue
            missing = visitor(who).get(f"/datasets/no-such-thing{suffix}")
            assert answer.status_code == missing.status_code == 404
            assert home.dataset.title() not in answer.text
            assert "quite secret" not in answer.text
        assert visitor(home.publisher).get(f"/datasets/{name}").status_code == 200


@pytest.mark.parametrize(
    ("status", "code", "key"), [("removed", 410, "removed_reason"), ("withheld", 451, "withheld_reason")]
)
def test_removed_and_withheld_say_why_to_those_who_could_see_them(visitor, house, status, code, key):
    shown = house(status=status, **{key: "Asked for by its speakers."})
    answer = visitor().get(f"/datasets/{shown.dataset}")
    assert answer.status_code == code
    assert "Asked for by its speakers." in answer.text
    hidden = house(status=status, visibility="private", **{key: "Asked for by its speakers."})
    assert visitor().get(f"/datasets/{hidden.dataset}").status_code == 404
    assert visitor(hidden.reader).get(f"/datasets/{hidden.dataset}").status_code == 404
    assert visitor(hidden.publisher).get(f"/datasets/{hidden.dataset}").status_code == code


def test_texts_come_in_the_readers_language_with_a_label_otherwise(visitor, house):
    home = house(
        name={"en-US": "Greetings", "fr": "Salutations"},
        long_description={"en-US": "How people greet."},
        restrictions={"en-US": "Be kind.", "fr": "Soyez gentils."},
    )
    page = visitor().get(f"/datasets/{home.dataset}", accept_language="fr-CA,fr;q=0.8").text
    assert "Salutations" in page
    assert "Soyez gentils." in page
    assert "How people greet." in page
    assert page.count('class="fallback"') == 1
    english = visitor().get(f"/datasets/{home.dataset}", accept_language="en").text
    assert "Greetings" in english
    assert 'class="fallback"' not in english


def test_markdown_cannot_hurt_the_reader(visitor, house):
    evil = (
        "**bold** <script>alert(1)</script> [x](javascript:alert(1)) <img src=x onerror=alert(1)> "
        "![p](http://evil.example/p.png) [ok](https://example.org)"
    )
    home = house(long_description=evil, restrictions=evil, license="Own <b>licence</b>", format="<i>f</i>")
    for path in ("", "/terms"):
        page = visitor().get(f"/datasets/{home.dataset}{path}").text
        assert "<strong>bold</strong>" in page
        assert "<script>alert" not in page
        assert 'href="javascript:' not in page
        assert "<img" not in page
        assert "<b>licence" not in page
        assert 'rel="nofollow noopener noreferrer"' in page


def test_versions_sample_checksums_and_citation(visitor, make: Maker):
    organization = make.organization(name="Archive House")
    first = archive(make.folder, "first.tar.gz", b"1")
    second = archive(make.folder, "second.tar.gz", b"22")
    sample = archive(make.folder, "sample.tar.gz", b"3")
    slug = make.dataset(
        organization,
        name="Cited",
        versions=[{"file": str(first)}, {"file": str(second), "notes": "Mended *typos*."}],
        sample=str(sample),
        created="2024-05-01T00:00:00Z",
    )
    make.load()
    from commonhold.server.catalogue.models import Dataset

    dataset = Dataset.objects.get(slug=slug)
    page = visitor().get(f"/datasets/{slug}").text
    for version in dataset.versions.all():
        assert version.sha256 in page
    assert "<em>typos</em>" in page
    assert "sample.tar.gz" in page
    assert (
        f"Archive House (2024). Cited (version 2) [Data set]. Commonhold. http://localhost/datasets/{dataset.public_id}"
        in page
    )
    assert page.index("Version 2") < page.index("Version 1")
    assert page.count("than before") <= 1
    assert "The publisher has not said what changed." not in page


def test_the_panel_offers_every_way_to_download(visitor, house):
    home = house()
    stranger = visitor().get(f"/datasets/{home.dataset}").text
    tabs = re.findall(r'<section id="(by-\w+)"', stranger)
    assert tabs == ["by-page", "by-command", "by-python", "by-curl"]
    panel = stranger[stranger.index('id="by-page"') :]
    assert "/sign-in" in panel[: panel.index("</section>")]
    reader = visitor(home.reader)
    reader.post(f"/datasets/{home.dataset}/terms", read="yes", licence="yes", keep="yes")
    ready = reader.get(f"/datasets/{home.dataset}").text
    panel = ready[ready.index('id="by-page"') :]
    assert "Fetch it with this browser" in panel[: panel.index("</section>")]


def test_a_download_in_the_browser_is_charged_once_and_proven(visitor, house):
    from commonhold.server.access.models import AccessRecord, DailyUse
    from commonhold.server.accounts.models import Person
    from commonhold.server.catalogue.models import Dataset

    home = house()
    reader = visitor(home.reader)
    path = f"/datasets/{home.dataset}"
    refused = reader.post(f"{path}/download", form_at=path)
    assert (refused.status_code, refused["Location"].startswith("/datasets/")) == (302, True)
    person = Person.objects.get(email=home.reader)
    assert not AccessRecord.objects.filter(person=person.pk).exists()
    reader.post(f"{path}/terms", read="yes", licence="yes", keep="yes")
    first = reader.post(f"{path}/download", form_at=path)
    again = reader.post(f"{path}/download", form_at=path)
    assert first["Location"] == again["Location"]
    use = DailyUse.objects.get(organization=person.personal_organization.pk)
    assert use.downloads == 1
    ready = reader.get(first["Location"])
    version = Dataset.objects.get(slug=home.dataset).current_version
    assert version.sha256 in ready.text
    assert version.object_key.rsplit("/", 1)[1] in ready.text
    assert "no-store" in ready["Cache-Control"]
    assert visitor(home.publisher).get(first["Location"]).status_code == 404


def test_a_used_up_day_is_explained(visitor, house):
    from commonhold.server.accounts.models import Person
    from commonhold.server.organizations.models import Organization

    home = house()
    person = Person.objects.get(email=home.reader)
    Organization.objects.filter(personal_of=person).update(limits={"downloads": 0})
    reader = visitor(home.reader)
    reader.post(f"/datasets/{home.dataset}/terms", read="yes", licence="yes", keep="yes")
    answer = reader.post(f"/datasets/{home.dataset}/download", form_at=f"/datasets/{home.dataset}")
    assert answer.status_code == 429
    assert int(answer["Retry-After"]) > 0


@pytest.mark.parametrize(
    "path",
    [
        "/datasets/%00", "/datasets/a%00b", "/datasets/" + "a" * 200, "/datasets/..%2f..%2fetc%2fpasswd",
        "/datasets/%F0%9F%98%80", "/organizations/%00", "/agreements/%00.json", "/downloads/x", "/nowhere",
    ],
)  # fmt: skip
def test_names_that_cannot_be_are_nowhere(visitor, database, path):
    answer = visitor().get(path)
    assert answer.status_code in {302, 404}
