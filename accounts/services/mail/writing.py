"""What a mail says. One layout, no line that somebody else could have slipped in.

Plain text always; for kinds that have a template of it, the same in HTML beside it.
"""

from __future__ import annotations

import dataclasses
import functools
import json
import re
from collections.abc import Mapping

from django.conf import settings
from django.template import Context, Engine

from accounts.choices import MailKind
from kernel.errors import InvariantBroken
from kernel.text import one_line

_SUBJECT = "Subject: "
_MISSING = "\0"
# Mail that people choose to get: it looks as the pages do, and says where to choose otherwise.
_CHOSEN = frozenset({MailKind.NOTICE})
_LONGEST = 500
# "evil.example" and "https://..." in a name would be made into links by the reader's mail program.
_LOOKS_LIKE_LINK = re.compile(r"(?<=\w)\.(?=[^\W\d_])|://|(?<=\w)@(?=\w)")


@dataclasses.dataclass(frozen=True, slots=True)
class Letter:
    """A written mail.

    :param html: the same words as a page; empty: there is plain text alone.
    :param choices: where its reader chooses not to get the like any more; empty: nowhere.
    """

    to: str
    subject: str
    body: str
    html: str = ""
    choices: str = ""

    def to_bytes(self) -> bytes:
        """The form that is sealed."""
        return json.dumps(dataclasses.asdict(self)).encode()

    @classmethod
    def from_bytes(cls, plain: bytes) -> Letter:
        """The letter again."""
        return cls(**json.loads(plain))


def written(*, to: str, name: str, kind: MailKind, variables: Mapping[str, str]) -> Letter:
    """The mail of a kind. Its links begin with `base_url`, never with what a request said.

    Whatever people wrote themselves (names, descriptions of browsers) becomes one short line in
    which nothing reads as an address.

    :raises InvariantBroken: if the template is no mail or asks for what is not given.
    """
    safe = {key: _harmless(value) for key, value in variables.items()}
    context = {**safe, "name": _harmless(name), "base_url": settings.VAULTCRAFT_BASE_URL}
    first, _, rest = _rendered(f"mail/{kind.value}.txt", context).partition("\n")
    if not first.startswith(_SUBJECT):
        raise InvariantBroken(f"the mail {kind.value} has no subject")
    body = _rendered("mail/layout.txt", {**context, "body": rest.strip()})
    subject = one_line(first.removeprefix(_SUBJECT))
    if kind not in _CHOSEN:
        return Letter(to=to, subject=subject, body=body)
    return Letter(
        to=to,
        subject=subject,
        body=body,
        html=_rendered(f"mail/{kind.value}.html", {**context, "subject": subject}),
        choices=f"{settings.VAULTCRAFT_BASE_URL}/notifications/preferences",
    )


def _harmless(text: str) -> str:
    return _LOOKS_LIKE_LINK.sub(lambda found: f"{found.group()} ", one_line(text)[:_LONGEST])


def _rendered(template: str, context: Mapping[str, str]) -> str:
    escaped = template.endswith(".html")
    text = _engine().get_template(template).render(Context(context, autoescape=escaped))
    if _MISSING in text:
        raise InvariantBroken(f"{template} asks for {text.partition(_MISSING)[2].split()[0]}")
    return text


@functools.cache
def _engine() -> Engine:
    """A variable nobody gave is a mistake, not a gap. Plain text needs no escaping."""
    directories = [path for one in settings.TEMPLATES for path in one["DIRS"]]
    return Engine(dirs=directories, autoescape=False, string_if_invalid=f"{_MISSING}%s ")
