"""Personal details of a case: checked, sealed under the person's key, opened."""

from __future__ import annotations

import dataclasses
import datetime as dt

from accounts.errors import InvalidProfile
from accounts.rules import checked_country
from accounts.services.vault import Place, blind_index, seal, unseal
from kernel.transactions import needs_transaction
from kyc.choices import IdType
from kyc.errors import DetailsInvalid
from kyc.models import Case
from kyc.policy import checked_birth_date, cleaned_legal_name, normalized_id_number

TABLE = "kyc_case"
SEALED = ("sealed_legal_name", "sealed_date_of_birth", "sealed_id_number")


@dataclasses.dataclass(frozen=True, slots=True)
class Details:
    """Who somebody says they are.

    :param country: ISO 3166-1 alpha-2, of the paper.
    """

    legal_name: str
    date_of_birth: dt.date
    country: str
    id_type: IdType
    id_number: str

    def __repr__(self) -> str:
        """Nothing: a repr ends in logs."""
        return "Details(...)"


def checked(details: Details, *, today: dt.date) -> Details:
    """The details in the one form that they are kept and compared in.

    :raises DetailsInvalid: if one of them cannot be accepted.
    """
    try:
        country = checked_country(details.country)
    except InvalidProfile as error:
        raise DetailsInvalid(error.detail, pointer="/country") from error
    if details.id_type not in IdType.values:
        raise DetailsInvalid("Choose one of the papers.", pointer="/id_type")
    id_type = IdType(details.id_type)
    return Details(
        legal_name=cleaned_legal_name(details.legal_name),
        date_of_birth=checked_birth_date(details.date_of_birth, today=today),
        country=country,
        id_type=id_type,
        id_number=normalized_id_number(details.id_number, id_type=id_type, country=country),
    )


def id_index(details: Details) -> bytes:
    """By which the same paper is found again, whoever shows it, without saying its number."""
    parts = (details.country, details.id_type.value, details.id_number)
    return blind_index(field="kyc_case.id_number", text="|".join(parts))


@needs_transaction
def put(*, case: Case, details: Details, now: dt.datetime) -> None:
    """Set the details of a case, sealed; the caller saves it.

    :raises DataShredded: if the person's data was erased.
    """
    case.country, case.id_type = details.country, details.id_type
    case.id_index = id_index(details)
    plain = (details.legal_name, details.date_of_birth.isoformat(), details.id_number)
    for column, text in zip(SEALED, plain, strict=True):
        sealed = seal(
            organization_id=case.organization_id,
            user_id=case.user_id,
            place=Place(TABLE, column, case.id),
            plain=text.encode(),
            now=now,
        )
        setattr(case, column, sealed)


@needs_transaction
def opened(case: Case) -> Details:
    """The details in clear: for whoever may see them, and has written down that they did.

    :raises DataShredded: if the person's data was erased.
    :raises kernel.sealing.Unreadable: if they are not those that were sealed for this case.
    """
    name, born, number = (_text(case, column) for column in SEALED)
    return Details(
        legal_name=name,
        date_of_birth=dt.date.fromisoformat(born),
        country=case.country,
        id_type=IdType(case.id_type),
        id_number=number,
    )


def _text(case: Case, column: str) -> str:
    return unseal(
        organization_id=case.organization_id,
        user_id=case.user_id,
        place=Place(TABLE, column, case.id),
        sealed=getattr(case, column),
    ).decode()
