"""Pairs of schemas of MariaDB between which one kind of thing differs."""

from __future__ import annotations

from typing import NamedTuple


class Case(NamedTuple):
    """Two schemas between which one kind of thing differs.

    Attributes:
        what: which kind.
        one: the statements that make the one.
        other: the statements that make the other.
        rows: statements that put rows into the one.
        seen: a query that has the same result in both, once the one has become the other.
    """

    what: str
    one: tuple[str, ...]
    other: tuple[str, ...]
    rows: tuple[str, ...] = ()
    seen: str = ""


def _columns(what: str, one: str, other: str, *values: str, seen: str = "SELECT id, c FROM t ORDER BY id") -> Case:
    """A column `c` of a table whose other columns stay."""
    make = "CREATE TABLE t (id int PRIMARY KEY, a int, b int, c {})"
    rows = tuple(f"INSERT INTO t (id, a, b, c) VALUES ({number}, 1, 2, {value})" for number, value in enumerate(values))
    return Case(what, (make.format(one),), (make.format(other),), rows, seen if rows else "")


def _tables(what: str, one: str, other: str) -> Case:
    """The options of a table."""
    make = "CREATE TABLE t (a int, b varchar(20)) {}"
    rows = ("INSERT INTO t (a, b) VALUES (1, 'x'), (2, 'y')",)
    return Case(what, (make.format(one),), (make.format(other),), rows, "SELECT a, b FROM t ORDER BY a")


def _parts(what: str, one: str, other: str) -> Case:
    """Keys and constraints of a table."""
    make = "CREATE TABLE t (a int NOT NULL, b int NOT NULL, c varchar(20) NOT NULL, d date NOT NULL, e date NOT NULL{})"
    rows = ("INSERT INTO t VALUES (1, 2, 'x', '2020-01-01', '2020-01-02'), (3, 4, 'y', '2020-01-01', '2020-01-02')",)
    schemas = ((make.format(f", {text}" if text else ""),) for text in (one, other))
    return Case(what, *schemas, rows, "SELECT a, b, c FROM t ORDER BY a")


_PARENT = "CREATE TABLE p (a int NOT NULL, b varchar(10), z int, PRIMARY KEY (a), KEY kb (b))"
_ENUM = "enum('a','b','c')"
_COMPUTED = "CREATE TABLE t (a varchar(40), b int, {}, KEY k (g), UNIQUE (g), KEY l (b, g), CONSTRAINT f FOREIGN KEY (b) REFERENCES p (b))"
_TRIGGER = "CREATE TRIGGER {} BEFORE INSERT ON t FOR EACH ROW SET NEW.a = {}"
_EVENT = "CREATE EVENT e ON SCHEDULE EVERY {} DO SET @a = 1"

