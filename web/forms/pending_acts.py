"""Deciding about others' acts."""

from __future__ import annotations

from django import forms

from web.forms.fields import LineField


class DecisionForm(forms.Form):
    """Yes, no, or taking it back."""

    decision = forms.ChoiceField(
        choices=[("agree", "Agree"), ("reject", "Reject"), ("withdraw", "Withdraw")]
    )
    note = LineField(max_length=200, required=False, help_text="Kept with the act.")
