"""The addresses of the house on a machine of one's own: all of them, and the mail it sent."""

from django.urls import path

from vaultcraft.urls import handler400, handler403, handler404, handler500, urlpatterns
from web.views import sent_mail

__all__ = ["handler400", "handler403", "handler404", "handler500", "urlpatterns"]

urlpatterns = [path("dev/mail", sent_mail.sent_mail, name="dev-mail"), *urlpatterns]