CASES = (
    Case("a table", (), ("CREATE TABLE `select` (`from` int COMMENT 'it''s 100% \\\\ \\n \"x\"')",)),
    Case("a name of odd letters", (), ("CREATE TABLE `t ``q` (`c``d, e)` int, `ünï.x` int, KEY `k(``)` (`c``d, e)`))",)),
    _tables("engine", "ENGINE=InnoDB", "ENGINE=MyISAM"),
    _tables("charset of a table and its columns", "CHARSET=latin1", "CHARSET=utf8mb4"),
    _tables("collation of a table", "CHARSET=utf8mb4 COLLATE=utf8mb4_bin", "CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci"),
    _tables("comment of a table", "", "COMMENT='it''s'"),
    _tables("comment of a table, another", "COMMENT='\\\\'", "COMMENT='a\\nb: :c %s'"),
    _tables("row format", "", "ROW_FORMAT=COMPACT"),
    _tables("options", "", "STATS_PERSISTENT=1 STATS_AUTO_RECALC=0 STATS_SAMPLE_PAGES=4 MIN_ROWS=2 MAX_ROWS=90"),
    _tables("options of an engine", "", "PAGE_COMPRESSED=1 PAGE_COMPRESSION_LEVEL=3"),
    _tables("options of Aria", "ENGINE=Aria", "ENGINE=Aria TRANSACTIONAL=0 PAGE_CHECKSUM=0 CHECKSUM=1 PACK_KEYS=1"),
    _tables("partitions", "", "PARTITION BY RANGE (a) (PARTITION p0 VALUES LESS THAN (2), PARTITION p1 VALUES LESS THAN MAXVALUE)"),
    _tables("other partitions", "PARTITION BY HASH (a) PARTITIONS 2", "PARTITION BY HASH (a) PARTITIONS 3"),
    _tables("versions of rows", "", "WITH SYSTEM VERSIONING"),
    _tables(
        "versions of rows in partitions",
        "",
        "WITH SYSTEM VERSIONING PARTITION BY SYSTEM_TIME (PARTITION p0 HISTORY, PARTITION pn CURRENT)",
    ),
    Case(
        "block size of a table and its keys",
        ("CREATE TABLE t (a int PRIMARY KEY, b int, KEY (b)) ROW_FORMAT=COMPRESSED KEY_BLOCK_SIZE=8",),
        ("CREATE TABLE t (a int PRIMARY KEY, b int, KEY (b))",),
    ),
    Case(
        "charset of a table, not of its column",
        ("CREATE TABLE t (c varchar(10) NOT NULL, d varchar(10)) CHARSET=latin1",),
        ("CREATE TABLE t (c varchar(10) CHARACTER SET latin1 NOT NULL, d varchar(10)) CHARSET=utf8mb4",),
        ("INSERT INTO t VALUES ('é', 'é')",),
        "SELECT hex(convert(c USING utf8mb4)), hex(convert(d USING utf8mb4)) FROM t",
    ),
    _columns("a type", "int", "bigint unsigned", "1", "NULL"),
    _columns("length", "varchar(10)", "varchar(300)", "'x'", "NULL"),
    _columns("precision", "decimal(10,2)", "decimal(12,2)", "1.25"),
    _columns("zerofill", "int unsigned", "int(5) unsigned zerofill", "7"),
    _columns("values of an enum", _ENUM, "enum('c','q,r','a','b')", "'a'", "'c'", "NULL"),
    _columns("values of a set", "set('x','y') NOT NULL", "set('y','z','x')", "'x,y'", "'y'", seen="SELECT id, find_in_set('x', c) > 0 FROM t ORDER BY id"),
    _columns("charset of a column", "varchar(10) CHARACTER SET latin1", "varchar(10)", "'é'", seen="SELECT hex(convert(c USING utf8mb4)) FROM t"),
    _columns("collation of a column", "varchar(10) COLLATE utf8mb4_bin", "varchar(10) COLLATE utf8mb4_unicode_ci", "'é'"),
    _columns("charset of an enum", f"{_ENUM} CHARACTER SET latin1", f"{_ENUM} CHARACTER SET utf8mb4", "'b'"),
    _columns("text and bytes", "varchar(10)", "varbinary(10)", "'x'", seen="SELECT hex(c) FROM t"),
    _columns("NOT NULL", "int", "int NOT NULL", "1"),
    _columns("a default", "int", "int DEFAULT 5", "1", "NULL"),
    _columns("another default", "varchar(10) DEFAULT 'a''b\\\\c'", "varchar(10) DEFAULT 'a\\nb'", "'x'"),
    _columns("a default of NULL", "varchar(10) DEFAULT 'NULL'", "varchar(10)", "'x'"),
    _columns("a default that is computed", "int DEFAULT 1", "int DEFAULT (a + 1)", "4"),
    _columns("a default of bits", "bit(3) DEFAULT b'101'", "bit(3) DEFAULT b'1'", "1"),
    _columns("a default of bytes", "blob", "blob DEFAULT 'ab'", "'x'"),
    _columns("the time of an update", "datetime", "datetime DEFAULT current_timestamp() ON UPDATE current_timestamp()", "'2020-01-01'"),
    _columns("fractions of seconds", "timestamp(3) NULL", "timestamp(6) NULL", "'2020-01-01'"),
    _columns("a comment", "int NOT NULL DEFAULT 3 COMMENT 'x'", "int NOT NULL DEFAULT 3 COMMENT 'it''s :y %s'", "1"),
    _columns("a column that is not seen", "int DEFAULT 4", "int INVISIBLE DEFAULT 4", "1"),
    _columns("a check on a column", "int", "int CHECK (c > 0)", "1"),
    _columns("JSON", "longtext", "json", "'{}'"),
    _columns("a compressed column", "varchar(100)", "varchar(100) COMPRESSED", "'x'"),
    _columns("a UUID", "char(36) CHARACTER SET latin1", "uuid", "'00000000-0000-1000-8000-000000000001'"),
    _columns("a point", "point", "point NOT NULL", "POINT(1, 2)", seen="SELECT ST_AsText(c) FROM t"),
    _columns("what is computed", "int AS (a + b) STORED", "int AS (a * b) STORED"),
    _columns("what is computed when read", "int AS (a + b) VIRTUAL", "int AS (a * b) VIRTUAL COMMENT 'x'"),
    _columns("computed when read, or kept", "int AS (a + b) VIRTUAL", "int AS (a + b) STORED"),
    _columns("computed, or not", "int AS (a + b) STORED", "int"),
    _columns("computed when read, or not", "int AS (a + b) VIRTUAL", "int"),
    _columns("an automatic number", "int NOT NULL, UNIQUE (c)", "int NOT NULL AUTO_INCREMENT, UNIQUE (c)", "1", "2"),
    _columns("an automatic number of what is 0", "int NOT NULL, UNIQUE (c)", "bigint NOT NULL AUTO_INCREMENT, UNIQUE (c)", "0", "2"),
    _columns("a column without versions", "int) WITH SYSTEM VERSIONING -- (", "int WITHOUT SYSTEM VERSIONING) WITH SYSTEM VERSIONING -- ("),
    _columns("a column of a table with versions", "int) WITH SYSTEM VERSIONING -- (", "bigint, d int) WITH SYSTEM VERSIONING -- (", "1"),
    Case(
        "letters of a name",
        ("CREATE TABLE t (Name int, KEY Ix (Name))",),
        ("CREATE TABLE t (name int, KEY ix (name))",),
        ("INSERT INTO t VALUES (5)",),
        "SELECT name FROM t",
    ),
    Case(
        "columns that come and go",
        ("CREATE TABLE t (id int, a int, KEY (a), CHECK (a > 0), g int AS (a + 1) VIRTUAL)",),
        ("CREATE TABLE t (id int, b int, KEY (b), CHECK (b > 0), g int AS (b + 1) VIRTUAL)",),
        ("INSERT INTO t (id, a) VALUES (1, 2)",),
        "SELECT id FROM t",
    ),
    Case(
        "a computed column that others use",
        ("CREATE TABLE t (a int, g int AS (a + 1) VIRTUAL, h int AS (g + 1) VIRTUAL, UNIQUE u (g, a), CHECK (g > 1), d int DEFAULT (a))",),
        ("CREATE TABLE t (a int, g int AS (a + 1) STORED, h int AS (g + 1) VIRTUAL, UNIQUE u (g, a), CHECK (g > 1), d int DEFAULT (a))",),
        ("INSERT INTO t (a) VALUES (1)",),
        "SELECT a, g, h FROM t",
    ),
    Case(
        "a computed column behind one that uses it",
        ("CREATE TABLE t (h int AS (a + 1) STORED, a int, d int DEFAULT (a))",),
        ("CREATE TABLE t (a int, g int AS (a * 2) VIRTUAL, h int AS (g + 1) STORED, d int DEFAULT (a))",),
        ("INSERT INTO t (a) VALUES (1)",),
        "SELECT a FROM t",
    ),
    Case(
        "a longer computed column with keys",
        ("CREATE TABLE p (b int PRIMARY KEY)", _COMPUTED.format("g varchar(30) AS (lcase(a)) VIRTUAL")),
        ("CREATE TABLE p (b int PRIMARY KEY)", _COMPUTED.format("g varchar(40) AS (lcase(a)) STORED")),
        ("INSERT INTO p VALUES (1)", "INSERT INTO t (a, b) VALUES ('X', 1)"),
        "SELECT a, b, g FROM t",
    ),
    Case(
        "a computed column with a check",
        ("CREATE TABLE t (a int, g int AS (a + 1) VIRTUAL, h int AS (g + 1) VIRTUAL, CONSTRAINT x CHECK (g > 1))",),
        ("CREATE TABLE t (a int, g int NOT NULL, h int AS (g + 1) VIRTUAL, CONSTRAINT x CHECK (g > 1))",),
        ("INSERT INTO t (a) VALUES (1)",),
        "SELECT a, g, h FROM t",
    ),
    _parts("a primary key", "", "PRIMARY KEY (a)"),
    _parts("columns of a primary key", "PRIMARY KEY (a, b)", "PRIMARY KEY (b) COMMENT 'x'"),
    _parts("a unique key", "", "UNIQUE (a)"),
    _parts("a unique key that is named", "UNIQUE u (a)", "UNIQUE u (a, b)"),
    _parts("a name of a unique key", "UNIQUE u (a)", "UNIQUE v (a)"),
    _parts("unique or not", "KEY k (a)", "UNIQUE k (a)"),
    _parts("an index", "", "KEY k (a)"),
    _parts("a name of an index", "KEY k (a)", "KEY `l m` (a)"),
    _parts("part of a column", "KEY k (c(3))", "KEY k (c(4))"),
    _parts("an order", "KEY k (a, b)", "KEY k (a, b DESC)"),
    _parts("kinds of indexes", "KEY k (c)", "FULLTEXT k (c)"),
    _parts("several full-text indexes", "", "FULLTEXT k (c), FULLTEXT (c)"),
    _parts("methods", "KEY k (a)", "KEY k (a) USING BTREE"),
    _parts("a comment of an index", "KEY k (a) COMMENT 'a''b'", "KEY k (a) COMMENT 'c'"),
    _parts("an index that is not used", "KEY k (a)", "KEY k (a) IGNORED"),
    _parts("names that are swapped", "KEY k (a), KEY l (b)", "KEY k (b), KEY l (a)"),
    _parts("names that move on", "KEY k (a), KEY l (b)", "KEY l (a), KEY m (b)"),
    _parts("a name that another one had by chance", "UNIQUE (a)", "KEY a (b), UNIQUE (a)"),
    _parts("several of a column", "KEY (a), KEY (b)", "KEY (a), KEY (a, b), UNIQUE (b), KEY (b, a)"),
    _parts("a check", "", "CHECK (a > 0)"),
    _parts("a check that is named", "CONSTRAINT x CHECK (a > 0)", "CONSTRAINT x CHECK (c <> 'a:b')"),
    _parts("a name of a check", "CONSTRAINT x CHECK (a > 0)", "CONSTRAINT y CHECK (a > 0)"),
    _parts("a period", "", "PERIOD FOR `p q` (d, e), UNIQUE (a, `p q` WITHOUT OVERLAPS)"),
    Case(
        "a spatial index",
        ("CREATE TABLE t (a point NOT NULL)",),
        ("CREATE TABLE t (a point NOT NULL, SPATIAL KEY (a))",),
    ),
    Case(
        "periods of versions",
        ("CREATE TABLE t (a int)",),
        (
            "CREATE TABLE t (a int, r timestamp(6) GENERATED ALWAYS AS ROW START, s timestamp(6) GENERATED ALWAYS AS ROW END INVISIBLE, PERIOD FOR SYSTEM_TIME (r, s)) WITH SYSTEM VERSIONING",
        ),
        ("INSERT INTO t (a) VALUES (1)",),
        "SELECT a FROM t",
    ),
    Case(
        "a primary key and its automatic number",
        ("CREATE TABLE t (a int NOT NULL, b int)",),
        ("CREATE TABLE t (a int NOT NULL, b int, id int AUTO_INCREMENT PRIMARY KEY)",),
        ("INSERT INTO t VALUES (1, 2), (3, 4)",),
        "SELECT a, b FROM t ORDER BY a",
    ),
    Case(
        "which column has the automatic number",
        ("CREATE TABLE t (a int AUTO_INCREMENT PRIMARY KEY, b int NOT NULL)",),
        ("CREATE TABLE t (a int NOT NULL, b bigint AUTO_INCREMENT PRIMARY KEY, UNIQUE (a))",),
        ("INSERT INTO t VALUES (7, 2), (8, 4)",),
        "SELECT a, b FROM t ORDER BY a",
    ),
    Case(
        "a foreign key",
        (_PARENT, "CREATE TABLE t (a int)"),
        (_PARENT, "CREATE TABLE t (a int, FOREIGN KEY (a) REFERENCES p (a))"),
        ("INSERT INTO p (a) VALUES (1)", "INSERT INTO t VALUES (1)"),
        "SELECT a FROM t",
    ),
    Case(
        "a foreign key that is named, with its index",
        (_PARENT, "CREATE TABLE t (a int, CONSTRAINT fk FOREIGN KEY (a) REFERENCES p (a))"),
        (_PARENT, "CREATE TABLE t (a int, CONSTRAINT fk FOREIGN KEY (a) REFERENCES p (a) ON DELETE CASCADE, b int, KEY ix (a, b))"),
    ),
    Case(
        "a name of a foreign key",
        (_PARENT, "CREATE TABLE t (a int, CONSTRAINT fk FOREIGN KEY (a) REFERENCES p (a))"),
        (_PARENT, "CREATE TABLE t (a int, CONSTRAINT fk2 FOREIGN KEY (a) REFERENCES p (a))"),
    ),
    Case(
        "what a foreign key does",
        (_PARENT, "CREATE TABLE t (a int, KEY (a), FOREIGN KEY (a) REFERENCES p (a) ON DELETE SET NULL ON UPDATE CASCADE)"),
        (_PARENT, "CREATE TABLE t (a int, KEY (a), FOREIGN KEY (a) REFERENCES p (a) ON DELETE NO ACTION)"),
    ),
    Case(
        "a type on both sides of a foreign key",
        (_PARENT, "CREATE TABLE t (a int, b varchar(10), FOREIGN KEY (a) REFERENCES p (a), FOREIGN KEY (b) REFERENCES p (b))"),
        (
            "CREATE TABLE p (a bigint NOT NULL, b varchar(20) CHARACTER SET latin1, z int, PRIMARY KEY (a), KEY kb (b))",
            "CREATE TABLE t (a bigint, b varchar(20) CHARACTER SET latin1, FOREIGN KEY (a) REFERENCES p (a), FOREIGN KEY (b) REFERENCES p (b))",
        ),
        ("INSERT INTO p (a, b) VALUES (1, 'x')", "INSERT INTO t VALUES (1, 'x')"),
        "SELECT * FROM t",
    ),
    Case(
        "the keys of both sides of a foreign key",
        (_PARENT, "CREATE TABLE t (a int, b varchar(10), KEY k (b), FOREIGN KEY (b) REFERENCES p (b))"),
        (
            "CREATE TABLE p (a int NOT NULL, b varchar(10), z int, PRIMARY KEY (z, a), UNIQUE kb (b, a), KEY kb2 (b))",
            "CREATE TABLE t (a int, b varchar(10), KEY k (b, a), FOREIGN KEY (b) REFERENCES p (b))",
        ),
        ("INSERT INTO p (a, b, z) VALUES (1, 'x', 0)", "INSERT INTO t VALUES (1, 'x')"),
        "SELECT * FROM t",
    ),
    Case(
        "an index beside that of a foreign key",
        (_PARENT, "CREATE TABLE t (a int, b int, FOREIGN KEY (a) REFERENCES p (a))"),
        (_PARENT, "CREATE TABLE t (a int, b int, FOREIGN KEY (a) REFERENCES p (a), KEY (a), KEY k (a, b))"),
    ),
    Case(
        "a foreign key to its own table",
        ("CREATE TABLE t (a int PRIMARY KEY, b int, FOREIGN KEY (b) REFERENCES t (a))",),
        ("CREATE TABLE t (a bigint PRIMARY KEY, b bigint, FOREIGN KEY (b) REFERENCES t (a))",),
        ("INSERT INTO t VALUES (1, 1), (2, 1)",),
        "SELECT * FROM t ORDER BY a",
    ),
    Case(
        "tables that need each other",
        (),
        (
            "CREATE TABLE a (id int PRIMARY KEY, b int, me int, FOREIGN KEY (me) REFERENCES a (id))",
            "CREATE TABLE b (id int PRIMARY KEY, a int, CONSTRAINT ba FOREIGN KEY (a) REFERENCES a (id))",
            "ALTER TABLE a ADD CONSTRAINT ab FOREIGN KEY (b) REFERENCES b (id)",
            "CREATE TABLE `0 child` (b int, FOREIGN KEY (b) REFERENCES b (id))",
        ),
    ),
    Case(
        "a table that is referred to is replaced",
        (_PARENT, "CREATE TABLE t (a int, FOREIGN KEY (a) REFERENCES p (a))"),
        ("CREATE TABLE p2 (a int PRIMARY KEY)", "CREATE TABLE t (a int, FOREIGN KEY (a) REFERENCES p2 (a))"),
    ),
    Case(
        "engines of tables that refer to each other",
        (_PARENT, "CREATE TABLE t (a int, FOREIGN KEY (a) REFERENCES p (a))"),
        (f"{_PARENT} ENGINE=MyISAM", "CREATE TABLE t (a int, KEY (a)) ENGINE=MyISAM"),
    ),
    Case(
        "partitions, or a foreign key",
        (_PARENT, "CREATE TABLE t (a int NOT NULL, b int, PRIMARY KEY (b), FOREIGN KEY (a) REFERENCES p (a))"),
        (_PARENT, "CREATE TABLE t (a int NOT NULL, b int, PRIMARY KEY (b, a), KEY (a)) PARTITION BY HASH (a) PARTITIONS 2"),
    ),
    Case(
        "what a foreign key refers to",
        ("CREATE TABLE p (a int PRIMARY KEY, b int NOT NULL)", "CREATE TABLE t (c int, CONSTRAINT fk FOREIGN KEY (c) REFERENCES p (a))"),
        ("CREATE TABLE p (a int UNIQUE, b int AUTO_INCREMENT PRIMARY KEY)", "CREATE TABLE t (c int, CONSTRAINT fk FOREIGN KEY (c) REFERENCES p (b))"),
        ("INSERT INTO p (a, b) VALUES (1, 1)", "INSERT INTO t VALUES (1)"),
        "SELECT a, b, c FROM p JOIN t",
    ),
    Case(
        "a column that a foreign key uses gets another name",
        ("CREATE TABLE p (a int PRIMARY KEY)", "CREATE TABLE t (b int, CONSTRAINT fk FOREIGN KEY (b) REFERENCES p (a))"),
        ("CREATE TABLE p (x int PRIMARY KEY)", "CREATE TABLE t (y int, CONSTRAINT fk FOREIGN KEY (y) REFERENCES p (x))"),
    ),
    Case(
        "a foreign key of several columns with no index of its own",
        ("CREATE TABLE p (a int, b int, PRIMARY KEY (a, b))", "CREATE TABLE t (c int, d int, e int, UNIQUE u (d, c, e))"),
        (
            "CREATE TABLE p (a int, b int, PRIMARY KEY (b, a))",
            "CREATE TABLE t (c int, d int, e int, UNIQUE u (d, c, e), CONSTRAINT `f k` FOREIGN KEY (d, c) REFERENCES p (b, a))",
        ),
    ),
    Case("a sequence", (), ("CREATE SEQUENCE `s q` START 5 INCREMENT 2 CACHE 10 CYCLE COMMENT 'x'",)),
    Case(
        "the numbers of a sequence",
        ("CREATE SEQUENCE s MAXVALUE 1000",),
        ("CREATE SEQUENCE s START 5 MINVALUE 4 MAXVALUE 90 INCREMENT 3 NOCACHE COMMENT 'x' ENGINE=MyISAM",),
    ),
    Case(
        "a sequence that falls",
        ("CREATE SEQUENCE s START -1 MINVALUE -99 MAXVALUE -1 INCREMENT -1",),
        ("CREATE SEQUENCE s START -5 MINVALUE -90 MAXVALUE -4 INCREMENT -2 CYCLE",),
    ),
    Case(
        "a default of a sequence",
        ("CREATE TABLE t (a int)",),
        ("CREATE SEQUENCE s", "CREATE TABLE t (a int DEFAULT nextval(s))", "CREATE TABLE u (a int DEFAULT nextval(s))"),
    ),
    Case(
        "a sequence becomes a table, and a table a view",
        ("CREATE SEQUENCE s", "CREATE TABLE v (a int)", "CREATE VIEW w AS SELECT a FROM v"),
        ("CREATE TABLE s (a int)", "CREATE VIEW v AS SELECT a FROM s", "CREATE SEQUENCE w"),
    ),
    Case(
        "views of views",
        ("CREATE TABLE t (a int)", "CREATE VIEW z AS SELECT a FROM t", "CREATE VIEW y AS SELECT z.a FROM z JOIN t"),
        (
            *("CREATE TABLE t (a int)", "CREATE VIEW y AS SELECT a FROM t WHERE a > 1", "CREATE VIEW z AS SELECT y.a FROM y"),
            "CREATE VIEW x AS SELECT a AS `x y` FROM z WHERE a IN (SELECT a FROM y)",
        ),
    ),
    Case(
        "the properties of a view",
        ("CREATE TABLE t (a int)", "CREATE VIEW v AS SELECT a FROM t"),
        (
            "CREATE TABLE t (a int)",
            "CREATE ALGORITHM=MERGE SQL SECURITY INVOKER VIEW v (b) AS SELECT a FROM t WHERE a > 'x\\\\''y' WITH LOCAL CHECK OPTION",
        ),
    ),
    Case(
        "a view with a function",
        (),
        (
            "CREATE FUNCTION `f x`(x int, y varchar(10)) RETURNS int DETERMINISTIC COMMENT 'it''s' RETURN x",
            "CREATE TABLE t (a int)",
            "CREATE VIEW v AS SELECT `f x`(a, 'z') AS b FROM t",
        ),
    ),
    Case(
        "routines",
        ("CREATE FUNCTION f(x int) RETURNS int RETURN x", "CREATE PROCEDURE r() SELECT 1"),
        (
            "CREATE FUNCTION f(x int) RETURNS int DETERMINISTIC RETURN x + 1",
            "CREATE PROCEDURE r(IN x int, OUT y int) MODIFIES SQL DATA SQL SECURITY INVOKER BEGIN SELECT 1; SELECT 2; END",
            "CREATE AGGREGATE FUNCTION g(x int) RETURNS int BEGIN DECLARE EXIT HANDLER FOR NOT FOUND RETURN 1; LOOP FETCH GROUP NEXT ROW; END LOOP; END",
        ),
    ),
    Case(
        "triggers",
        ("CREATE TABLE t (a int)", _TRIGGER.format("x", 1), _TRIGGER.format("y", 2), _TRIGGER.format("z", 3)),
        ("CREATE TABLE t (a int)", _TRIGGER.format("x", 1), _TRIGGER.format("z", 3), _TRIGGER.format("y", 4)),
    ),
    Case(
        "a trigger that goes",
        ("CREATE TABLE t (a int)", _TRIGGER.format("x", 1), _TRIGGER.format("y", 2), _TRIGGER.format("z", 3)),
        ("CREATE TABLE t (a int)", _TRIGGER.format("y", 2), _TRIGGER.format("z", 3)),
    ),
    Case(
        "when a trigger is fired",
        ("CREATE TABLE t (a int)", _TRIGGER.format("x", 1)),
        ("CREATE TABLE t (a int, b int)", _TRIGGER.format("x", 1).replace("INSERT", "UPDATE").replace("NEW.a", "NEW.b")),
    ),
    Case("an event", (_EVENT.format("1 DAY"),), (_EVENT.format("2 DAY STARTS '2030-01-01 00:00:00' COMMENT 'x'"),)),
)  # fmt: skip
