"""whimbrel's main job in one screen or two: a new project on SQLite, from models to history.

    .venv/bin/python tools/demo.py [--keep]      (or: make demo)

It writes a package with two models into a scratch folder, and then types the commands
that anybody would: no env.py, no ini file, nothing edited but the models.
"""

import argparse
import os
import shlex
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

MODELS = """\
from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Base(DeclarativeBase):
    pass


class Customer(Base):
    __tablename__ = "customers"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(80))


class Order(Base):
    __tablename__ = "orders"

    id: Mapped[int] = mapped_column(primary_key=True)
    customer_id: Mapped[int] = mapped_column(ForeignKey("customers.id"))
    total: Mapped[int]
"""
NAME = "    name: Mapped[str] = mapped_column(String(80))\n"
PHONE = "    phone: Mapped[str | None] = mapped_column(String(40))\n"


def main() -> int:
    parser = argparse.ArgumentParser(description="Show whimbrel at work on SQLite.")
    parser.add_argument("--keep", action="store_true", help="keep the scratch folder")
    keep = parser.parse_args().keep

    folder = Path(tempfile.mkdtemp(prefix="whimbrel-demo-"))
    try:
        play(folder)
    except subprocess.CalledProcessError as error:
        say(f"\nThe demo stops here: the last command ended with code {error.returncode}.")
        return error.returncode
    except KeyboardInterrupt:
        return 130
    finally:
        if keep:
            say(f"\nKept: {folder}")
        else:
            shutil.rmtree(folder)
    return 0


def play(folder: Path) -> None:
    models = folder / "shop" / "models.py"
    models.parent.mkdir()
    (models.parent / "__init__.py").touch()
    models.write_text(MODELS, encoding="utf-8")
    say("A project: two models in shop/models.py, and DATABASE_URL=sqlite:///shop.db")

    whimbrel(folder, "init")
    whimbrel(folder, "revision", "--autogenerate", "-m", "customers and orders")
    whimbrel(folder, "upgrade", "head")

    models.write_text(MODELS.replace(NAME, NAME + PHONE), encoding="utf-8")
    say(f"\nOne more column in shop/models.py:\n+{PHONE.rstrip()}")

    whimbrel(folder, "revision", "--autogenerate", "-m", "customer phone")
    whimbrel(folder, "upgrade", "head")
    whimbrel(folder, "status")
    whimbrel(folder, "downgrade", "-1")
    whimbrel(folder, "history")

    say("\nNext: README.md. For your own project: cd there, whimbrel init")


def whimbrel(folder: Path, *arguments: str) -> None:
    """Run the real command as a user would, from inside the project's folder."""
    say(f"\n$ whimbrel {shlex.join(arguments)}")
    subprocess.run(
        [sys.executable, "-m", "whimbrel", *arguments],
        cwd=folder,
        env=environment(),
        stdin=subprocess.DEVNULL,  # a demo asks nothing
        check=True,
    )


def environment() -> dict[str, str]:
    """Only DATABASE_URL says anything; whatever this shell has set for whimbrel does not."""
    inherited = {
        name: value
        for name, value in os.environ.items()
        if name not in ("ALEMBIC_CONFIG", "SQLALCHEMY_URL") and not name.startswith("WHIMBREL_")
    }
    return {**inherited, "DATABASE_URL": "sqlite:///shop.db"}


def say(text: str) -> None:
    print(text, flush=True)  # before the output of the command that follows


if __name__ == "__main__":
    sys.exit(main())
