"""Events: keeping one back, dating one, and stopping what would tell of it again."""

from __future__ import annotations

from tests.attacks.forging import Attack, attack

_EVENT = (
    "INSERT INTO events_outboxevent (id, name, version, organization_id, payload, actor_kind,"
    " request_id, occurred_at{column}) VALUES (gen_random_uuid(), 'accounts.session.opened', 1,"
    " %(acme)s, '{{}}', 'system', '', now() - interval '31 days'{value})"
)
_OUTBOX = "no privilege on table events_outboxevent"
_TO_COME = "'1000000000:1000000000:'"

ATTACKS: tuple[Attack, ...] = (
    attack(
        "calls sent whatever will ever be written",
        f"UPDATE events_relaycursor SET since = {_TO_COME}, until = NULL, position = 0,"
        " epoch = epoch + 1",
        by="events_relaycursor_past",
    ),
    attack(
        "says that a walk goes on up to what will be written",
        f"UPDATE events_relaycursor SET until = {_TO_COME}",
        by="events_relaycursor_past",
    ),
    attack(
        "calls its own event sent",
        _EVENT.format(column="", value=""),
        "UPDATE events_relaycursor SET since ="
        " ((pg_current_xact_id()::text::bigint + 1)::text || ':'"
        " || (pg_current_xact_id()::text::bigint + 1)::text || ':')::pg_snapshot",
        by="events_relaycursor_past",
    ),
    attack(
        "lets another broker begin behind what will be written",
        "INSERT INTO events_relaycursor (name, cluster, since, position, highest, epoch)"
        f" SELECT 'kafka', cluster, {_TO_COME}, 0, 0, 0 FROM events_relaycursor",
        by="events_relaycursor_past",
    ),
    attack(
        "marks a place behind what will be written",
        "INSERT INTO events_relaymark"
        " (name, stream_made_at, stream_last, since, position, noted_at)"
        f" VALUES ('events', now(), 0, {_TO_COME}, 0, now())",
        by="events_relaymark_past",
    ),
    attack(
        "hides how far the relay is behind",
        "UPDATE events_relaycursor SET highest = 9007199254740991",
        by="events_relaycursor_counts",
    ),
    attack(
        "leaves no number for the next relay",
        "UPDATE events_relaycursor SET epoch = 9223372036854775807",
        by="events_relaycursor_counts",
    ),
    attack(
        "says when an event was written",
        _EVENT.format(column=", written_at", value=", now() - interval '31 days'"),
        by=_OUTBOX,
    ),
    attack(
        "says in which transaction an inbox took an event",
        "INSERT INTO events_inboxentry (consumer, event_id, taken_at, noted_in)"
        " VALUES ('notices', gen_random_uuid(), now(), NULL)",
        by="no privilege on table events_inboxentry",
    ),
    attack(
        "says that the database came from elsewhere",
        "SELECT vaultcraft_outbox_moved('elsewhere')",
        by="42883 function vaultcraft_outbox_moved(unknown) does not exist",
    ),
    attack(
        "lets nothing be published again",
        "INSERT INTO events_inboxbeginning VALUES ('notices', '2100-01-01')",
        by="events_inboxbeginning_old",
    ),
    attack(
        "lets events be taken twice",
        "INSERT INTO events_inboxbeginning VALUES ('notices', now() - interval '40 days')",
        "UPDATE events_inboxbeginning SET forgotten_before = now() - interval '90 days'",
        by="events_inboxbeginning_old",
    ),
)
