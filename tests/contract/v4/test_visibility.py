"""No list, count, facet, suggestion or correction differs because of a dataset that the viewer may not see."""

import json
from typing import Any

import pytest

from tests.contract.v4.conftest import World
from tests.support.site import unique

PATHS = (
    "datasets/", "datasets/?page=last", "datasets/search/", "datasets/search/?q={word}", "datasets/search/?q={word}&sort=newest",
    "datasets/search/?q={typo}", "datasets/search/?q=other+{word}", "datasets/search/?task=ASR&q={word}",
    "datasets/search/?visibility=private&q={word}", "datasets/search/?organization={organization}",
    "datasets/search/?q={secret}", "datasets/search/?q={secret_typo}", "datasets/autocomplete/?q={word}",
    "datasets/autocomplete/?q={secret}", "organizations/", "organizations/{organization}/", "datasets/{hidden}/",
    "datasets/{hidden}/versions/",
)  # fmt: skip


@pytest.mark.parametrize("kind", ["private", "withheld", "removed"])
def test_answers_are_the_same_before_and_after(world: World, kind: str) -> None:
    word, secret, hidden = (
        unique("kelp").replace("-", "x"),
        unique("quartz").replace("-", "x"),
        unique("hidden"),
    )
    for number in range(4):
        world.make.dataset(
            world.organization, name=f"{word} {number} names", short_description=f"{word} and other {word}",
            task="NLP" if number % 2 else "ASR",
        )  # fmt: skip
    world.make.dataset(world.organization, short_description=f"only here {word}")
    world.make.load()
    places = {
        "word": word, "secret": secret, "hidden": hidden, "organization": world.organization,
        "typo": word[:-1] + "é", "secret_typo": f"{secret[:3]}{secret[4:]}",
    }  # fmt: skip

    def answers(key: str | None) -> dict[str, Any]:
        found = {}
        for path in PATHS:
            answer = world.get(path.format(**places), key=key)
            found[path] = (answer.status_code, answer.json())
        return found

    viewers = [None, world.stranger_key]
    before = [answers(key) for key in viewers]
    fields = {"visibility": "private"} if kind == "private" else {"visibility": "private", "status": kind}
    world.make.dataset(
        world.organization, slug=hidden, name=f"{word} {word} {secret} names", long_description=f"{word} " * 50, task="LLM",
        format="SECRET", locale="tlh", license="MIT", **fields,
    )  # fmt: skip
    world.make.load()
    after = [answers(key) for key in viewers]
    for earlier, later in zip(before, after, strict=True):
        for path in PATHS:
            assert earlier[path] == later[path], path
    assert secret not in json.dumps(
        [after[0]["datasets/search/?q={secret}"], after[1]["datasets/autocomplete/?q={secret}"]]
    )
    if kind == "private":
        # Its own people see it, everywhere.
        assert world.get(f"datasets/search/?q={secret}", key=world.owner_key).json()["count"] == 1
        facets = world.get(f"datasets/search/?q={word}", key=world.owner_key).json()["facets"]
        assert {"value": "private", "count": 1} in facets["visibility"]
        assert world.get(f"datasets/autocomplete/?q={secret}", key=world.owner_key).json()["results"]
