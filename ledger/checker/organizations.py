"""Passes over what every reading of the books takes for granted: books, zones and exponents."""

from __future__ import annotations

from typing import LiteralString

from ledger.checker.passes import Pass

# Days of an organization whose zone PostgreSQL does not know are counted in UTC: the pass below
# names it, and the others go on.
ZONES: LiteralString = """
    (SELECT o.id AS organization_id, coalesce(z.name, 'UTC') AS zone
     FROM accounts_organization o LEFT JOIN pg_timezone_names z ON z.name = o.timezone)"""

ORGANIZATIONS = Pass(
    name="organizations",
    claim="each organization has its books, and a time zone that PostgreSQL knows",
    query="""
        SELECT o.id AS organization_id, 'organization' AS subject, o.id::text AS subject_id,
               CASE WHEN b.organization_id IS NULL THEN 'organization_has_books'
                    WHEN z.name IS NULL THEN 'organization_timezone_known' END AS rule,
               jsonb_build_object('slug', o.slug, 'timezone', o.timezone) AS facts
        FROM accounts_organization o
        LEFT JOIN ledger_books b ON b.organization_id = o.id
        LEFT JOIN pg_timezone_names z ON z.name = o.timezone
        WHERE %(organization)s::uuid IS NULL OR o.id = %(organization)s""",
)

# ISO 4217, by hand: what `ledger_currency` says decides what every amount is worth.
CURRENCIES = Pass(
    name="currencies",
    claim="currencies have the exponents of ISO 4217",
    query="""
        SELECT NULL::uuid AS organization_id, 'currency' AS subject, c.code::text AS subject_id,
               CASE WHEN c.exponent <> CASE
                    WHEN c.code IN ('BIF', 'CLP', 'DJF', 'GNF', 'ISK', 'JPY', 'KMF', 'KRW', 'PYG',
                                    'RWF', 'UGX', 'UYI', 'VND', 'VUV', 'XAF', 'XOF', 'XPF') THEN 0
                    WHEN c.code IN ('BHD', 'IQD', 'JOD', 'KWD', 'LYD', 'OMR', 'TND') THEN 3
                    WHEN c.code IN ('CLF', 'UYW') THEN 4
                    ELSE 2 END THEN 'currency_exponent' END AS rule,
               jsonb_build_object('exponent', c.exponent) AS facts
        FROM ledger_currency c""",
)

PASSES = (ORGANIZATIONS, CURRENCIES)
