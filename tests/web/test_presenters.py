"""How amounts and names read."""

import dataclasses
import datetime as dt

import pytest

from web.presenters.chrome import initials_of
from web.presenters.money import figure, shown, signed
from web.templatetags.faces import breakable, handles, labelled, when


@dataclasses.dataclass(frozen=True)
class Currency:
    code: str
    exponent: int


INR, USD, JPY, KWD = (
    Currency("INR", 2),
    Currency("USD", 2),
    Currency("JPY", 0),
    Currency("KWD", 3),
)


@pytest.mark.parametrize(
    ("amount_minor", "currency", "text"),
    [
        (1_00_000_00, INR, "₹1,00,000.00"),
        (12_34_56_789_01, INR, "₹12,34,56,789.01"),
        (-99, INR, "−₹0.99"),
        (1_234_567_89, USD, "$1,234,567.89"),
        (5_000, JPY, "¥5,000"),
        (0, USD, "$0.00"),
    ],
)
def test_amounts_are_grouped_as_their_market_does(amount_minor: int, currency: Currency, text: str):
    assert shown(amount_minor, currency) == text


def test_direction_gives_the_sign():
    assert signed(5_00, INR, direction="in") == "+₹5.00"
    assert signed(5_00, INR, direction="out") == "−₹5.00"
    assert signed(5_00, INR, direction="own") == "₹5.00"


def test_a_figure_splits_before_the_point():
    assert dataclasses.astuple(figure(1_00_000_50, INR)) == ("₹1,00,000", ".50")
    assert dataclasses.astuple(figure(700, JPY)) == ("¥700", "")
    assert figure(1_234, KWD).fraction == ".234"


@pytest.mark.parametrize(
    ("name", "letters"),
    [("Ananya Deshmukh", "AD"), ("Priya S Nair", "PN"), ("Bob", "B"), ("", "?"), ("(x) Y", "Y")],
)
def test_initials(name: str, letters: str):
    assert initials_of(name) == letters


def test_handles_stay_whole_and_the_rest_is_escaped():
    assert handles("<b> to VC-H801KD.") == (
        '<span class="">&lt;b&gt; to </span><span class="nowrap">VC-H801KD</span>'
        '<span class="">.</span>'
    )


def test_an_address_breaks_after_its_at_sign_and_is_escaped():
    assert breakable("<b>@acme.test") == "&lt;b&gt;@<wbr>acme.test"
    assert breakable("Erased") == "Erased"


def test_each_cell_of_a_list_says_what_stands_above_it():
    headers = [{"text": '<input type="checkbox">'}, {"text": "name"}, {"text": 'a "b"'}]
    cells = ['<td class="action-checkbox">x</td>', "<th>Alice</th>", "<td>1</td>"]
    assert labelled(cells, headers) == [
        '<td class="action-checkbox">x</td>',
        '<th data-label="Name">Alice</th>',
        '<td data-label="A &quot;b&quot;">1</td>',
    ]


def test_an_instant_says_utc_until_the_script_makes_it_local():
    at = dt.datetime(2026, 11, 20, 19, 30, tzinfo=dt.UTC)
    assert ">20 Nov 2026, 19:30 UTC</time>" in when(at)
    assert ">19:30 UTC</time>" in when(at, "clock")
    assert ">20 Nov 2026</time>" in when(at, "day")
