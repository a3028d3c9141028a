"""Housekeeping that belongs to no room."""

from django.core.management import call_command

from celery import shared_task


@shared_task(name="vaultcraft.tasks.clear_expired_sessions")
def clear_expired_sessions() -> None:
    """Delete browser sessions that ran out."""
    call_command("clearsessions")
