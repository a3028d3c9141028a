"""Approvals: when one is asked for, how it is given, and how it is spent."""

from accounts.services.approvals.binding import Binding
from accounts.services.approvals.consuming import Presented, Spent, consume
from accounts.services.approvals.demands import Demand, Situation, asks, demand_of
from accounts.services.approvals.giving import LASTS, METHOD_OF, Proof, approve, ask_to_approve
from accounts.services.approvals.methods import methods_of
from accounts.services.approvals.policies import default_over_minor, set_approval_policy

__all__ = [
    "LASTS",
    "METHOD_OF",
    "Binding",
    "Demand",
    "Presented",
    "Proof",
    "Situation",
    "Spent",
    "approve",
    "ask_to_approve",
    "asks",
    "consume",
    "default_over_minor",
    "demand_of",
    "methods_of",
    "set_approval_policy",
]
