"""Under which name somebody's reports are counted."""

from commonhold.server.kit.viewer import ANONYMOUS, Viewer
from commonhold.server.reports.rules import identity


def test_people_are_counted_by_themselves_wherever_they_are():
    assert identity(Viewer(person=7), "192.0.2.1") == identity(Viewer(person=7), "198.51.100.1")
    assert identity(Viewer(person=7), "192.0.2.1") != identity(Viewer(person=8), "192.0.2.1")


def test_strangers_are_counted_by_address_and_households_by_network():
    assert identity(ANONYMOUS, "192.0.2.1") != identity(ANONYMOUS, "192.0.2.2")
    assert identity(ANONYMOUS, "2001:db8::1") == identity(ANONYMOUS, "2001:db8::ffff:1")
    assert identity(ANONYMOUS, "2001:db8::1") != identity(ANONYMOUS, "2001:db8:0:1::1")
    assert identity(ANONYMOUS, "") == identity(ANONYMOUS, "no address")
