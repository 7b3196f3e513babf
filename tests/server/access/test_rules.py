"""The one policy, case by case."""

from dataclasses import replace

import pytest

from commonhold.server.access import rules
from commonhold.server.access.rules import Facts, Next, Reason
from commonhold.server.kit.viewer import ANONYMOUS, MEMBER, SCOPES, Viewer

OWN, OTHER = 1, 2
MEMBER_OF_OWN = Viewer(person=7, organization=OWN, memberships={OWN: MEMBER}, scopes=frozenset(SCOPES))
STRANGER = Viewer(person=8, organization=OTHER, memberships={OTHER: MEMBER}, scopes=frozenset(SCOPES))
PUBLIC = Facts(organization=OWN, visibility="public", status="published", has_agreed=True)
RESTRICTED = replace(PUBLIC, visibility="restricted")
PRIVATE = replace(PUBLIC, visibility="private")


def scoped(viewer: Viewer, *scopes: str) -> Viewer:
    return replace(viewer, scopes=frozenset(scopes))


@pytest.mark.parametrize(
    ("viewer", "facts", "reason"),
    [
        (STRANGER, None, Reason.NOT_FOUND),
        (STRANGER, PUBLIC, Reason.ALLOWED),
        (ANONYMOUS, PUBLIC, Reason.ALLOWED),
        (STRANGER, RESTRICTED, Reason.ALLOWED),
        (STRANGER, PRIVATE, Reason.MEMBERSHIP),
        (ANONYMOUS, PRIVATE, Reason.MEMBERSHIP),
        (MEMBER_OF_OWN, PRIVATE, Reason.ALLOWED),
        (scoped(STRANGER, "download"), PUBLIC, Reason.SCOPE),
        (STRANGER, replace(PUBLIC, status="removed"), Reason.REMOVED),
        (STRANGER, replace(PUBLIC, status="withheld"), Reason.WITHHELD),
        # What nobody but members could see does not tell others what became of it.
        (STRANGER, replace(PRIVATE, status="removed"), Reason.MEMBERSHIP),
        (STRANGER, replace(PRIVATE, status="withheld"), Reason.MEMBERSHIP),
        (MEMBER_OF_OWN, replace(PRIVATE, status="removed"), Reason.REMOVED),
    ],
)
def test_who_sees_a_dataset(viewer: Viewer, facts: Facts | None, reason: Reason):
    assert rules.see(viewer, facts).reason is reason


@pytest.mark.parametrize(
    ("viewer", "facts", "reason"),
    [
        (ANONYMOUS, PUBLIC, Reason.SIGN_IN),
        (STRANGER, None, Reason.NOT_FOUND),
        (STRANGER, PUBLIC, Reason.ALLOWED),
        (scoped(STRANGER, "read"), PUBLIC, Reason.SCOPE),
        (STRANGER, replace(PUBLIC, has_file=False), Reason.NO_FILE),
        (STRANGER, replace(PUBLIC, has_agreed=False), Reason.TERMS),
        # Agreement is asked of everyone, the publisher's own people included.
        (MEMBER_OF_OWN, replace(PUBLIC, has_agreed=False), Reason.TERMS),
        (STRANGER, RESTRICTED, Reason.APPROVAL),
        (STRANGER, replace(RESTRICTED, is_pending=True), Reason.APPROVAL),
        (STRANGER, replace(RESTRICTED, is_approved=True), Reason.ALLOWED),
        (STRANGER, replace(RESTRICTED, is_approved=True, has_agreed=False), Reason.TERMS),
        (MEMBER_OF_OWN, RESTRICTED, Reason.ALLOWED),
        (STRANGER, PRIVATE, Reason.MEMBERSHIP),
        (MEMBER_OF_OWN, PRIVATE, Reason.ALLOWED),
        (STRANGER, replace(PUBLIC, is_paid=True), Reason.PRICE),
        (STRANGER, replace(PUBLIC, is_paid=True, has_purchased=True), Reason.ALLOWED),
        (MEMBER_OF_OWN, replace(PUBLIC, is_paid=True), Reason.ALLOWED),
        (STRANGER, replace(PUBLIC, status="removed"), Reason.REMOVED),
    ],
)
def test_who_downloads_a_dataset(viewer: Viewer, facts: Facts | None, reason: Reason):
    assert rules.download(viewer, facts).reason is reason


def test_a_sample_needs_terms_but_no_purchase():
    priced = replace(PUBLIC, is_paid=True)
    assert rules.download_sample(STRANGER, priced).allowed
    assert rules.download_sample(STRANGER, replace(priced, has_agreed=False)).reason is Reason.TERMS


def test_every_refusal_says_what_to_do():
    refusals = [
        rules.SIGN_IN,
        rules.NOT_FOUND,
        rules.see(STRANGER, PRIVATE),
        rules.see(scoped(STRANGER), PUBLIC),
        rules.download(STRANGER, replace(PUBLIC, has_agreed=False)),
        rules.download(STRANGER, RESTRICTED),
        rules.download(STRANGER, replace(RESTRICTED, is_pending=True)),
        rules.download(STRANGER, replace(PUBLIC, is_paid=True)),
    ]
    for refusal in refusals:
        assert not refusal.allowed
        assert refusal.message.endswith((".", "”."))
    assert rules.download(STRANGER, replace(PUBLIC, has_agreed=False)).next is Next.AGREE
    assert rules.download(STRANGER, RESTRICTED).next is Next.REQUEST


def test_a_removal_tells_its_reason():
    facts = replace(PUBLIC, status="removed", status_reason="The speakers asked for it.")
    assert "The speakers asked for it." in rules.see(STRANGER, facts).message
