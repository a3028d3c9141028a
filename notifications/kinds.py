"""What people are told: each kind with its words, its topic and where it leads.

The words are made whenever somebody reads, so they are the same on the page, in the API and in
mail, and no table holds them. A sentence may name `{amount}` and `{detail}`.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping

from notifications.choices import Topic

TRANSFER, HOLD, ACT = "trf", "hld", "pac"


@dataclasses.dataclass(frozen=True, slots=True)
class Kind:
    """One kind of notice.

    :param title: what happened, in one line.
    :param sentence: what it means for the person.
    :param icon: of the sheet of icons.
    :param place: where it leads: a page, below which the subject has one where `subject` says so.
    :param subject: the prefix of the subject's public id; empty: the page alone.
    """

    name: str
    topic: Topic
    title: str
    sentence: str
    icon: str
    place: str
    subject: str = ""


@dataclasses.dataclass(frozen=True, slots=True)
class Channels:
    """How somebody is told of a topic."""

    in_app: bool = True
    email: bool = False


# Until somebody chooses. A mail for each payment is wished for, never assumed. Of what has no line
# here the room it happens in sends its mail in the act's own transaction, whatever anybody chose.
EMAIL_BY_CHOICE: Mapping[Topic, bool] = {
    Topic.MONEY_IN: False,
    Topic.MONEY_OUT: False,
    Topic.HOLDS: False,
    Topic.PAYOUTS: True,
}
ALWAYS_IN_APP = frozenset({Topic.SECURITY})


def usual(topic: Topic) -> Channels:
    """The channels of a topic for somebody who chose nothing."""
    return Channels(email=EMAIL_BY_CHOICE.get(topic, True))


def _money(name: str, topic: Topic, title: str, sentence: str, icon: str) -> Kind:
    return Kind(name, topic, title, sentence, icon, "transfers", TRANSFER)


def _hold(name: str, title: str, sentence: str, icon: str) -> Kind:
    return Kind(name, Topic.HOLDS, title, sentence, icon, "holds", HOLD)


def _act(name: str, title: str, sentence: str, icon: str) -> Kind:
    return Kind(name, Topic.ACTS, title, sentence, icon, "pending-acts", ACT)


def _verification(name: str, title: str, icon: str) -> Kind:
    return Kind(name, Topic.VERIFICATION, title, "{detail}.", icon, "verification")


def _security(name: str, title: str, sentence: str = "") -> Kind:
    sentence = sentence or "If this was not you, look at your security page now."
    return Kind(name, Topic.SECURITY, title, sentence, "shield-check", "security")


_KINDS = (
    _money(
        "money_received",
        Topic.MONEY_IN,
        "You received {amount}",
        "{detail}. It is in your wallet.",
        "arrow-down-left",
    ),
    _money(
        "money_sent",
        Topic.MONEY_OUT,
        "{amount} left your wallet",
        "{detail}. If you did not want this, freeze the wallet and look at your security page.",
        "arrow-up-right",
    ),
    _money(
        "money_moved",
        Topic.MONEY_OUT,
        "{amount} moved between your wallets",
        "{detail} from one wallet of yours to another.",
        "arrow-left-right",
    ),
    _hold(
        "hold_placed",
        "{amount} is reserved",
        "It stays in the wallet and cannot be spent until it is captured or released.",
        "lock",
    ),
    _hold("hold_voided", "{amount} is free again", "The hold was voided.", "lock-open"),
    _hold("hold_expired", "{amount} is free again", "The hold ran out.", "lock-open"),
    _money(
        "payout_completed",
        Topic.PAYOUTS,
        "A payout of {amount} was paid",
        "The bank confirmed it.",
        "landmark",
    ),
    _money(
        "payout_failed",
        Topic.PAYOUTS,
        "A payout of {amount} failed",
        "No bank was paid, and the money is free again in the wallet.",
        "circle-alert",
    ),
    _act(
        "act_waits",
        "A request waits for a second person",
        "{detail}: look at it, and agree or reject.",
        "hourglass",
    ),
    _act("act_agreed", "Your request was agreed to", "{detail}: it is done.", "circle-check"),
    _act(
        "act_failed",
        "Your request was agreed to and then refused",
        "{detail}: nothing has happened.",
        "circle-alert",
    ),
    _act(
        "act_rejected", "Your request was rejected", "{detail}: nothing has happened.", "circle-x"
    ),
    _act(
        "act_expired",
        "Nobody decided about your request in time",
        "{detail}: nothing has happened.",
        "clock",
    ),
    _verification("verification_approved", "You are verified", "circle-check"),
    _verification("verification_returned", "More is needed to verify you", "circle-alert"),
    _verification("verification_rejected", "You could not be verified", "circle-x"),
    _verification("verification_withdrawn", "Your verification was taken back", "circle-alert"),
    _security("password_changed", "Your password was changed"),
    _security("pin_set", "Your transaction PIN is another now"),
    _security(
        "pin_locked",
        "Your transaction PIN is locked",
        "It was wrong three times. It unlocks by itself; if that was not you, end your sessions.",
    ),
    _security("phone_changed", "Your phone number was changed"),
    _security("factor_added", "A second factor was added"),
    _security("factor_removed", "A second factor was removed"),
    _security("factors_reset", "Your lost second factors were reset"),
    _security("recovery_codes_issued", "You have new recovery codes", "All older ones are void."),
    _security("recovery_code_used", "A recovery code was used"),
    _security("device_added", "You signed in on a new device"),
    _security("network_added", "You were seen on a new network"),
    _security(
        "refresh_token_reused",
        "A session was ended for safety",
        "A used token came back, so somebody may have copied it. The session does not count now.",
    ),
    _security("role_changed", "You have another role", "Somebody of your house changed it."),
    _security(
        "api_key_issued",
        "An API key was issued",
        "It acts for your organization. Owners are told of each one.",
    ),
)
KINDS: Mapping[str, Kind] = {kind.name: kind for kind in _KINDS}
