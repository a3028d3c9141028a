"""Acts that wait for a second person, which acts do, approvals, and the platform's settings."""

from __future__ import annotations

from tests.attacks.field import UNSEEN
from tests.attacks.forging import Attack, attack

_TABLES = (
    "accounts_dualcontrolpolicy",
    "accounts_pendingact",
    "wallets_dualcontrolthreshold",
)
_NOT_TO_SIGN_IN = (*_TABLES, "accounts_approval")
_AGREED = "UPDATE accounts_pendingact SET state = 'agreed', checker_id = {}, decided_at = made_at"
_ASKED = (
    *("facts", "amount_minor", "currency", "kind", "organization_id", "maker_id", "maker_kind"),
    *("maker_person_id", "expires_at", "made_at", "reference", "fingerprint", "request_id"),
)
_BOUND = (
    *("user_id", "session_id", "organization_id", "kind", "source_wallet_id", "amount_minor"),
    *("destination_wallet_id", "fee_minor", "currency", "facts_hash", "method", "expires_at"),
)
_SETTING = (
    "INSERT INTO accounts_systemsetting (name, value, set_at)"
    " VALUES ('money.read_only', 'true', now())"
)
_STAFF_TAKE_TWO = (
    "INSERT INTO accounts_systemsetting (name, value, set_at)"
    " VALUES ('dual_control.staff', 'true', now())"
)
_REGISTRATION = "UPDATE accounts_systemsetting SET value = 'true' WHERE name = 'registration.open'"
_WAIT_LONGER = (
    "INSERT INTO accounts_systemsetting VALUES ('dual_control.lifetime_hours', '720', now())"
)
_SETTING_OFF = (
    "UPDATE accounts_systemsetting SET value = 'false', set_at = now()"
    " WHERE name = 'dual_control.staff'"
)
_TOUCHED = "UPDATE accounts_pendingact SET note = note WHERE id = %(consent)s"
_AS_AGREED = (
    "UPDATE accounts_dualcontrolpolicy SET journals = false, set_at = (SELECT decided_at"
    " FROM accounts_pendingact WHERE id = %(consent)s) WHERE organization_id = %(acme)s"
)
_SPENT = "UPDATE accounts_approval SET consumed_at = made_at, consumed_by = sha256('{}')"


def agreeing(act: str, checker: str) -> str:
    return f"{_AGREED.format(f'%({checker})s')} WHERE id = %({act})s"


def asking(**changed: str) -> str:
    """The act that waits, once more, with other columns."""
    changed = {"reference": "sha256('again')::text"} | changed
    return _copied("accounts_pendingact", "act", **changed)


def approving(**changed: str) -> str:
    """The approval once more, with other columns."""
    return _copied("accounts_approval", "acme_approval", **changed)


def _copied(table: str, row: str, **changed: str) -> str:
    pairs = ", ".join(f"'{column}', {value}" for column, value in changed.items())
    others = f" || jsonb_build_object({pairs})" if pairs else ""
    return (
        f"INSERT INTO {table} SELECT (r).* FROM (SELECT jsonb_populate_record(o, to_jsonb(o)"
        f" || jsonb_build_object('id', gen_random_uuid()){others}) AS r"
        f" FROM {table} o WHERE o.id = %({row})s) AS copied"
    )


