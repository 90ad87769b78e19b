"""Views, functions, triggers, policies and rules, as they are in the catalog of PostgreSQL."""

from __future__ import annotations

from ....record import TYPE_CHECKING
from .sources import GRANTS, SCHEMAS, Source, behind, found, options

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from ....connect.driver import Query
    from .sources import Among, Found

VIEW, MATERIALIZED_VIEW = "view", "materialized view"
FUNCTION, PROCEDURE, AGGREGATE = "function", "procedure", "aggregate"
TRIGGER, POLICY, RULE = "trigger", "policy", "rule"

_VIEWS = (
    SCHEMAS
    + """
SELECT ns.schema, c.relname::text, c.relkind = 'm', c.oid::bigint, r.oid::bigint, c.reltype::bigint, y.typarray::bigint,
    rtrim(pg_get_viewdef(c.oid), ';'), c.reloptions, s.spcname::text, d.description,
    (SELECT string_agg(format('%I %s', a.attname, format_type(a.atttypid, a.atttypmod)), ', ' ORDER BY a.attnum)
        FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attnum > 0),
    CASE WHEN m.amname <> 'heap' THEN m.amname::text END, {grants}
FROM pg_class c JOIN ns ON ns.oid = c.relnamespace
JOIN pg_rewrite r ON r.ev_class = c.oid AND r.rulename = '_RETURN'
LEFT JOIN pg_type y ON y.oid = c.reltype LEFT JOIN pg_am m ON m.oid = c.relam
LEFT JOIN pg_tablespace s ON s.oid = c.reltablespace
LEFT JOIN pg_description d ON d.classoid = 'pg_class'::regclass AND d.objoid = c.oid AND d.objsubid = 0
WHERE c.relkind IN ('v', 'm') AND c.relpersistence <> 't'
    AND NOT EXISTS (SELECT FROM theirs WHERE classid = 'pg_class'::regclass AND objid = c.oid)
ORDER BY 1 NULLS FIRST, 2"""
)
_COLUMNS_OF_VIEWS = (
    SCHEMAS
    + """
SELECT c.oid::bigint, a.attname::text, pg_get_expr(e.adbin, e.adrelid), d.description
FROM pg_class c JOIN ns ON ns.oid = c.relnamespace JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0
LEFT JOIN pg_attrdef e ON e.adrelid = c.oid AND e.adnum = a.attnum
LEFT JOIN pg_description d ON d.classoid = 'pg_class'::regclass AND d.objoid = c.oid AND d.objsubid = a.attnum
WHERE c.relkind IN ('v', 'm') AND (e.oid IS NOT NULL OR d.description IS NOT NULL)"""
)

