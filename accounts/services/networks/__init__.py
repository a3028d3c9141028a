"""Networks: from where a person may move money, and from where not yet.

Whoever has stolen a password, a session or a token sits somewhere else. So on a network that a
person was never seen on they may look at everything and move nothing for half an hour, which is
time to notice, unless the link that is e-mailed on request says that it was them.
"""

from __future__ import annotations

from accounts.services.networks.country_policies import set_country_policy
from accounts.services.networks.linking import (
    LINK_LIFETIME,
    confirm_network,
    network_of_link,
    send_network_link,
)
from accounts.services.networks.noting import note_network, note_networks, record_refused
from accounts.services.networks.revoking import revoke_network
from accounts.services.networks.standing import (
    NetworkStanding,
    asked_standings,
    foretell_network,
    from_known_network,
    require_known_network,
    require_trusted_network,
    standing_of,
)

__all__ = [
    "LINK_LIFETIME",
    "NetworkStanding",
    "asked_standings",
    "confirm_network",
    "foretell_network",
    "from_known_network",
    "network_of_link",
    "note_network",
    "note_networks",
    "record_refused",
    "require_known_network",
    "require_trusted_network",
    "revoke_network",
    "send_network_link",
    "set_country_policy",
    "standing_of",
]
