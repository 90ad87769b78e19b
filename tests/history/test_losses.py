"""What a revision file drops, read from its text."""

from __future__ import annotations

from pathlib import Path

import pytest

from whimbrel.history.losses import losses


def _file(folder: Path, body: str, name: str = "upgrade") -> str:
    path = folder / "revision.py"
    lines = "\n".join(f"    {line}" for line in body.splitlines())
    path.write_text(
        f"from alembic import op\n\ndef {name}():\n{lines}\n\ndef downgrade():\n    op.drop_table('made')\n"
    )
    return str(path)


@pytest.mark.parametrize(
    ("body", "dropped"),
    [
        ("op.drop_table('orders')", ["table orders"]),
        ("op.drop_column('orders', 'phone')", ["column orders.phone"]),
        ("with op.batch_alter_table('orders') as batch:\n    batch.drop_column('phone')", ["column orders.phone"]),
        ("op.execute('DROP TABLE IF EXISTS \"orders\"')", ["table orders"]),
        ("op.execute('alter table orders drop column phone')", ["column phone"]),
        ("op.execute('TRUNCATE orders')", ["rows of orders"]),
        ("op.drop_table('a')\nop.drop_table('a')", ["table a"]),
        ("op.drop_table(table_name='orders')", ["table orders"]),
        ("op.drop_column(table_name='orders', column_name='phone')", ["column orders.phone"]),
        ("op.drop_column('orders', column_name='phone')", ["column orders.phone"]),
        ("with op.batch_alter_table(table_name='o') as b:\n    b.drop_column(column_name='c')", ["column o.c"]),
        ("op.drop_table(name)", ["table …"]),
        ("op.execute(sa.text('DROP TABLE orders'))", ["table orders"]),
        ("op.get_bind().exec_driver_sql('DROP TABLE orders')", ["table orders"]),
        ("op.execute(sqltext='DROP TABLE orders')", ["table orders"]),
        ("op.execute('ALTER TABLE orders DROP phone')", ["column phone"]),
        ("op.execute('ALTER TABLE orders ADD x int, DROP `phone`')", ["column phone"]),
        ("op.execute('ALTER TABLE orders DROP IF EXISTS phone')", ["column phone"]),
        ("op.execute('ALTER TABLE orders DROP CONSTRAINT phone, ALTER COLUMN x DROP NOT NULL')", []),
        ("op.execute('ALTER TABLE orders ALTER x DROP DEFAULT; DROP INDEX y')", []),
        ("op.drop_index('ix', 'orders')\nop.create_table('x')", []),
        ("pass", []),
    ],
)
def test_what_upgrade_drops_is_named_and_what_downgrade_drops_is_not(
    body: str, dropped: list[str], tmp_path: Path
) -> None:
    assert losses(_file(tmp_path, body)) == dropped


def test_each_database_of_an_env_py_with_several_is_looked_at(tmp_path: Path) -> None:
    assert losses(_file(tmp_path, "op.drop_table('a')", "upgrade_users")) == ["table a"]


def test_a_file_that_cannot_be_read_drops_nothing_that_is_known(tmp_path: Path) -> None:
    (tmp_path / "broken.py").write_text("def upgrade(:\n")
    assert losses(str(tmp_path / "broken.py")) == losses(str(tmp_path / "none.py")) == []
