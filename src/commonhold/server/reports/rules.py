"""Pure decisions about reports: what they may be about, how they are answered, how many anybody may send."""

import ipaddress

from commonhold.server.catalogue.states import REMOVED, WITHHELD
from commonhold.server.kit.viewer import Viewer

COPYRIGHT, PERSONAL_DATA, ABUSE, OTHER = "copyright", "personal_data", "abuse", "other"
KINDS = (COPYRIGHT, PERSONAL_DATA, ABUSE, OTHER)

# A report that is not dismissed is answered with what becomes of its dataset.
OPEN, DISMISSED = "open", "dismissed"
DECISIONS = (DISMISSED, WITHHELD, REMOVED)
STATUSES = (OPEN, *DECISIONS)

LONGEST_MESSAGE = 5000
RATE = "10/hour"


def identity(viewer: Viewer, address: str) -> str:
    """Return under which name somebody's reports are counted: their own, else that of where they come from.

    One household has a whole IPv6 network of 64 bits: all its addresses count as one.
    """
    if viewer.person is not None:
        return f"reports:person:{viewer.person}"
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return "reports:nowhere"
    if parsed.version == 6:
        return f"reports:{ipaddress.ip_network((parsed, 64), strict=False)}"
    return f"reports:{parsed}"
