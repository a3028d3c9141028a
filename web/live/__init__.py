"""What moves reaches the pages that show it: `GET /live`, a stream of server-sent events.

A small ASGI process of its own (`manage.py run_live`), because each open page holds a connection
for hours and gunicorn's threads are for requests. It reads the stream of events once, and tells
each page what concerns wallets that its person may see. Decision 69 says why it is built this way.
"""

PATH = "/live"