ATTACKS: tuple[Attack, ...] = (
    attack("agrees to what it asked for", agreeing("act", "adam_user"),
           by="pending_act_two_people"),
    attack("agrees to what its key asked for", agreeing("act_of_key", "alice_user"),
           by="pending_act_two_people"),
    attack("rejects what it asked for",
           agreeing("act", "adam_user").replace("'agreed'", "'rejected'"),
           by="pending_act_two_people"),
    attack("lets somebody of another organization agree", agreeing("act", "charlie_user"),
           by="pending_act_checker_counts"),
    attack("lets somebody of another organization agree, with both in view",
           agreeing("act", "charlie_user"), by="pending_act_checker_counts",
           sees=("acme", "globex")),
    attack("lets somebody who was removed agree", agreeing("act", "gone_user"),
           by="pending_act_checker_counts"),
    attack("agrees as nobody",
           "UPDATE accounts_pendingact SET state = 'agreed', decided_at = made_at"
           " WHERE id = %(act)s", by="pending_act_decided"),
    attack("agrees without a time",
           "UPDATE accounts_pendingact SET state = 'agreed', checker_id = %(alice_user)s"
           " WHERE id = %(act)s", by="pending_act_decided"),
    attack("agrees after all to what was rejected", agreeing("decided", "alice_user"),
           by="pending_act_decided_once"),
    attack("has what was decided wait again",
           "UPDATE accounts_pendingact SET state = 'pending', checker_id = NULL, decided_at = NULL"
           " WHERE id = %(decided)s", by="pending_act_decided_once"),
    attack("says that another decided",
           "UPDATE accounts_pendingact SET checker_id = %(fay_user)s WHERE id = %(decided)s",
           by="pending_act_decided_once"),
    attack("agrees to what nobody decided in time",
           agreeing("overdue", "adam_user").replace("made_at", "now()"), by="pending_act_in_time"),
    attack("agrees eight days from now, when who agrees is no news any more",
           agreeing("act", "alice_user").replace("made_at", "made_at + interval '2 days'"),
           by="pending_act_decided_by_now"),
    attack("has what it asks for wait a year",
           asking(expires_at="o.made_at + interval '1 year'"), by="pending_act_ends"),
    *(attack(f"asks as a person at the door {door}, where nobody has a session",
             asking(door=f"'{door}'::text", session_id="NULL"), by="pending_act_maker_in_session")
      for door in ("task", "command")),
    attack("blanks the name of somebody who asked and is not erased",
           "UPDATE accounts_pendingact SET maker_display = 'Erased person' WHERE id = %(act)s",
           by="pending_act_names_the_living", scope="platform"),
    attack("blanks the name of somebody who decided and is not erased",
           "UPDATE accounts_pendingact SET checker_display = 'Erased person'"
           " WHERE id = %(decided)s", by="pending_act_names_the_living", scope="platform"),
    *(attack(f"{does} without a second person, under the platform's view",
             _STAFF_TAKE_TWO, statement,
             by="system_setting_by_two", scope="platform")
      for does, statement in (
          ("switches dual control of staff off", _SETTING_OFF),
          ("switches dual control of staff off, dated as an act of long ago",
           _SETTING_OFF.replace("now()", "(SELECT decided_at FROM accounts_pendingact"
                                " WHERE id = %(decided)s)")),
          ("opens registration", _REGISTRATION),
          ("sets how long acts wait", _WAIT_LONGER))),
    attack("agrees to what has expired", agreeing("expired", "adam_user"),
           by="pending_act_decided_once"),
    attack("ends what waits before its time",
           "UPDATE accounts_pendingact SET state = 'expired', decided_at = made_at"
           " WHERE id = %(act)s", by="pending_act_overdue"),
    *(attack(f"changes the {column} of what waits",
             f"UPDATE accounts_pendingact SET {column} = {column} WHERE id = %(act)s",
             by="no privilege on table accounts_pendingact")
      for column in _ASKED),
    attack("removes what waits", "DELETE FROM accounts_pendingact WHERE id = %(act)s",
           by="no privilege on table accounts_pendingact"),
    attack("removes all that waits", "TRUNCATE accounts_pendingact",
           by="no privilege on table accounts_pendingact"),
    attack("writes an act that was agreed to",
           asking(state="'agreed'", checker_id="%(alice_user)s::uuid", decided_at="now()"),
           by="pending_act_begins_pending"),
    attack("asks in the name of somebody else's key",
           asking(maker_kind="'api_key'", maker_id="%(globex_key)s::uuid"),
           by="pending_act_maker_of_key"),
    attack("hides who issued the key that asks",
           asking(maker_kind="'api_key'", maker_id="%(acme_key)s::uuid",
                  maker_person_id="%(fay_user)s::uuid"),
           by="pending_act_maker_of_key"),
    attack("hides who asks", asking(maker_person_id="%(fay_user)s::uuid"), by="pending_act_maker"),
    *(attack(f"asks as {who}",
             asking(maker_id=f"%({name})s::uuid", maker_person_id=f"%({name})s::uuid"),
             by="pending_act_maker_counts", sees=("acme", "globex"))
      for who, name in (("somebody of another organization", "charlie_user"),
                        ("somebody who was removed", "gone_user"),
                        ("the platform's staff", "olga_user"))),
    *(attack(f"asks in {which}", asking(session_id=session), by="pending_act_maker_in_session")
      for which, session in (("no session", "NULL"),
                             ("somebody else's session", "%(acme_session)s::uuid"))),
    attack("asks for something that was asked for", asking(reference="o.reference::text"),
           by="accounts_pendingact_reference_key"),
    attack("asks in another organization",
           "INSERT INTO accounts_pendingact (id, organization_id)"
           " VALUES (gen_random_uuid(), %(globex)s)",
           by="row security of accounts_pendingact"),
    *(attack(f"asks in the platform's name{how}",
             "INSERT INTO accounts_pendingact (id) VALUES (gen_random_uuid())",
             by="row security of accounts_pendingact", scope=scope)
      for how, scope in (("", ""), (", while signing in", "sign_in"))),
    *(attack(f"decides {whose} act{how}", agreeing(act, "charlie_user"), by=UNSEEN, scope=scope)
      for how, scope in (("", ""), (", while signing in", "sign_in"))
      for whose, act in (("another organization's", "globex_act"),
                         ("the platform's", "platform_act"))),
    *(attack(f"reads {table} without a context", f"SELECT FROM {table}", by=UNSEEN, sees=())
      for table in _TABLES),
    *(attack(f"reads another organization's {table}",
             f"SELECT FROM {table} WHERE organization_id = %(globex)s", by=UNSEEN)
      for table in _TABLES),
    *(attack(f"reads {table} while signing in", f"SELECT FROM {table}", by=UNSEEN, sees=(),
             scope="sign_in")
      for table in _NOT_TO_SIGN_IN),
    attack("lets one person do again what took two",
           "UPDATE accounts_dualcontrolpolicy SET roles = false, set_at = now()",
           by="dual_control_policy_loosened_by_two"),
    attack("lets one person do again what took two, by an act that was rejected",
           "UPDATE accounts_dualcontrolpolicy SET roles = false, set_at = (SELECT decided_at"
           " FROM accounts_pendingact WHERE id = %(decided)s)",
           by="dual_control_policy_loosened_by_two"),
    attack("writes an old consent again, so that it looks like one of now", _TOUCHED, _AS_AGREED,
           by="pending_act_decided_once"),
    attack("erases who gave an old consent, so that it looks like one of now",
           "UPDATE accounts_user SET email = 'erased-' || id || '@erased.invalid'"
           " WHERE id = %(gone_user)s",
           _TOUCHED.replace("note = note", "checker_display = 'Erased person'"), _AS_AGREED,
           by="dual_control_policy_loosened_by_two", scope="platform"),
    attack("says when somebody decided", "UPDATE accounts_pendingact SET decided_xid ="
           " pg_current_xact_id() WHERE id = %(consent)s",
           by="no privilege on table accounts_pendingact"),
    attack("gives its policy to another organization",
           "UPDATE accounts_dualcontrolpolicy SET organization_id = %(globex)s",
           by="no privilege on table accounts_dualcontrolpolicy"),
    attack("loosens another organization's policy",
           "UPDATE accounts_dualcontrolpolicy SET roles = false WHERE organization_id = %(globex)s",
           by=UNSEEN),
    attack("locks another organization in",
           "INSERT INTO accounts_dualcontrolpolicy (organization_id, roles, journals, terms,"
           " set_at) VALUES (%(globex)s, true, true, true, now())",
           by="row security of accounts_dualcontrolpolicy"),
    *(attack(f"{does} without a second person",
             f"UPDATE wallets_dualcontrolthreshold SET {change}",
             by="dual_control_threshold_loosened_by_two")
      for does, change in (("raises a threshold", "threshold_minor = threshold_minor + 1"),
                           ("switches a threshold off", "threshold_minor = NULL"),
                           ("leaves keys out of a threshold", "counts_keys = false"))),
    attack("raises a threshold as an act says that nobody agreed to",
           "UPDATE wallets_dualcontrolthreshold SET threshold_minor = 30000000000, set_at ="
           " (SELECT made_at FROM accounts_pendingact WHERE id = %(overdue)s)",
           by="dual_control_threshold_loosened_by_two"),
    attack("moves a threshold to another currency",
           "UPDATE wallets_dualcontrolthreshold SET currency_id = 'USD'",
           by="no privilege on table wallets_dualcontrolthreshold"),
    attack("sets a negative threshold",
           "UPDATE wallets_dualcontrolthreshold SET threshold_minor = -1",
           by="dual_control_threshold_amount"),
    attack("raises another organization's threshold",
           "UPDATE wallets_dualcontrolthreshold SET threshold_minor = 2"
           " WHERE organization_id = %(globex)s", by=UNSEEN),
    attack("has another organization's payments wait",
           "INSERT INTO wallets_dualcontrolthreshold (id, organization_id) VALUES"
           " (gen_random_uuid(), %(globex)s)",
           by="row security of wallets_dualcontrolthreshold"),
    *(attack(f"removes its {table}", f"DELETE FROM {table}", by=f"no privilege on table {table}")
      for table in ("accounts_dualcontrolpolicy", "wallets_dualcontrolthreshold")),
    attack("asks for approvals of less than nothing",
           "UPDATE accounts_organization SET approval_over_minor = -1",
           by="accounts_organization_approval_over"),
    attack("switches another organization's approvals off",
           "UPDATE accounts_organization SET approval_over_minor = NULL WHERE id = %(globex)s",
           by=UNSEEN),
    attack("spends an approval twice",
           _SPENT.format("one"), _SPENT.format("two"), by="accounts_approval_one_way"),
    attack("takes a spent approval back",
           _SPENT.format("one"),
           "UPDATE accounts_approval SET consumed_at = NULL, consumed_by = NULL",
           by="accounts_approval_one_way"),
    attack("spends an approval after its time",
           "UPDATE accounts_approval SET consumed_at = expires_at, consumed_by = sha256('x')",
           by="accounts_approval_in_time"),
    *(attack(f"changes the {column} of an approval",
             f"UPDATE accounts_approval SET {column} = {column} WHERE id = %(acme_approval)s",
             by="no privilege on table accounts_approval")
      for column in _BOUND),
    attack("removes an approval", "DELETE FROM accounts_approval",
           by="no privilege on table accounts_approval"),
    attack("approves for longer than five minutes",
           approving(expires_at="o.expires_at + interval '1 second'"),
           by="accounts_approval_short"),
    attack("writes an approval that is spent",
           approving(consumed_at="o.made_at", consumed_by="sha256('x')::text"),
           by="accounts_approval_begins_unused"),
    attack("approves in the name of a colleague", approving(user_id="%(fay_user)s::uuid"),
           by="accounts_approval_of_its_session"),
    attack("approves in a session of another organization",
           approving(session_id="%(globex_session)s::uuid"), by="accounts_approval_of_its_session",
           sees=("acme", "globex")),
    *(attack(f"{does} a setting of the installation{how}",
             statement, by="system_setting_of_platform", scope=scope)
      for how, scope in (("", ""), (", while signing in", "sign_in"))
      for does, statement in (
          ("changes", "UPDATE accounts_systemsetting SET value = 'false'"),
          ("adds", _SETTING))),
    *(attack(f"writes itself a key that records cash, issued by {who}",
             "INSERT INTO accounts_apikey SELECT (r).* FROM (SELECT jsonb_populate_record(o,"
             " to_jsonb(o) || jsonb_build_object('id', gen_random_uuid(), 'scopes',"
             " ARRAY['cash:write'], 'secret_hash', sha256('mine'), 'prefix', 'x',"
             f" 'created_by_id', {issuer})) AS r"
             " FROM accounts_apikey o WHERE o.id = %(acme_key)s) AS copied",
             by=by)
      for who, issuer, by in (
          ("nobody", "NULL::uuid", "accounts_apikey_by_two"),
          ("an owner", "%(alice_user)s::uuid", "accounts_apikey_cash_by_staff"),
          ("staff whom it does not see", "%(olga_user)s::uuid", "accounts_apikey_by_two"))),
    attack("renames a setting of the installation",
           "UPDATE accounts_systemsetting SET name = 'money.read_only'",
           by="no privilege on table accounts_systemsetting"),
    attack("removes a setting of the installation", "DELETE FROM accounts_systemsetting",
           by="no privilege on table accounts_systemsetting"),
)  # fmt: skip
