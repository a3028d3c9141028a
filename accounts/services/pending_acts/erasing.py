"""What an erasure takes along: the person's name on the acts they asked for or decided."""

from __future__ import annotations

import uuid

from django.db.models import Q

from accounts.models import PendingAct
from accounts.rules import ERASED_NAME
from kernel.actor import ActorKind
from kernel.transactions import needs_transaction


@needs_transaction
def hold_acts_of(user_id: uuid.UUID) -> None:
    """Lock the acts whose names an erasure takes, by id, before it locks the person.

    Whoever decides one of them locks the act first and the people afterwards.
    """
    asked = Q(maker_kind=ActorKind.USER.value, maker_id=user_id)
    acts = PendingAct.objects.filter(asked | Q(checker_id=user_id)).order_by("id")
    list(acts.select_for_update(no_key=True).values_list("id", flat=True))


@needs_transaction
def erase_names(*, user_id: uuid.UUID, **_: object) -> None:
    """Leave the id alone; whoever reads the act later reads that it was an erased person's.

    What is decided takes no change that changes nothing: whoever is called that already stays.
    """
    asked = PendingAct.objects.filter(maker_kind=ActorKind.USER.value, maker_id=user_id)
    asked.exclude(maker_display=ERASED_NAME).update(maker_display=ERASED_NAME)
    checked = PendingAct.objects.filter(checker_id=user_id)
    checked.exclude(checker_display=ERASED_NAME).update(checker_display=ERASED_NAME)
