"""Whose name a token is made in: from the environment, from botocore where it is installed, from the shared file."""

from __future__ import annotations

import os

from ...errors import CredentialsMissing
from ...record import TYPE_CHECKING, Record
from ..driver import is_installed

if TYPE_CHECKING:
    from collections.abc import Mapping


class Credentials(Record):
    """What a request to AWS is signed with."""

    access_key: str
    secret_key: str
    session_token: str | None = None

    def __repr__(self) -> str:
        return f"<Credentials {self.access_key}>"


def find(where: str) -> Credentials:
    """The credentials: those of the environment, else what botocore finds, else those of the profile in the file.

    Args:
        where: for which database, for the message.

    Raises:
        CredentialsMissing: there are none.
    """
    found = _in_environment(os.environ) or (_by_botocore() if is_installed("botocore") else _in_file(os.environ))
    if found is None:
        raise CredentialsMissing(
            "there are no AWS credentials to make a token for RDS with",
            where=where,
            why=f"looked at AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, {_place(os.environ)}"
            + (" and what else botocore knows" if is_installed("botocore") else ""),
            state="nothing was changed",
            hint="export them" if is_installed("botocore") else "export them; for roles and SSO: pip install botocore",
        )
    return found


def _in_environment(environ: Mapping[str, str]) -> Credentials | None:
    key, secret = environ.get("AWS_ACCESS_KEY_ID"), environ.get("AWS_SECRET_ACCESS_KEY")
    return Credentials(key, secret, environ.get("AWS_SESSION_TOKEN") or None) if key and secret else None


def _by_botocore() -> Credentials | None:
    from botocore.exceptions import BotoCoreError
    from botocore.session import Session

    try:
        found = Session().get_credentials()
        if found is None:
            return None
        frozen = found.get_frozen_credentials()
    except BotoCoreError as error:  # a profile that there is not, an expired sign-in
        raise CredentialsMissing(
            "botocore cannot find the AWS credentials to make a token for RDS with",
            why=str(error),
            state="nothing was changed",
            hint="aws sts get-caller-identity shows the same",
        ) from error
    return Credentials(frozen.access_key, frozen.secret_key, frozen.token)


def _in_file(environ: Mapping[str, str]) -> Credentials | None:
    from configparser import Error, RawConfigParser

    parser = RawConfigParser()
    try:
        parser.read(_file(environ), encoding="utf-8")
    except (Error, UnicodeDecodeError) as error:
        raise CredentialsMissing(
            "the file with AWS credentials cannot be read",
            where=_file(environ),
            why=str(error).splitlines()[0],
            state="nothing was changed",
            hint="its sections are profiles: [default]",
        ) from error
    profile = _profile(environ)
    if not parser.has_section(profile):
        return None
    values = dict(parser.items(profile))
    key, secret = values.get("aws_access_key_id"), values.get("aws_secret_access_key")
    return Credentials(key, secret, values.get("aws_session_token") or None) if key and secret else None


def _file(environ: Mapping[str, str]) -> str:
    return os.path.expanduser(environ.get("AWS_SHARED_CREDENTIALS_FILE") or os.path.join("~", ".aws", "credentials"))


def _profile(environ: Mapping[str, str]) -> str:
    return environ.get("AWS_PROFILE") or "default"


def _place(environ: Mapping[str, str]) -> str:
    return f"[{_profile(environ)}] in {_file(environ)}"
