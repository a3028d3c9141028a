"""Holds, fees, limits and refunds of the demo world: each page about them has life."""

from kernel.context import reading
from tests.operations.demo_world import ROOT_ACTOR
from wallets.models import FeeSchedule, LimitRule, Transfer, WalletHold


def test_a_hold_in_every_state(seeded):
    with reading(ROOT_ACTOR):
        holds = list(
            WalletHold.objects.order_by("created_at").values_list(
                "hold__state", "hold__amount_minor", "hold__captured_minor", "hold__released_minor"
            )
        )

    assert holds == [
        ("EXPIRED", 6_200_00, 0, 6_200_00),
        ("CAPTURED", 18_000_00, 15_500_00, 2_500_00),
        ("VOIDED", 11_400_00, 0, 11_400_00),
        ("OPEN", 9_500_00, 0, 0),
        ("OPEN", 1_12_100_00, 40_000_00, 0),
    ]


def test_what_was_given_back(seeded):
    with reading(ROOT_ACTOR):
        back = list(
            Transfer.objects.filter(kind="reversal", state="COMPLETED")
            .order_by("created_at")
            .select_related("reverses")
        )
        paid = [one.reverses.amount_minor if one.reverses else None for one in back]
        found = [
            (one.amount_minor == whole, one.fee_minor)
            for one, whole in zip(back, paid, strict=True)
        ]

    # The merchant is of another organization than the payer, whose own keeps its fee.
    assert found == [(True, 0), (False, 0)]


def test_a_fee_is_charged_from_the_day_it_was_set(seeded):
    with reading(ROOT_ACTOR):
        schedule = FeeSchedule.objects.get()
        charged = Transfer.objects.filter(fee_minor__gt=0, kind="transfer")

        assert charged.count() > 5
        assert charged.filter(created_at__lt=schedule.set_at).count() == 0
        assert charged.exclude(organization_id=schedule.organization_id).count() == 0
        assert LimitRule.objects.exclude(organization=None).count() == 1