_FUNCTIONS = (
    SCHEMAS
    + """
SELECT ns.schema, format('%I(%s)', p.proname, coalesce(nullif(pg_get_function_identity_arguments(p.oid), ''),
        CASE WHEN p.prokind = 'a' THEN '*' END)), p.prokind::text,
    p.oid::bigint, CASE WHEN p.prokind <> 'a' THEN pg_get_functiondef(p.oid) END,
    format('%I.%I', ns.nspname, p.proname),
    concat(pg_get_function_arguments(p.oid), ' -> ', pg_get_function_result(p.oid)), d.description,
    CASE WHEN p.prokind = 'a' THEN ARRAY[
        'SFUNC = ' || a.aggtransfn::regproc, 'STYPE = ' || format_type(a.aggtranstype, NULL),
        'SSPACE = ' || nullif(a.aggtransspace, 0),
        'FINALFUNC = ' || nullif(a.aggfinalfn::oid, 0)::regproc, CASE WHEN a.aggfinalextra THEN 'FINALFUNC_EXTRA' END,
        CASE WHEN a.aggfinalfn <> 0 THEN 'FINALFUNC_MODIFY = ' || CASE a.aggfinalmodify WHEN 'r' THEN 'READ_ONLY'
            WHEN 's' THEN 'SHAREABLE' ELSE 'READ_WRITE' END END,
        'COMBINEFUNC = ' || nullif(a.aggcombinefn::oid, 0)::regproc,
        'SERIALFUNC = ' || nullif(a.aggserialfn::oid, 0)::regproc,
        'DESERIALFUNC = ' || nullif(a.aggdeserialfn::oid, 0)::regproc,
        'INITCOND = ' || quote_literal(a.agginitval),
        'MSFUNC = ' || nullif(a.aggmtransfn::oid, 0)::regproc,
        'MINVFUNC = ' || nullif(a.aggminvtransfn::oid, 0)::regproc,
        'MSTYPE = ' || format_type(nullif(a.aggmtranstype, 0), NULL), 'MSSPACE = ' || nullif(a.aggmtransspace, 0),
        'MFINALFUNC = ' || nullif(a.aggmfinalfn::oid, 0)::regproc,
        CASE WHEN a.aggmfinalextra THEN 'MFINALFUNC_EXTRA' END,
        CASE WHEN a.aggmfinalfn <> 0 THEN 'MFINALFUNC_MODIFY = ' || CASE a.aggmfinalmodify WHEN 'r' THEN 'READ_ONLY'
            WHEN 's' THEN 'SHAREABLE' ELSE 'READ_WRITE' END END,
        'MINITCOND = ' || quote_literal(a.aggminitval),
        'SORTOP = ' || (SELECT format('OPERATOR(%I.%s)', n.nspname, o.oprname) FROM pg_operator o
            JOIN pg_namespace n ON n.oid = o.oprnamespace WHERE o.oid = a.aggsortop),
        CASE p.proparallel WHEN 's' THEN 'PARALLEL = SAFE' WHEN 'r' THEN 'PARALLEL = RESTRICTED' END,
        CASE WHEN a.aggkind = 'h' THEN 'HYPOTHETICAL' END] END,
    p.proacl IS NOT NULL AND NOT EXISTS (SELECT FROM aclexplode(p.proacl) x WHERE x.grantee = 0), {grants}
FROM pg_proc p JOIN ns ON ns.oid = p.pronamespace LEFT JOIN pg_aggregate a ON a.aggfnoid = p.oid
LEFT JOIN pg_description d ON d.classoid = 'pg_proc'::regclass AND d.objoid = p.oid
WHERE NOT EXISTS (SELECT FROM theirs WHERE classid = 'pg_proc'::regclass AND objid = p.oid) AND NOT EXISTS (
    SELECT FROM pg_depend i WHERE i.classid = 'pg_proc'::regclass AND i.objid = p.oid AND i.deptype = 'i')
ORDER BY 1 NULLS FIRST, 2"""
)
_FUNCTION_KINDS = {"a": AGGREGATE, "p": PROCEDURE}

_RELATIONS = (
    SCHEMAS
    + """, relations AS (
    SELECT ns.schema, c.relname::text AS name, c.oid, c.oid::regclass::text AS known,
        format('%I.%I', ns.nspname, c.relname) AS long, c.relkind IN ('r', 'p') AS is_table
    FROM pg_class c JOIN ns ON ns.oid = c.relnamespace
    WHERE c.relkind IN ('r', 'p', 'v', 'm') AND NOT c.relispartition AND c.relpersistence <> 't'
        AND NOT EXISTS (SELECT FROM theirs WHERE classid = 'pg_class'::regclass AND objid = c.oid)
)"""
)
_TRIGGERS = (
    _RELATIONS
    + """
SELECT r.schema, r.name, r.is_table, r.known, r.long, t.tgname::text, t.oid::bigint,
    pg_get_triggerdef(t.oid), format('TRIGGER %I ', t.tgname), t.tgenabled::text, d.description
FROM relations r JOIN pg_trigger t ON t.tgrelid = r.oid AND NOT t.tgisinternal
LEFT JOIN pg_description d ON d.classoid = 'pg_trigger'::regclass AND d.objoid = t.oid
ORDER BY 1 NULLS FIRST, 2, 6"""
)
_RULES = (
    _RELATIONS
    + """
SELECT r.schema, r.name, r.is_table, r.known, r.long, w.rulename::text, w.oid::bigint,
    rtrim(pg_get_ruledef(w.oid), ';'), format('RULE %I AS', w.rulename), w.ev_enabled::text, d.description
FROM relations r JOIN pg_rewrite w ON w.ev_class = r.oid AND w.rulename <> '_RETURN'
LEFT JOIN pg_description d ON d.classoid = 'pg_rewrite'::regclass AND d.objoid = w.oid
ORDER BY 1 NULLS FIRST, 2, 6"""
)
_POLICIES = (
    _RELATIONS
    + """
SELECT r.schema, r.name, p.polname::text, p.oid::bigint, NOT p.polpermissive,
    CASE p.polcmd WHEN 'r' THEN 'SELECT' WHEN 'a' THEN 'INSERT' WHEN 'w' THEN 'UPDATE' WHEN 'd' THEN 'DELETE' END,
    (SELECT string_agg(quote_ident(a.rolname), ', ' ORDER BY a.rolname) FROM pg_roles a WHERE a.oid = ANY (p.polroles)),
    pg_get_expr(p.polqual, p.polrelid), pg_get_expr(p.polwithcheck, p.polrelid), d.description
FROM relations r JOIN pg_policy p ON p.polrelid = r.oid
LEFT JOIN pg_description d ON d.classoid = 'pg_policy'::regclass AND d.objoid = p.oid
ORDER BY 1 NULLS FIRST, 2, 3"""
)
_POLICY_FACTS = ("restrictive", "for", "to", "using", "with check", "comment")
PRIVATE = "ALL FROM PUBLIC"
"""What is taken from a function: everybody may call one that was just made."""
_ENABLED = {"D": "never", "R": "on replicas", "A": "always"}


