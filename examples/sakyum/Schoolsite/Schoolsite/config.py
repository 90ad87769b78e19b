"""The application's configuration, and its database."""

from pathlib import Path

from flask_sqlalchemy import SQLAlchemy

from .secret import secret_key

base_dir = Path(__file__).resolve().parent.parent

db = SQLAlchemy()


class Config:
    """What Flask reads."""

    SECRET_KEY = secret_key
    SQLALCHEMY_DATABASE_URI = f"sqlite:///{base_dir / 'default.db'}"
