"""Revision files: those there are, those that are to be made, and those that fail."""

from __future__ import annotations

from pathlib import Path

from support.cli import whimbrel
from support.projects import Rev, alembic_project, linear, write_revision
from whimbrel import errors

from .cases import SECRET, case, native, versions


@case(errors.RevisionFileBroken)
def revision_has_a_syntax_error(folder: Path) -> list[str]:
    command = native(folder)
    (versions(folder) / "dddd_.py").write_text("revision = 'dddd'\ndown_revision = computed(\n")
    return command


@case(errors.RevisionFileBroken)
def revision_body_has_a_syntax_error(folder: Path) -> list[str]:
    command = native(folder)
    path = write_revision(versions(folder), Rev("dddd", "cccc"))
    path.write_text(path.read_text() + "\ndef broken(:\n")
    return command


@case(errors.RevisionFileBroken)
def revision_imports_a_missing_module(folder: Path) -> list[str]:
    command = native(folder)
    path = write_revision(versions(folder), Rev("dddd", "cccc"))
    path.write_text(path.read_text().replace("import sqlalchemy as sa", "import no_such_module"))
    return command


@case(errors.RevisionFileBroken)
def file_in_versions_has_no_revision_id(folder: Path) -> list[str]:
    command = native(folder)
    (versions(folder) / "zz_helper.py").write_text("x = 1\n")
    return command


@case(errors.RevisionFileBroken)
def revision_is_latin_1(folder: Path) -> list[str]:
    command = native(folder)
    (versions(folder) / "dddd_.py").write_bytes(
        '"""caf\xe9"""\nrevision = "dddd"\ndown_revision = "cccc"\n'.encode("latin-1")
    )
    return command


@case(errors.RevisionFileBroken)
def revision_holds_nul_bytes(folder: Path) -> list[str]:
    command = native(folder)
    (versions(folder) / "dddd_.py").write_bytes(b"revision = 'dddd'\n\0\0\n")
    return command


@case(errors.RevisionFileBroken)
def revision_has_no_upgrade(folder: Path) -> list[str]:
    command = native(folder)
    (versions(folder) / "dddd_.py").write_text('revision = "dddd"\ndown_revision = "cccc"\n')
    return command


@case(errors.MultipleHeads)
def two_heads_and_head_is_asked_for(folder: Path) -> list[str]:
    return native(folder, revisions=[Rev("aaaa"), Rev("bbbb", "aaaa"), Rev("cccc", "aaaa")])


@case(errors.MultipleHeads)
def two_heads_and_a_new_revision(folder: Path) -> list[str]:
    native(folder, revisions=[Rev("aaaa"), Rev("bbbb", "aaaa"), Rev("cccc", "aaaa")])
    return ["revision", "-m", "x"]


@case(errors.HistoryBroken)
def revision_id_is_used_twice(folder: Path) -> list[str]:
    command = native(folder)
    (versions(folder) / "again.py").write_text((versions(folder) / "cccc_.py").read_text())
    return command


@case(errors.HistoryBroken)
def revisions_form_a_cycle(folder: Path) -> list[str]:
    return native(folder, revisions=[Rev("aaaa", "cccc"), Rev("bbbb", "aaaa"), Rev("cccc", "bbbb")])


@case(errors.HistoryBroken)
def revision_in_the_middle_is_missing(folder: Path) -> list[str]:
    return native(folder, revisions=[Rev("aaaa"), Rev("cccc", "bbbb")])


@case(errors.RevisionNotFound)
def target_is_unknown(folder: Path) -> list[str]:
    native(folder)
    return ["upgrade", "nope"]


@case(errors.RevisionAmbiguous)
def prefix_is_ambiguous(folder: Path) -> list[str]:
    native(folder, revisions=linear("aaaa1", "aaaa2"))
    return ["upgrade", "aaaa"]


@case(errors.TargetInvalid)
def upgrade_goes_past_head(folder: Path) -> list[str]:
    native(folder)
    return ["upgrade", "+9"]


@case(errors.TargetInvalid)
def downgrade_goes_below_base(folder: Path) -> list[str]:
    native(folder)
    whimbrel("upgrade", cwd=folder).ok()
    return ["downgrade", "-9"]


@case(errors.TargetInvalid)
def target_has_rubbish_behind_it(folder: Path) -> list[str]:
    native(folder)
    return ["upgrade", "+1abc"]


@case(errors.TargetInvalid)
def range_without_sql(folder: Path) -> list[str]:
    native(folder)
    return ["upgrade", "aaaa:bbbb"]


@case(errors.TargetInvalid)
def downgrade_sql_without_a_range(folder: Path) -> list[str]:
    native(folder)
    return ["downgrade", "base", "--sql"]


@case(errors.MigrationFailed)
def revision_raises(folder: Path) -> list[str]:
    return native(folder, revisions=[Rev("aaaa", upgrade="raise ValueError('boom')")])


@case(errors.MigrationFailed)
def revision_runs_bad_sql_with_a_secret_parameter(folder: Path) -> list[str]:
    return native(
        folder,
        revisions=[Rev("aaaa", upgrade=f"op.get_bind().execute(sa.text('SELECT :p FROM nope'), {{'p': '{SECRET}'}})")],
    )


@case(errors.MigrationFailed)
def env_py_project_runs_bad_sql(folder: Path) -> list[str]:
    alembic_project(folder, "sqlite:///app.db", [Rev("aaaa", upgrade="op.execute('SELECT * FROM nope')")])
    return ["upgrade", "head"]


@case(errors.RevisionDataInvalid)
def revision_id_climbs_out_of_the_folder(folder: Path) -> list[str]:
    native(folder)
    return ["revision", "-m", "x", "--rev-id", "../../../evil"]


@case(errors.RevisionDataInvalid)
def revision_id_is_too_long(folder: Path) -> list[str]:
    native(folder)
    return ["revision", "-m", "x", "--rev-id", "y" * 40]


@case(errors.RevisionDataInvalid)
def revision_id_exists(folder: Path) -> list[str]:
    native(folder)
    return ["revision", "-m", "x", "--rev-id", "aaaa"]


@case(errors.RevisionDataInvalid)
def branch_label_has_an_at_sign(folder: Path) -> list[str]:
    native(folder)
    return ["revision", "-m", "x", "--branch-label", "a@b"]


@case(errors.RevisionDataInvalid)
def branch_label_is_taken(folder: Path) -> list[str]:
    native(folder, revisions=[Rev("aaaa", labels=("billing",))])
    return ["revision", "-m", "x", "--head", "base", "--branch-label", "billing"]


@case(errors.FileRefused)
def folder_for_revisions_is_no_folder(folder: Path) -> list[str]:
    (folder / "whimbrel.toml").write_text("")
    (folder / "migrations").write_text("a file")
    return ["revision", "-m", "x"]


@case(errors.RevisionDataInvalid)
def file_template_climbs_out_of_the_folder(folder: Path) -> list[str]:
    native(folder)
    (folder / "whimbrel.toml").write_text('file_template = "../../%(rev)s"\n')
    return ["revision", "-m", "x"]


@case(errors.WouldOverwrite)
def init_into_a_folder_that_is_not_empty(folder: Path) -> list[str]:
    native(folder)
    return ["init", "migrations"]


@case(errors.CommandRefused)
def init_with_an_unknown_template(folder: Path) -> list[str]:
    return ["init", "-t", "nosuch", "alembic"]
