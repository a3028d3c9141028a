"""A wallet's account number: masked, and whole for its holder."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from rest_framework import serializers
from rest_framework.request import Request

from accounts import errors as accounts_errors
from api import fields, queries
from api.answers import Answer
from api.endpoint import Endpoint, actor_of, body_of
from api.schema.operations import operation
from api.v1.shapes import NoMembers
from kernel import clock
from kernel.context import reading
from kernel.rates.table import RouteClass
from wallets import errors as wallet_errors
from wallets.models import AccountNumber as AccountNumberRow
from wallets.queries import wallet_of
from wallets.services.account_numbers import reveal_account_number

TAG = "Wallets"
PATH = {"wallet": fields.WALLET_REFERENCE}


class AccountNumber(serializers.Serializer[Any]):
    """An account number as it is shown: its last digits."""

    masked = serializers.CharField(
        allow_null=True, help_text="Null for an old wallet whose number nobody asked for yet."
    )


class WholeAccountNumber(serializers.Serializer[Any]):
    """The whole number."""

    account_number = serializers.RegexField("^[0-9]{14}$")


class AccountNumberOfWallet(Endpoint):
    """For whoever may see the wallet."""

    @operation(
        "read_account_number",
        tag=TAG,
        summary="Read a wallet's account number, masked",
        response=AccountNumber,
        path=PATH,
        query=queries.Query,
        refusals=(wallet_errors.WalletNotFound,),
    )
    def get(self, request: Request, wallet: str) -> HttpResponse:
        """The last digits."""
        actor, _ = actor_of(request), queries.query_of(request)
        with reading(actor):
            found = wallet_of(actor=actor, wallet=wallet)
            row = AccountNumberRow.objects.filter(wallet=found).first()
        return Answer.of({"masked": row.masked if row else None}).response()


class RevealAccountNumber(Endpoint):
    """For the holder; of the organization's own wallets, for whoever may pay out of them."""

    rate = RouteClass.REVEALS

    @operation(
        "reveal_account_number",
        tag=TAG,
        summary="Read a wallet's whole account number",
        description="For people. Each time is noted in the audit record.",
        request=NoMembers,
        response=WholeAccountNumber,
        path=PATH,
        refusals=(
            accounts_errors.StepUpRequired,
            accounts_errors.DataShredded,
            wallet_errors.WalletNotFound,
        ),
    )
    def post(self, request: Request, wallet: str) -> HttpResponse:
        """The whole number."""
        body_of(request, NoMembers)
        number = reveal_account_number(actor=actor_of(request), wallet=wallet, now=clock.now())
        return Answer.of({"account_number": number}).response()
