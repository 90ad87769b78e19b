"""AWS Signature Version 4 of a presigned request to connect to RDS, which is what the server takes for a password."""

from __future__ import annotations

import hashlib
import hmac
from datetime import UTC, datetime
from urllib.parse import quote

from ...record import TYPE_CHECKING

if TYPE_CHECKING:
    from .credentials import Credentials

_ALGORITHM, _SERVICE = "AWS4-HMAC-SHA256", "rds-db"
_LASTS = 900  # seconds, the most that RDS accepts
_NOT_ENCODED = "-._~"
_HTTPS = 443


def presigned(
    host: str, port: int, user: str, region: str, credentials: Credentials, now: datetime | None = None
) -> str:
    """The token.

    Args:
        host: of the database, as its certificate has it: the token is for this one.
        port: of the database.
        user: of the database, granted `rds_iam`.
        region: of AWS.
        credentials: who asks for it.
        now: when it begins to be valid; now by default.
    """
    time = (now or datetime.now(UTC)).strftime("%Y%m%dT%H%M%SZ")
    day = time[:8]
    scope = f"{day}/{region}/{_SERVICE}/aws4_request"
    parameters = {
        "Action": "connect",
        "DBUser": user,
        "X-Amz-Algorithm": _ALGORITHM,
        "X-Amz-Credential": f"{credentials.access_key}/{scope}",
        "X-Amz-Date": time,
        "X-Amz-Expires": str(_LASTS),
        "X-Amz-SignedHeaders": "host",
    }
    if credentials.session_token:
        parameters["X-Amz-Security-Token"] = credentials.session_token
    pairs = [f"{name}={quote(value, safe=_NOT_ENCODED)}" for name, value in parameters.items()]
    endpoint = f"[{host}]" if ":" in host else host
    signed_host = endpoint.lower() + ("" if port == _HTTPS else f":{port}")
    request = "\n".join(["GET", "/", "&".join(sorted(pairs)), f"host:{signed_host}", "", "host", _sha256("")])
    key = f"AWS4{credentials.secret_key}".encode()
    for part in (day, region, _SERVICE, "aws4_request"):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    text = "\n".join([_ALGORITHM, time, scope, _sha256(request)])
    signature = hmac.new(key, text.encode(), hashlib.sha256).hexdigest()
    return f"{endpoint}:{port}/?{'&'.join(pairs)}&X-Amz-Signature={signature}"


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
