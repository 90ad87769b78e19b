"""From a URL to a connection: plain or SQLAlchemy's, sync or async, with passwords kept out of every message."""
