"""Who is in the demo world. Names are invented, and the domains reserved for examples."""

from __future__ import annotations

import dataclasses

PLATFORM_DOMAIN = "vaultcraft.example"


@dataclasses.dataclass(frozen=True, slots=True)
class OrganizationPlan:
    """An organization that registers itself in rupees."""

    key: str
    name: str
    domain: str


@dataclasses.dataclass(frozen=True, slots=True)
class PersonPlan:
    """Somebody who signs in: a member with a role, or staff with a platform role.

    :param organization: the key of the organization; None for platform staff.
    """

    key: str
    name: str
    role: str
    organization: str | None

    @property
    def email(self) -> str:
        """The address made of the name, as companies do."""
        domain = DOMAINS[self.organization] if self.organization else PLATFORM_DOMAIN
        return f"{self.name.lower().replace(' ', '.')}@{domain}"


ORGANIZATIONS = (
    OrganizationPlan("bank", "Deccan Lotus Bank", "deccanlotus.example"),
    OrganizationPlan("market", "Bazaarly Marketplace", "bazaarly.example"),
    OrganizationPlan("payroll", "Vetan Payroll Services", "vetan.example"),
)
DOMAINS = {organization.key: organization.domain for organization in ORGANIZATIONS}

STAFF = (
    PersonPlan("leela", "Leela Krishnan", "super_admin", None),
    PersonPlan("vikram", "Vikram Rao", "admin", None),
    PersonPlan("farah", "Farah Qureshi", "moderator", None),
)
OWNERS = (
    PersonPlan("ananya", "Ananya Iyer", "owner", "bank"),
    PersonPlan("neha", "Neha Kapoor", "owner", "market"),
    PersonPlan("suresh", "Suresh Venkataraman", "owner", "payroll"),
)
MEMBERS = (
    PersonPlan("rohan", "Rohan Deshpande", "admin", "bank"),
    PersonPlan("kavita", "Kavita Nair", "finance", "bank"),
    PersonPlan("meera", "Meera Joshi", "member", "bank"),
    PersonPlan("arjun", "Arjun Malhotra", "member", "bank"),
    PersonPlan("sana", "Sana Sheikh", "member", "bank"),
    PersonPlan("prakash", "Prakash Menon", "viewer", "bank"),
    PersonPlan("imran", "Imran Siddiqui", "admin", "market"),
    PersonPlan("divya", "Divya Pillai", "finance", "market"),
    PersonPlan("harpreet", "Harpreet Singh", "member", "market"),
    PersonPlan("tanvi", "Tanvi Kulkarni", "viewer", "market"),
    PersonPlan("pooja", "Pooja Banerjee", "admin", "payroll"),
    PersonPlan("aditya", "Aditya Ghosh", "finance", "payroll"),
    PersonPlan("lakshmi", "Lakshmi Reddy", "member", "payroll"),
    PersonPlan("joseph", "Joseph Fernandes", "viewer", "payroll"),
)
PEOPLE = {person.key: person for person in (*STAFF, *OWNERS, *MEMBERS)}

OWNER_OF = {person.organization: person.key for person in OWNERS}
FINANCE_OF = {person.organization: person.key for person in MEMBERS if person.role == "finance"}
CASHIER = "vikram"  # platform staff who record what came to the bank and what left it
FOUNDER = "leela"  # the platform's first person

# The order of demo.json: `make up` shows the first few.
SHOWN_FIRST = ("ananya", "meera", "neha", "aditya", "vikram", "leela")
IN_SHOWN_ORDER = (*SHOWN_FIRST, *(key for key in PEOPLE if key not in SHOWN_FIRST))