def sources(among: Among) -> tuple[Source, ...]:
    """The queries for columns of views, views, functions, triggers, rules and policies.

    What belongs to a table is told with what belongs to none: it may call that.
    """
    return (
        Source(among.put_into(_COLUMNS_OF_VIEWS), ""),
        Source(among.put_into(_VIEWS, grants=GRANTS.format(list="c.relacl", owner="c.relowner")), ""),
        Source(among.put_into(_FUNCTIONS, grants=GRANTS.format(list="p.proacl", owner="p.proowner")), ""),
        *(Source(among.put_into(sql), "") for sql in (_TRIGGERS, _RULES, _POLICIES)),
    )


def read_routines(query: Query, among: Among) -> Iterator[Found]:
    """Views, functions, triggers, policies and rules. Reads the database."""
    columns, views, functions, triggers, rules, policies = sources(among)
    more: dict[int, dict[str, Any]] = {}
    for oid, column, default, comment in query(columns.sql):
        given = {f"default of {column}": default, f"comment on {column}": comment}
        more.setdefault(oid, {}).update(given)
    for row in query(views.sql):
        yield _view(more.get(row[3], {}), *row)
    for row in query(functions.sql):
        yield _function(*row)
    for row in query(triggers.sql):
        yield _event(TRIGGER, "pg_trigger", *row)
    for row in query(rules.sql):
        yield _event(RULE, "pg_rewrite", *row)
    for schema, table, name, oid, *words in query(policies.sql):
        told = dict(zip(_POLICY_FACTS, words, strict=True))
        yield found(POLICY, schema, name, told, ("pg_policy", oid), table=table)


def _view(
    more: dict[str, Any],
    schema: str | None,
    name: str,
    is_materialized: bool,
    oid: int,
    rule: int,
    row_type: int,
    array: int | None,
    definition: str,
    storage: list[str] | None,
    tablespace: str | None,
    comment: str | None,
    columns: str,
    access_method: str | None,
    grants: str | None,
) -> Found:
    given = {
        "definition": definition,
        "columns": columns,
        "options": options(storage),
        "access method": access_method,
        "tablespace": tablespace,
        "comment": comment,
        **more,
    }
    addresses = (("pg_class", oid), ("pg_rewrite", rule), ("pg_type", row_type), ("pg_type", array))
    kind = MATERIALIZED_VIEW if is_materialized else VIEW
    return found(kind, schema, name, given, *addresses, definition=grants or "")


def _function(
    schema: str | None,
    name: str,
    kind: str,
    oid: int,
    definition: str | None,
    head: str,
    signature: str,
    comment: str | None,
    aggregate: list[str | None] | None,
    is_private: bool,
    grants: str | None,
) -> Found:
    """A function is called by its name and the types that it takes, as it stands in a statement."""
    what = _FUNCTION_KINDS.get(kind, FUNCTION)
    if definition is None:
        told = ", ".join(filter(None, aggregate or ()))
    else:
        told = behind(definition, f"CREATE OR REPLACE {what.upper()} ", head).rstrip()
    given = {"definition": told, "signature": signature, "comment": comment}
    allowed = "\n".join(filter(None, [PRIVATE if is_private else "", grants]))
    return found(what, schema, name, given, ("pg_proc", oid), definition=allowed)


def _event(
    kind: str,
    catalog: str,
    schema: str | None,
    table: str,
    is_table: bool,
    known: str,
    long: str,
    name: str,
    oid: int,
    definition: str,
    head: str,
    enabled: str,
    comment: str | None,
) -> Found:
    """A trigger or a rule; what is on a view is part of no table."""
    is_constraint = definition.startswith("CREATE CONSTRAINT ")
    told = behind(definition, "CREATE ", "CONSTRAINT ", head).replace(f" {long}", f" {known}", 1).strip()
    given = {
        "definition": told,
        "constraint": is_constraint,
        "on": None if is_table else known,
        "enabled": _ENABLED.get(enabled),
        "comment": comment,
    }
    return found(kind, schema, name, given, (catalog, oid), table=table if is_table else None)
