"""Everything that `make bench` can measure, in the order in which it is prepared and run.

Copies of the database come first: they cannot be made once somebody is connected to it.
"""

from bench.measured import (
    backbone,
    http,
    large,
    live,
    overload,
    parts,
    peers,
    recognizing,
    together,
    writing,
)
from bench.measuring import Measurement

MEASUREMENTS: tuple[Measurement, ...] = (
    *writing.BOOKS,
    *parts.MEASUREMENTS,
    *recognizing.MEASUREMENTS,
    *http.OPEN,
    *large.MEASUREMENTS,
    *peers.MEASUREMENTS,
    *writing.MEASUREMENTS,
    *together.MEASUREMENTS,
    *http.MEASUREMENTS,
    *overload.MEASUREMENTS,
    *backbone.MEASUREMENTS,
    *live.MEASUREMENTS,
)
