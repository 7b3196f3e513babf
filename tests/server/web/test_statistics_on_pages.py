"""What a dataset's page tells of its use."""

import pytest

from tests.server.statistics.test_counting import BROWSER, grant
from tests.support.clock import hold
from tests.support.collection import Maker


@pytest.fixture(autouse=True)
def held(monkeypatch):
    return hold(monkeypatch)


@pytest.fixture
def counted(house):
    """A dataset that two people have fetched, as its page's numbers say."""
    from commonhold.server.catalogue.models import Dataset
    from commonhold.server.statistics.actions import count_downloads

    home = house()
    row = Dataset.objects.get(slug=home.dataset)
    for person in (1, 2):
        grant(row, 1, person=person)
    count_downloads()
    return home


def test_the_chart_has_a_name_and_a_table(visitor, counted):
    page = visitor().get(f"/datasets/{counted.dataset}").text
    assert "Downloads in the last 30 days: 2 in all, at most 2 in a day" in page
    assert page.count("<rect") == 60
    assert '<th scope="col">Downloads</th>' in page
    assert "2 downloads" in page
    assert 'style="' not in page


def test_looking_counts_once_and_costs_no_write(visitor, counted):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    from commonhold.server.statistics import views

    somebody = visitor(**{"user-agent": BROWSER})
    with CaptureQueriesContext(connection) as seen:
        for _ in range(3):
            somebody.get(f"/datasets/{counted.dataset}")
    assert not [query["sql"] for query in seen if not query["sql"].lstrip().startswith("SELECT")]
    assert not somebody.client.cookies.keys() - {"csrftoken"}
    somebody.client.head(f"/datasets/{counted.dataset}")
    views.write()
    assert "Views in the last 30 days: 1 in all" in somebody.get(f"/datasets/{counted.dataset}").text
    views.write()


def test_numbers_of_a_private_dataset_are_its_own_peoples(visitor, house, make: Maker):
    home = house(visibility="private")
    assert "in the last 30 days" in visitor(home.publisher).get(f"/datasets/{home.dataset}").text
    for who in (None, home.reader):
        assert "in the last 30 days" not in visitor(who).get(f"/datasets/{home.dataset}").text
