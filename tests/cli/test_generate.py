"""`admin generate`: a catalogue to measure by, that a site serves as any other."""

from pathlib import Path

from tests.cli.test_site_commands import one_line, run, run_json
from tests.support.site import start_site


def test_generated_datasets_are_listed_and_found(tmp_path: Path) -> None:
    data = str(tmp_path / "data")
    made = run_json("admin", "generate", "--datasets", "1100", "--data", data)
    assert made == {"organizations": 5, "datasets": 1100}
    assert "already has datasets" in one_line(run("admin", "generate", "--datasets", "1", "--data", data))
    assert "Seed 1 was used" in one_line(run("admin", "generate", "--datasets", "1", "--yes", "--data", data))
    with start_site(COMMONHOLD_DATA=data) as site:
        first = site.get("/api/v4/datasets/", params={"page": "last"}).json()
        assert 1000 < first["count"] < 1100, "private ones show to nobody here"
        found = site.get("/api/v4/datasets/search/", params={"q": "speech kannada"}).json()
        assert 0 < found["count"] < 300
        assert all("Kannada" in entry["name"]["en-US"] for entry in found["results"])
        again = site.get("/api/v4/datasets/search/", params={"q": "Karnataka கன்னடம்"}).json()
        assert again["count"] == 0


def test_the_same_seed_makes_the_same_datasets(tmp_path: Path) -> None:
    listed = []
    for name in ("one", "two"):
        data = str(tmp_path / name)
        run_json("admin", "generate", "--datasets", "60", "--seed", "7", "--data", data)
        with start_site(COMMONHOLD_DATA=data) as site:
            answer = site.get("/api/v4/datasets/", params={"page_size": 50}).json()
        listed.append([(entry["id"], entry["name"], entry["created"]) for entry in answer["results"]])
    assert listed[0] == listed[1]
