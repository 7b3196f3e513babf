"""The daily limits hold to the last download, however many ask at once."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import httpx

from tests.support.collection import Maker
from tests.support.site import Site


def test_200_requests_at_once_are_granted_exactly_the_limit(site: Site, make: Maker):
    organization = make.organization(daily_download_limit=30)
    people = [make.person(organization) for _ in range(4)]
    dataset = make.dataset(organization, agreed_by=[email for email, _ in people])
    make.load()

    def ask(number: int) -> int:
        key = people[number % len(people)][1]
        return site.post(f"/api/datasets/{dataset}/download", key=key).status_code

    with ThreadPoolExecutor(50) as pool:
        answers = Counter(pool.map(ask, range(200)))
    assert answers == {200: 30, 429: 170}
    account = site.get("/api/account", key=people[0][1]).json()
    assert account["limits"]["downloads"]["used"] == 30
    assert account["limits"]["downloads"]["remaining"] == 0


def test_one_large_dataset_can_be_had_whatever_the_bandwidth_limit(site: Site, make: Maker):
    organization = make.organization(daily_bandwidth_limit=1)
    email, key = make.person(organization)
    dataset = make.dataset(organization, agreed_by=[email])
    make.load()
    assert site.post(f"/api/datasets/{dataset}/download", key=key).status_code == 200
    refused = site.post(f"/api/datasets/{dataset}/download", key=key)
    assert refused.status_code == 429
    assert refused.json()["type"] == "bandwidth_limit"


def test_samples_and_piece_hashes_cost_no_quota(site: Site, make: Maker):
    organization = make.organization(daily_download_limit=1)
    email, key = make.person(organization)
    from tests.support.collection import archive

    sample = archive(make.folder, "small-sample.tar.gz", b"sample")
    dataset = make.dataset(organization, agreed_by=[email], sample=str(sample))
    make.load()
    for _ in range(3):
        answered = site.post(f"/api/datasets/{dataset}/sample-download", key=key)
        assert answered.status_code == 200
        assert site.get(f"/api/datasets/{dataset}/pieces", key=key).status_code == 200
    assert httpx.get(answered.json()["downloadUrl"], timeout=60).content == sample.read_bytes()
    assert site.get("/api/account", key=key).json()["limits"]["downloads"]["used"] == 0


def test_no_limit_is_no_limit(site: Site, make: Maker):
    organization = make.organization(daily_download_limit=None, request_limit=None)
    email, key = make.person(organization)
    dataset = make.dataset(organization, agreed_by=[email])
    make.load()
    statuses = {site.post(f"/api/datasets/{dataset}/download", key=key).status_code for _ in range(35)}
    assert statuses == {200}
    limits = site.get("/api/account", key=key).json()["limits"]
    assert limits["downloads"]["limit"] is None
    assert limits["downloads"]["remaining"] is None
    assert limits["downloads"]["used"] == 35
    assert limits["requests"]["limit"] is None
