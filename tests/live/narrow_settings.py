"""The tests' settings, in which an address may read twice an hour."""

from kernel.rates.table import ClassRates, Rate, RouteClass
from vaultcraft.settings.test import *  # noqa: F403
from vaultcraft.settings.test import VAULTCRAFT_RATES as WIDE

VAULTCRAFT_RATES = {**WIDE, RouteClass.READS: ClassRates(address=Rate(2, 3_600))}
