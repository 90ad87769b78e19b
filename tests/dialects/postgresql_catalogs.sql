-- What a schema is before, and after; rows that it has before; and what is asked of those at every stage.

-- === table
-- after
CREATE TABLE t (id integer PRIMARY KEY, a integer, b text);

-- === unlogged
-- before
CREATE TABLE t (id integer PRIMARY KEY, a integer, b text);
-- after
CREATE UNLOGGED TABLE t (id integer PRIMARY KEY, a integer, b text);
-- rows
INSERT INTO t (id, a, b) VALUES (1, 10, 'x'), (2, 20, 'y');
-- kept
SELECT * FROM t;

-- === storage parameters
-- before
CREATE TABLE t (id integer PRIMARY KEY, a integer, b text);
ALTER TABLE t SET (fillfactor = 50, toast.autovacuum_enabled = off);
-- after
CREATE TABLE t (id integer PRIMARY KEY, a integer, b text);
ALTER TABLE t SET (fillfactor = 60, parallel_workers = 2);
-- rows
INSERT INTO t (id, a, b) VALUES (1, 10, 'x'), (2, 20, 'y');
-- kept
SELECT * FROM t;

-- === replica identity
-- before
CREATE TABLE t (id integer PRIMARY KEY, a integer, b text);
ALTER TABLE t REPLICA IDENTITY FULL;
-- after
CREATE TABLE t (id integer PRIMARY KEY, a integer, b text);
ALTER TABLE t REPLICA IDENTITY USING INDEX t_pkey;
-- rows
INSERT INTO t (id, a, b) VALUES (1, 10, 'x'), (2, 20, 'y');
-- kept
SELECT * FROM t;

-- === replica identity of an index
-- before
CREATE TABLE t (id integer PRIMARY KEY, a integer, b text);
ALTER TABLE t ALTER a SET NOT NULL;
CREATE UNIQUE INDEX i ON t (a);
ALTER TABLE t REPLICA IDENTITY USING INDEX i;
CLUSTER t USING i;
-- after
CREATE TABLE t (id integer PRIMARY KEY, a integer, b text);
ALTER TABLE t ALTER a SET NOT NULL;
CREATE UNIQUE INDEX i ON t (a);
CREATE INDEX j ON t (b);
ALTER TABLE t CLUSTER ON j;
-- rows
INSERT INTO t (id, a, b) VALUES (1, 10, 'x'), (2, 20, 'y');
-- kept
SELECT * FROM t;

-- === row security
-- before
CREATE TABLE t (id integer PRIMARY KEY, a integer, b text);
-- after
CREATE TABLE t (id integer PRIMARY KEY, a integer, b text);
ALTER TABLE t ENABLE ROW LEVEL SECURITY;
ALTER TABLE t FORCE ROW LEVEL SECURITY;
-- rows
INSERT INTO t (id, a, b) VALUES (1, 10, 'x'), (2, 20, 'y');

-- === comments
-- before
CREATE TABLE t (id integer PRIMARY KEY, a integer, b text);
-- after
CREATE TABLE t (id integer PRIMARY KEY, a integer, b text);
COMMENT ON TABLE t IS 'it''s: 100%';
COMMENT ON COLUMN t.a IS 'ä';
COMMENT ON CONSTRAINT t_pkey ON t IS 'key';
-- rows
INSERT INTO t (id, a, b) VALUES (1, 10, 'x'), (2, 20, 'y');
-- kept
SELECT * FROM t;

-- === partitions
-- before
CREATE TABLE t (id integer PRIMARY KEY, a integer, b text);
-- after
CREATE TABLE t (id integer, a integer, b text, PRIMARY KEY (id, a)) PARTITION BY RANGE (a);

-- === heirs
-- before
CREATE TABLE p (a integer, b text);
CREATE TABLE q (c integer);
CREATE TABLE t (id integer PRIMARY KEY) INHERITS (p);
CREATE INDEX ON t (a);
-- after
CREATE TABLE p (a integer, b text);
CREATE TABLE q (c integer);
CREATE TABLE t (id integer PRIMARY KEY, a integer, b text) INHERITS (q);
-- rows
INSERT INTO t (id, a, b) VALUES (1, 10, 'x'), (2, 20, 'y');
-- kept
SELECT id, a, b FROM t;

-- === typed table
-- before
CREATE TYPE y AS (a integer, b text);
CREATE TABLE t (a integer, b text);
-- after
CREATE TYPE y AS (a integer, b text);
CREATE TABLE t OF y;
-- rows
INSERT INTO t VALUES (1, 'x');
-- kept
SELECT * FROM t;

-- === column
-- before
CREATE TABLE t (id integer PRIMARY KEY, a integer, b text);
-- after
CREATE TABLE t (id integer PRIMARY KEY, a integer, b text);
ALTER TABLE t ADD c integer, ADD d varchar(10) NOT NULL DEFAULT 'd';
-- rows
INSERT INTO t (id, a, b) VALUES (1, 10, 'x'), (2, 20, 'y');
-- kept
SELECT id, a, b FROM t;

-- === column renamed
-- before
CREATE TABLE t (id integer PRIMARY KEY, a integer, b text);
-- after
CREATE TABLE t (id integer PRIMARY KEY, c integer, b text);
-- rows
INSERT INTO t (id, a, b) VALUES (1, 10, 'x'), (2, 20, 'y');

-- === default
-- before
CREATE TABLE t (id integer PRIMARY KEY, a integer, b text);
-- after
CREATE TABLE t (id integer PRIMARY KEY, a integer, b text);
ALTER TABLE t ALTER a SET DEFAULT 3, ALTER b SET DEFAULT 'it''s';
-- rows
INSERT INTO t (id, a, b) VALUES (1, 10, 'x'), (2, 20, 'y');
-- kept
SELECT * FROM t;

-- === default changed
-- before
CREATE TABLE t (id integer PRIMARY KEY, a integer, b text);
ALTER TABLE t ALTER a SET DEFAULT 3;
-- after
CREATE TABLE t (id integer PRIMARY KEY, a integer, b text);
ALTER TABLE t ALTER a SET DEFAULT 4;
-- rows
INSERT INTO t (id, a, b) VALUES (1, 10, 'x'), (2, 20, 'y');

-- === not null
-- before
CREATE TABLE t (id integer PRIMARY KEY, a integer, b text);
-- after
CREATE TABLE t (id integer PRIMARY KEY, a integer, b text);
ALTER TABLE t ALTER a SET NOT NULL, ALTER b SET NOT NULL;
-- rows
INSERT INTO t (id, a, b) VALUES (1, 10, 'x'), (2, 20, 'y');
-- kept
SELECT * FROM t;

-- === type
-- before
CREATE TABLE t (id integer PRIMARY KEY, a integer, b text);
ALTER TABLE t ALTER a SET DEFAULT 7;
-- after
CREATE TABLE t (id integer PRIMARY KEY, a integer, b text);
ALTER TABLE t ALTER a TYPE varchar(20), ALTER a SET DEFAULT 'seven', ALTER b TYPE varchar(5);
-- rows
INSERT INTO t (id, a, b) VALUES (1, 10, 'x'), (2, 20, 'y');
-- kept
SELECT id, a::text, b FROM t;

-- === type of a key
-- before
CREATE TABLE p (id integer PRIMARY KEY);
CREATE TABLE t (id integer PRIMARY KEY, a integer REFERENCES p, b text);
-- after
CREATE TABLE p (id varchar(9) PRIMARY KEY);
CREATE TABLE t (id integer PRIMARY KEY, a varchar(9) REFERENCES p, b text);
-- rows
INSERT INTO p VALUES (10), (20);
INSERT INTO t (id, a, b) VALUES (1, 10, 'x'), (2, 20, 'y');
-- kept
SELECT id, a::text FROM t;

-- === truth
-- before
CREATE TABLE t (id integer PRIMARY KEY, a integer, b text);
-- after
CREATE TABLE t (id integer PRIMARY KEY, a integer, b text);
ALTER TABLE t ALTER a TYPE boolean USING true;
-- rows
INSERT INTO t VALUES (1, 1), (2, 0);
-- kept
SELECT id, a::integer FROM t;

-- === big truth
-- before
CREATE TABLE t (a bigint);
-- after
CREATE TABLE t (a boolean);
-- rows
INSERT INTO t VALUES (1), (0);
-- kept
SELECT a::integer FROM t;

-- === array
-- before
CREATE TABLE t (a varchar(10)[]);
-- after
CREATE TABLE t (a text[]);
-- rows
INSERT INTO t VALUES ('{a,b}');
-- kept
SELECT a FROM t;

-- === json
-- before
CREATE TABLE t (a text);
-- after
CREATE TABLE t (a jsonb);
-- rows
INSERT INTO t VALUES ('{"a": 1}');
-- kept
SELECT a::text FROM t;

-- === length
-- before
CREATE TABLE t (a varchar(10), n numeric(10, 2), z timestamp(3));
-- after
CREATE TABLE t (a varchar(20), n numeric(12, 2), z timestamptz);
-- rows
INSERT INTO t VALUES ('a', 1.5, now());
-- kept
SELECT a, n FROM t;

-- === collation
-- before
CREATE TABLE t (id integer PRIMARY KEY, a integer, b text);
-- after
CREATE TABLE t (id integer PRIMARY KEY, a integer, b text);
ALTER TABLE t ALTER b TYPE text COLLATE "C";
-- rows
INSERT INTO t (id, a, b) VALUES (1, 10, 'x'), (2, 20, 'y');
-- kept
SELECT * FROM t;

-- === storage
-- before
CREATE TABLE t (id integer PRIMARY KEY, a integer, b text);
-- after
CREATE TABLE t (id integer PRIMARY KEY, a integer, b text);
ALTER TABLE t ALTER b SET STORAGE EXTERNAL, ALTER b SET COMPRESSION pglz, ALTER a SET STATISTICS 0, ALTER b SET (n_distinct = 5);
-- rows
INSERT INTO t (id, a, b) VALUES (1, 10, 'x'), (2, 20, 'y');
-- kept
SELECT * FROM t;

-- === storage and type
-- before
CREATE TABLE t (a text);
ALTER TABLE t ALTER a SET STORAGE MAIN;
-- after
CREATE TABLE t (a jsonb);
ALTER TABLE t ALTER a SET STORAGE MAIN;

-- === generated
-- before
CREATE TABLE t (id integer PRIMARY KEY, a integer, b text);
-- after
CREATE TABLE t (id integer PRIMARY KEY, a integer GENERATED ALWAYS AS (id * 2) STORED, b text);
-- rows
INSERT INTO t (id, b) VALUES (1, 'x');
-- kept
SELECT id, b FROM t;

-- === generated otherwise
-- before
CREATE TABLE t (id integer PRIMARY KEY, a integer, b text GENERATED ALWAYS AS ('x' || 'y') STORED);
CREATE INDEX ON t (b);
-- after
CREATE TABLE t (id integer PRIMARY KEY, a integer, b text GENERATED ALWAYS AS ('y' || 'z') STORED);
CREATE INDEX ON t (b);
CREATE VIEW v AS SELECT b FROM t;
-- rows
INSERT INTO t (id, a) VALUES (1, 2);
-- kept
SELECT id, a FROM t;

-- === serial
-- before
CREATE TABLE t (id integer PRIMARY KEY, a integer, b text);
-- after
CREATE TABLE t (id serial PRIMARY KEY, a integer, b text);
-- rows
INSERT INTO t (id, a, b) VALUES (1, 10, 'x'), (2, 20, 'y');
-- kept
SELECT id FROM t;

-- === big serial
-- before
CREATE TABLE t (id serial PRIMARY KEY, a integer, b text);
-- after
CREATE TABLE t (id bigserial PRIMARY KEY, a integer, b text);
-- rows
INSERT INTO t (id, a, b) VALUES (1, 10, 'x'), (2, 20, 'y');
-- kept
SELECT id FROM t;

-- === identity
-- before
CREATE TABLE t (id integer PRIMARY KEY, a integer, b text);
-- after
CREATE TABLE t (id integer GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY, a integer, b text);
-- rows
INSERT INTO t (id, a, b) VALUES (1, 10, 'x'), (2, 20, 'y');
-- kept
SELECT id FROM t;

-- === serial to identity
-- before
CREATE TABLE t (id serial PRIMARY KEY, a integer, b text);
-- after
CREATE TABLE t (id bigint GENERATED BY DEFAULT AS IDENTITY (START 100 INCREMENT 5) PRIMARY KEY, a integer, b text);
-- rows
INSERT INTO t (id, a, b) VALUES (1, 10, 'x'), (2, 20, 'y');
-- kept
SELECT id FROM t;

-- === identity otherwise
-- before
CREATE TABLE t (id integer GENERATED BY DEFAULT AS IDENTITY (MINVALUE 1 START 5 CYCLE) PRIMARY KEY, a integer, b text);
-- after
CREATE TABLE t (id integer GENERATED BY DEFAULT AS IDENTITY (SEQUENCE NAME numbers INCREMENT -1 MINVALUE -100 MAXVALUE 100 START 50 CACHE 7) PRIMARY KEY, a integer, b text);
-- rows
INSERT INTO t (id, a, b) VALUES (1, 10, 'x'), (2, 20, 'y');
-- kept
SELECT id FROM t;

-- === identity bounds
-- before
CREATE TABLE t (id integer GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY, a integer, b text);
-- after
CREATE TABLE t (id integer GENERATED BY DEFAULT AS IDENTITY (MINVALUE 100 START 200) PRIMARY KEY, a integer, b text);
-- rows
INSERT INTO t (id, a, b) VALUES (1, 10, 'x'), (2, 20, 'y');
-- kept
SELECT id FROM t;

-- === identity always
-- before
CREATE TABLE t (id integer GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY, a integer, b text);
-- after
CREATE TABLE t (id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY, a integer, b text);
-- rows
INSERT INTO t (id, a, b) VALUES (1, 10, 'x'), (2, 20, 'y');
-- kept
SELECT id FROM t;

-- === new serial
-- before
CREATE TABLE t (id integer PRIMARY KEY, a integer, b text);
-- after
CREATE TABLE t (id integer PRIMARY KEY, a integer, b text, c serial);
COMMENT ON SEQUENCE t_c_seq IS 's';
-- rows
INSERT INTO t (id, a, b) VALUES (1, 10, 'x'), (2, 20, 'y');
-- kept
SELECT id, a FROM t;

-- === sequence
-- after
CREATE SEQUENCE s AS smallint INCREMENT BY -2 MINVALUE -50 MAXVALUE 70 START 60 CACHE 3 CYCLE;
COMMENT ON SEQUENCE s IS 's';

-- === sequence otherwise
-- before
CREATE SEQUENCE s AS smallint INCREMENT BY -2 MINVALUE -50 MAXVALUE 70 START 60 CACHE 3 CYCLE;
-- after
CREATE UNLOGGED SEQUENCE s START 9;

-- === sequence of a column
-- before
CREATE TABLE t (id integer PRIMARY KEY, a integer, b text);
CREATE SEQUENCE s;
ALTER TABLE t ALTER id SET DEFAULT nextval('s');
-- after
CREATE TABLE t (id integer PRIMARY KEY, a integer, b text);
CREATE SEQUENCE s OWNED BY t.id;
ALTER TABLE t ALTER id SET DEFAULT nextval('s');
-- rows
INSERT INTO t (id, a, b) VALUES (1, 10, 'x'), (2, 20, 'y');
-- kept
SELECT id FROM t;

-- === sequence as default
-- before
CREATE TABLE t (id integer PRIMARY KEY, a integer, b text);
-- after
CREATE TABLE t (id integer PRIMARY KEY, a integer, b text);
CREATE SEQUENCE s;
ALTER TABLE t ALTER a SET DEFAULT nextval('s');
-- rows
INSERT INTO t (id, a, b) VALUES (1, 10, 'x'), (2, 20, 'y');
-- kept
SELECT id FROM t;

-- === sequence renamed
-- before
CREATE TABLE t (id integer PRIMARY KEY, a integer, b text);
CREATE SEQUENCE s;
ALTER TABLE t ALTER a SET DEFAULT nextval('s');
-- after
CREATE TABLE t (id integer PRIMARY KEY, a integer, b text);
CREATE SEQUENCE r;
ALTER TABLE t ALTER a SET DEFAULT nextval('r');
-- rows
INSERT INTO t (id, a, b) VALUES (1, 10, 'x'), (2, 20, 'y');
-- kept
SELECT id FROM t;

-- === primary key
-- before
CREATE TABLE t (id integer, a integer, b text);
-- after
CREATE TABLE t (id integer PRIMARY KEY, a integer, b text);
-- rows
INSERT INTO t (id, a, b) VALUES (1, 10, 'x'), (2, 20, 'y');
-- kept
SELECT * FROM t;

-- === primary key otherwise
-- before
CREATE TABLE t (id integer PRIMARY KEY, a integer, b text);
-- after
CREATE TABLE t (id integer, a integer, b text, CONSTRAINT chosen PRIMARY KEY (id, a));
-- rows
INSERT INTO t (id, a, b) VALUES (1, 10, 'x'), (2, 20, 'y');
-- kept
SELECT * FROM t;

-- === primary key renamed
-- before
CREATE TABLE t (id integer, CONSTRAINT one PRIMARY KEY (id));
-- after
CREATE TABLE t (id integer, CONSTRAINT two PRIMARY KEY (id));

-- === primary key that is referred to
-- before
CREATE TABLE t (id integer PRIMARY KEY, a integer, b text);
CREATE TABLE c (t integer REFERENCES t);
-- after
CREATE TABLE t (id integer, a integer, b text, UNIQUE (id), PRIMARY KEY (id, a));
CREATE TABLE c (t integer REFERENCES t (id));
-- rows
INSERT INTO t (id, a, b) VALUES (1, 10, 'x'), (2, 20, 'y');
INSERT INTO c VALUES (1);
-- kept
SELECT * FROM c;

-- === unique
-- before
CREATE TABLE t (id integer PRIMARY KEY, a integer, b text);
-- after
CREATE TABLE t (id integer PRIMARY KEY, a integer, b text);
ALTER TABLE t ADD UNIQUE NULLS NOT DISTINCT (a) INCLUDE (b), ADD CONSTRAINT u UNIQUE (b) WITH (fillfactor = 70) DEFERRABLE INITIALLY DEFERRED;
-- rows
INSERT INTO t (id, a, b) VALUES (1, 10, 'x'), (2, 20, 'y');

-- === unique otherwise
-- before
CREATE TABLE t (id integer PRIMARY KEY, a integer, b text);
ALTER TABLE t ADD CONSTRAINT u UNIQUE (a);
-- after
CREATE TABLE t (id integer PRIMARY KEY, a integer, b text);
ALTER TABLE t ADD CONSTRAINT u UNIQUE (a, b) WITH (fillfactor = 80);
-- rows
INSERT INTO t (id, a, b) VALUES (1, 10, 'x'), (2, 20, 'y');

-- === unique storage
-- before
CREATE TABLE t (id integer PRIMARY KEY, a integer, b text);
ALTER TABLE t ADD CONSTRAINT u UNIQUE (a);
-- after
CREATE TABLE t (id integer PRIMARY KEY, a integer, b text);
ALTER TABLE t ADD CONSTRAINT u UNIQUE (a) WITH (fillfactor = 80);
-- rows
INSERT INTO t (id, a, b) VALUES (1, 10, 'x'), (2, 20, 'y');

-- === foreign key
-- before
CREATE TABLE t (id integer PRIMARY KEY, a integer, b text);
CREATE TABLE c (t integer);
-- after
CREATE TABLE t (id integer PRIMARY KEY, a integer, b text);
CREATE TABLE c (t integer REFERENCES t ON DELETE CASCADE DEFERRABLE);

-- === foreign key otherwise
-- before
CREATE TABLE t (id integer PRIMARY KEY, a integer, b text);
CREATE TABLE c (t integer REFERENCES t ON DELETE CASCADE);
-- after
CREATE TABLE t (id integer PRIMARY KEY, a integer, b text);
CREATE TABLE c (t integer REFERENCES t ON UPDATE SET NULL);

-- === foreign key not valid
-- before
CREATE TABLE t (id integer PRIMARY KEY, a integer, b text);
CREATE TABLE c (t integer);
ALTER TABLE c ADD CONSTRAINT f FOREIGN KEY (t) REFERENCES t NOT VALID;
-- after
CREATE TABLE t (id integer PRIMARY KEY, a integer, b text);
CREATE TABLE c (t integer, CONSTRAINT f FOREIGN KEY (t) REFERENCES t);

-- === foreign keys in a circle
-- after
CREATE TABLE a (id integer PRIMARY KEY, b integer);
CREATE TABLE b (id integer PRIMARY KEY, a integer REFERENCES a, b integer REFERENCES b);
ALTER TABLE a ADD FOREIGN KEY (b) REFERENCES b;

-- === check
-- before
CREATE TABLE t (id integer PRIMARY KEY, a integer, b text);
-- after
CREATE TABLE t (id integer PRIMARY KEY, a integer, b text);
ALTER TABLE t ADD CHECK (a > 3), ADD CHECK (id < a), ADD CONSTRAINT c CHECK (b <> ':x%') NO INHERIT NOT VALID;
-- rows
INSERT INTO t (id, a, b) VALUES (1, 10, 'x'), (2, 20, 'y');
-- kept
SELECT * FROM t;

-- === check and type
-- before
CREATE TABLE t (a varchar(10) CHECK (a <> 'x'));
-- after
CREATE TABLE t (a text CHECK (a <> 'x'));
-- rows
INSERT INTO t VALUES ('y');
-- kept
SELECT * FROM t;

-- === check renamed
-- before
CREATE TABLE t (a integer CONSTRAINT one CHECK (a > 3));
-- after
CREATE TABLE t (a integer CONSTRAINT two CHECK (a > 3));

-- === exclusion
-- before
CREATE TABLE t (a int4range);
-- after
CREATE TABLE t (a int4range, EXCLUDE USING gist (a WITH &&));

-- === index
-- before
CREATE TABLE t (id integer PRIMARY KEY, a integer, b text);
-- after
CREATE TABLE t (id integer PRIMARY KEY, a integer, b text);
CREATE INDEX ON t (a DESC, lower(b)) INCLUDE (id) WITH (fillfactor = 50) WHERE a > 3;
CREATE UNIQUE INDEX "I %" ON t (b text_pattern_ops);
COMMENT ON INDEX "I %" IS 'i';
CREATE INDEX e ON t ((a + 1));
ALTER INDEX e ALTER COLUMN 1 SET STATISTICS 50;
-- rows
INSERT INTO t (id, a, b) VALUES (1, 10, 'x'), (2, 20, 'y');

-- === index otherwise
-- before
CREATE TABLE t (id integer PRIMARY KEY, a integer, b text);
CREATE INDEX i ON t (a);
-- after
CREATE TABLE t (id integer PRIMARY KEY, a integer, b text);
CREATE UNIQUE INDEX i ON t (a);
-- rows
INSERT INTO t (id, a, b) VALUES (1, 10, 'x'), (2, 20, 'y');

-- === index renamed
-- before
CREATE TABLE t (id integer PRIMARY KEY, a integer, b text);
CREATE INDEX i ON t (a);
-- after
CREATE TABLE t (id integer PRIMARY KEY, a integer, b text);
CREATE INDEX j ON t (a);
-- rows
INSERT INTO t (id, a, b) VALUES (1, 10, 'x'), (2, 20, 'y');

-- === statistics
-- before
CREATE TABLE t (id integer PRIMARY KEY, a integer, b text);
-- after
CREATE TABLE t (id integer PRIMARY KEY, a integer, b text);
CREATE STATISTICS s (ndistinct, mcv) ON a, b FROM t;
ALTER STATISTICS s SET STATISTICS 7;
COMMENT ON STATISTICS s IS 's';
CREATE STATISTICS e ON (a + 1), (lower(b)) FROM t;
-- rows
INSERT INTO t (id, a, b) VALUES (1, 10, 'x'), (2, 20, 'y');

-- === enum
-- before
CREATE TABLE t (id integer, a text, b text);
-- after
CREATE TYPE mood AS ENUM ('sad', 'it''s', 'ok:x');
COMMENT ON TYPE mood IS 'm';
CREATE TABLE t (id integer, a mood, b text);
-- rows
INSERT INTO t VALUES (1, 'sad', 'x');
-- kept
SELECT id, a::text FROM t;

-- === enum grows
-- before
CREATE TYPE mood AS ENUM ('b', 'd');
CREATE TABLE t (a mood, l mood[]);
-- after
CREATE TYPE mood AS ENUM ('a', 'b', 'c', 'd', 'e');
CREATE TABLE t (a mood, l mood[]);
-- rows
INSERT INTO t VALUES ('b', '{d,b}');
-- kept
SELECT a::text, l::text FROM t;

-- === enum in use
-- before
CREATE TYPE mood AS ENUM ('a', 'b');
CREATE TABLE t (a mood DEFAULT 'a', l mood[] DEFAULT '{a}', CHECK (a <> 'b'), g boolean GENERATED ALWAYS AS (a = 'a') STORED);
CREATE INDEX i ON t (a) WHERE a = 'a';
CREATE VIEW v AS SELECT a FROM t WHERE a = 'a';
CREATE VIEW w AS SELECT * FROM v;
CREATE FUNCTION f(m mood) RETURNS mood LANGUAGE sql AS 'SELECT m';
CREATE TABLE o (a text DEFAULT f('a'), c mood);
-- after
CREATE TYPE mood AS ENUM ('c', 'a');
CREATE TABLE t (a mood DEFAULT 'c', l mood[] DEFAULT '{a}', CHECK (a <> 'c'), g boolean GENERATED ALWAYS AS (a = 'a') STORED);
CREATE INDEX i ON t (a) WHERE a = 'a';
CREATE VIEW v AS SELECT a FROM t WHERE a = 'a';
CREATE VIEW w AS SELECT * FROM v;
CREATE FUNCTION f(m mood) RETURNS mood LANGUAGE sql AS 'SELECT m';
CREATE TABLE o (a text DEFAULT f('a'), c mood);
-- rows
INSERT INTO t (a, l) VALUES ('a', '{a}');
-- kept
SELECT a::text, l::text FROM t;

-- === enum grows with its default
-- before
CREATE TYPE mood AS ENUM ('a');
CREATE TABLE t (a mood DEFAULT 'a');
-- after
CREATE TYPE mood AS ENUM ('a', 'b');
CREATE TABLE t (a mood DEFAULT 'b');
-- rows
INSERT INTO t VALUES ('a');
-- kept
SELECT a::text FROM t;

-- === enum renamed
-- before
CREATE TYPE mood AS ENUM ('a');
CREATE TABLE t (a mood DEFAULT 'a');
-- after
CREATE TYPE feeling AS ENUM ('a');
CREATE TABLE t (a feeling DEFAULT 'a');
-- rows
INSERT INTO t VALUES ('a');
-- kept
SELECT a::text FROM t;

-- === domain
-- before
CREATE TABLE t (a integer);
-- after
CREATE DOMAIN d AS integer DEFAULT 3 NOT NULL CHECK (value > 0);
COMMENT ON DOMAIN d IS 'd';
CREATE TABLE t (a d);
-- rows
INSERT INTO t VALUES (4);
-- kept
SELECT a FROM t;

-- === domain otherwise
-- before
CREATE DOMAIN d AS integer DEFAULT 3 NOT NULL CONSTRAINT c CHECK (value > 0);
CREATE TABLE t (a d);
-- after
CREATE DOMAIN d AS integer DEFAULT 4 CONSTRAINT c CHECK (value > 1) CHECK (value < 9);
CREATE TABLE t (a d);
-- rows
INSERT INTO t VALUES (4);
-- kept
SELECT a FROM t;

-- === domain of another type
-- before
CREATE DOMAIN d AS integer CHECK (value > 0);
CREATE TABLE t (a d, b d DEFAULT 3);
CREATE DOMAIN e AS d;
-- after
CREATE DOMAIN d AS varchar(10) CHECK (value <> '');
CREATE TABLE t (a d, b d DEFAULT '3');
CREATE DOMAIN e AS d;
-- rows
INSERT INTO t VALUES (4);
-- kept
SELECT a::text FROM t;

-- === composite
-- after
CREATE TYPE y AS (a integer, "b, c" numeric(10,2), d text COLLATE "C");
COMMENT ON TYPE y IS 'y';
COMMENT ON COLUMN y.a IS 'a';

-- === composite grows
-- before
CREATE TYPE y AS (a integer);
CREATE TABLE t (y y);
-- after
CREATE TYPE y AS (a integer, b text);
CREATE TABLE t (y y);

-- === composite otherwise
-- before
CREATE TYPE y AS (a integer, b text);
CREATE TABLE t (y y);
-- after
CREATE TYPE y AS (a text, b integer);
CREATE TABLE t (y y);
-- rows
INSERT INTO t VALUES (ROW(1, '2'));
-- kept
SELECT y::text FROM t;

-- === range
-- before
CREATE TABLE t (r int4range);
-- after
CREATE TYPE fr AS RANGE (subtype = float8, subtype_diff = float8mi);
CREATE TABLE t (r fr);

-- === range otherwise
-- before
CREATE TYPE fr AS RANGE (subtype = float8);
CREATE TABLE t (r fr);
-- after
CREATE TYPE fr AS RANGE (subtype = int8);
CREATE TABLE t (r fr);
-- rows
INSERT INTO t VALUES ('[1,2)');
-- kept
SELECT r::text FROM t;

-- === collation
-- before
CREATE TABLE t (id integer PRIMARY KEY, a text);
-- after
CREATE COLLATION ci (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
COMMENT ON COLLATION ci IS 'without case';
CREATE TABLE t (id integer PRIMARY KEY, a text COLLATE ci UNIQUE);
-- rows
INSERT INTO t VALUES (1, 'a'), (2, 'b');
-- kept
SELECT * FROM t;

-- === collation otherwise
-- before
CREATE COLLATION own (provider = icu, locale = 'de');
CREATE TABLE t (id integer PRIMARY KEY, a text COLLATE own DEFAULT 'x');
CREATE INDEX i ON t (lower(a));
CREATE VIEW v AS SELECT a FROM t;
-- after
CREATE COLLATION own (lc_collate = 'C', lc_ctype = 'POSIX');
CREATE TABLE t (id integer PRIMARY KEY, a text COLLATE own DEFAULT 'x');
CREATE INDEX i ON t (lower(a));
CREATE VIEW v AS SELECT a FROM t;
-- rows
INSERT INTO t VALUES (1, 'a'), (2, 'b');
-- kept
SELECT * FROM t;

-- === view
-- before
CREATE TABLE t (id integer PRIMARY KEY, a integer, b text);
-- after
CREATE TABLE t (id integer PRIMARY KEY, a integer, b text);
CREATE VIEW v WITH (security_barrier) AS SELECT id, b AS c FROM t WHERE a > 3 WITH CHECK OPTION;
COMMENT ON VIEW v IS 'v';
COMMENT ON COLUMN v.c IS 'c';
ALTER VIEW v ALTER id SET DEFAULT 4;
-- rows
INSERT INTO t (id, a, b) VALUES (1, 10, 'x'), (2, 20, 'y');

-- === view grows
-- before
CREATE TABLE t (id integer PRIMARY KEY, a integer, b text);
CREATE VIEW v AS SELECT id FROM t;
-- after
CREATE TABLE t (id integer PRIMARY KEY, a integer, b text);
CREATE VIEW v AS SELECT id, a FROM t;
-- rows
INSERT INTO t (id, a, b) VALUES (1, 10, 'x'), (2, 20, 'y');

-- === view of a column that changes
-- before
CREATE TABLE t (id integer PRIMARY KEY, a integer, b text);
CREATE VIEW v AS SELECT a, count(*) FROM t GROUP BY id;
CREATE VIEW w AS SELECT * FROM v;
-- after
CREATE TABLE t (id integer PRIMARY KEY, a bigint, b text);
CREATE VIEW v AS SELECT a, count(*) FROM t GROUP BY id;
CREATE VIEW w AS SELECT * FROM v;
-- rows
INSERT INTO t (id, a, b) VALUES (1, 10, 'x'), (2, 20, 'y');

-- === view of a column that is dropped
-- before
CREATE TABLE t (id integer PRIMARY KEY, a integer, b text);
CREATE VIEW v AS SELECT id, a FROM t;
-- after
CREATE TABLE t (id integer PRIMARY KEY, b text);
CREATE VIEW v AS SELECT id FROM t;
-- rows
INSERT INTO t (id, a, b) VALUES (1, 10, 'x'), (2, 20, 'y');
-- kept
SELECT id, b FROM t;

-- === materialized view
-- before
CREATE TABLE t (id integer PRIMARY KEY, a integer, b text);
-- after
CREATE TABLE t (id integer PRIMARY KEY, a integer, b text);
CREATE MATERIALIZED VIEW m WITH (fillfactor = 50) AS SELECT a, count(*) FROM t GROUP BY a;
CREATE UNIQUE INDEX ON m (a);
COMMENT ON MATERIALIZED VIEW m IS 'm';
-- rows
INSERT INTO t (id, a, b) VALUES (1, 10, 'x'), (2, 20, 'y');

-- === materialized view otherwise
-- before
CREATE TABLE t (id integer PRIMARY KEY, a integer, b text);
CREATE MATERIALIZED VIEW m AS SELECT a, b FROM t;
CREATE INDEX ON m (a);
CREATE VIEW v AS SELECT a FROM m;
-- after
CREATE TABLE t (id integer PRIMARY KEY, a integer, b text);
CREATE MATERIALIZED VIEW m AS SELECT id, a, b FROM t;
CREATE INDEX ON m (a);
CREATE VIEW v AS SELECT a FROM m;
-- rows
INSERT INTO t (id, a, b) VALUES (1, 10, 'x'), (2, 20, 'y');

-- === functions
-- after
CREATE FUNCTION f(a integer, VARIADIC b text[] DEFAULT '{}') RETURNS TABLE (x integer, y text) LANGUAGE sql STABLE STRICT COST 5 AS $$ SELECT a, 'it''s: 100%' || $2[1] $$;
CREATE FUNCTION "F(x)"() RETURNS integer LANGUAGE plpgsql AS 'BEGIN RETURN 1; END';
CREATE PROCEDURE p(INOUT a integer) LANGUAGE plpgsql AS 'BEGIN a := 1; END';
CREATE AGGREGATE g(integer) (sfunc = int4pl, stype = integer, initcond = '0', parallel = safe);
CREATE AGGREGATE n(*) (sfunc = int8inc, stype = bigint, initcond = '0');
COMMENT ON FUNCTION f(integer, text[]) IS 'f';
COMMENT ON AGGREGATE g(integer) IS 'g';
COMMENT ON PROCEDURE p IS 'p';

-- === function otherwise
-- before
CREATE TABLE t (id integer PRIMARY KEY, a integer, b text);
CREATE FUNCTION f() RETURNS integer LANGUAGE sql IMMUTABLE AS 'SELECT 1';
ALTER TABLE t ADD CHECK (a > f()), ALTER a SET DEFAULT f();
CREATE INDEX i ON t ((a + f()));
-- after
CREATE TABLE t (id integer PRIMARY KEY, a integer, b text);
CREATE FUNCTION f() RETURNS bigint LANGUAGE sql IMMUTABLE AS 'SELECT 2';
ALTER TABLE t ADD CHECK (a > f()), ALTER a SET DEFAULT f();
CREATE INDEX i ON t ((a + f()));
-- rows
INSERT INTO t (id, a, b) VALUES (1, 10, 'x'), (2, 20, 'y');
-- kept
SELECT * FROM t;

-- === function replaced
-- before
CREATE TABLE t (id integer PRIMARY KEY, a integer, b text);
CREATE FUNCTION f() RETURNS integer LANGUAGE sql AS 'SELECT 1';
CREATE VIEW v AS SELECT f();
-- after
CREATE TABLE t (id integer PRIMARY KEY, a integer, b text);
CREATE FUNCTION f() RETURNS integer LANGUAGE sql AS 'SELECT 2';
CREATE VIEW v AS SELECT f();
-- rows
INSERT INTO t (id, a, b) VALUES (1, 10, 'x'), (2, 20, 'y');

-- === function renamed
-- before
CREATE FUNCTION "F(x)"(a integer) RETURNS integer LANGUAGE sql AS 'SELECT 1';
-- after
CREATE FUNCTION g(a integer) RETURNS integer LANGUAGE sql AS 'SELECT 1';

-- === function of a table
-- after
CREATE TABLE t (id integer PRIMARY KEY, a integer, b text);
CREATE FUNCTION f(t) RETURNS SETOF t LANGUAGE sql AS 'SELECT * FROM t';
CREATE FUNCTION g() RETURNS integer BEGIN ATOMIC SELECT max(a) FROM t; END;
CREATE VIEW v AS SELECT g();

-- === trigger
-- before
CREATE TABLE t (id integer PRIMARY KEY, a integer, b text);
-- after
CREATE TABLE t (id integer PRIMARY KEY, a integer, b text);
CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN new; END';
CREATE TRIGGER "T" BEFORE INSERT OR UPDATE OF a ON t FOR EACH ROW WHEN (new.a > 3) EXECUTE FUNCTION f('x');
CREATE CONSTRAINT TRIGGER c AFTER UPDATE ON t DEFERRABLE FOR EACH ROW EXECUTE FUNCTION f();
ALTER TABLE t DISABLE TRIGGER c;
ALTER TABLE t ENABLE ALWAYS TRIGGER "T";
COMMENT ON TRIGGER c ON t IS 'c';
-- rows
INSERT INTO t (id, a, b) VALUES (1, 10, 'x'), (2, 20, 'y');

-- === trigger otherwise
-- before
CREATE TABLE t (id integer PRIMARY KEY, a integer, b text);
CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN new; END';
CREATE TRIGGER g BEFORE UPDATE OF a ON t FOR EACH ROW EXECUTE FUNCTION f();
-- after
CREATE TABLE t (id integer PRIMARY KEY, a bigint, b text);
CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';
CREATE TRIGGER g BEFORE UPDATE OF a ON t FOR EACH ROW EXECUTE FUNCTION f();
-- rows
INSERT INTO t (id, a, b) VALUES (1, 10, 'x'), (2, 20, 'y');

-- === trigger of a view
-- before
CREATE TABLE t (id integer PRIMARY KEY, a integer, b text);
-- after
CREATE TABLE t (id integer PRIMARY KEY, a integer, b text);
CREATE VIEW v AS SELECT id FROM t;
CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN new; END';
CREATE TRIGGER g INSTEAD OF INSERT ON v FOR EACH ROW EXECUTE FUNCTION f();
-- rows
INSERT INTO t (id, a, b) VALUES (1, 10, 'x'), (2, 20, 'y');

-- === policy
-- before
CREATE TABLE t (id integer PRIMARY KEY, a integer, b text);
-- after
CREATE TABLE t (id integer PRIMARY KEY, a integer, b text);
CREATE POLICY p ON t AS RESTRICTIVE FOR UPDATE TO pg_monitor, pg_read_all_data USING (a > 3) WITH CHECK (b <> ':x');
CREATE POLICY q ON t;
COMMENT ON POLICY q ON t IS 'q';
-- rows
INSERT INTO t (id, a, b) VALUES (1, 10, 'x'), (2, 20, 'y');

-- === policy otherwise
-- before
CREATE TABLE t (id integer PRIMARY KEY, a integer, b text);
CREATE POLICY p ON t USING (a > 3);
-- after
CREATE TABLE t (id integer PRIMARY KEY, a integer, b text);
CREATE POLICY p ON t USING (a > 4);
-- rows
INSERT INTO t (id, a, b) VALUES (1, 10, 'x'), (2, 20, 'y');

-- === rule
-- before
CREATE TABLE t (id integer PRIMARY KEY, a integer, b text);
-- after
CREATE TABLE t (id integer PRIMARY KEY, a integer, b text);
CREATE RULE r AS ON DELETE TO t WHERE old.a > 3 DO INSTEAD NOTHING;
ALTER TABLE t DISABLE RULE r;
COMMENT ON RULE r ON t IS 'r';
-- rows
INSERT INTO t (id, a, b) VALUES (1, 10, 'x'), (2, 20, 'y');

-- === names
-- before
CREATE TABLE "select" ("A b.c%" integer);
-- after
CREATE TABLE "select" ("A b.c%" bigint DEFAULT 3 PRIMARY KEY, "ü" serial, "x""y:z" integer REFERENCES "select");
CREATE TYPE "My enum" AS ENUM ('x');
ALTER TABLE "select" ADD e "My enum"[];
CREATE VIEW "v.w" AS SELECT "x""y:z" FROM "select";
-- rows
INSERT INTO "select" VALUES (1);
-- kept
SELECT "A b.c%" FROM "select";

-- === heirs with row security
-- before
CREATE TABLE p (a integer, b text);
CREATE TABLE t (id integer PRIMARY KEY) INHERITS (p);
ALTER TABLE t ENABLE ROW LEVEL SECURITY;
ALTER TABLE t FORCE ROW LEVEL SECURITY;
CREATE POLICY q ON t USING (id > 0);
CREATE VIEW v AS SELECT id, a FROM t;
-- after
CREATE TABLE t (id integer PRIMARY KEY, a integer, b text);
ALTER TABLE t ENABLE ROW LEVEL SECURITY;
ALTER TABLE t FORCE ROW LEVEL SECURITY;
CREATE POLICY q ON t USING (id > 0);
CREATE VIEW v AS SELECT id, a FROM t;
-- rows
INSERT INTO t (id, a, b) VALUES (1, 10, 'x'), (2, 20, 'y');
-- kept
SELECT id, a, b FROM t;

-- === sequence of another name
-- before
CREATE TABLE t (id serial PRIMARY KEY, a integer, b text);
ALTER SEQUENCE t_id_seq RENAME TO numbers;
-- after
CREATE TABLE t (id bigserial PRIMARY KEY, a integer, b text);
-- rows
INSERT INTO t (id, a, b) VALUES (1, 10, 'x'), (2, 20, 'y');
-- kept
SELECT id FROM t;

-- === keys on both sides of new types
-- before
CREATE TABLE p (id integer PRIMARY KEY, n integer UNIQUE);
CREATE TABLE t (id integer PRIMARY KEY, a integer REFERENCES p, b integer REFERENCES p (n));
CREATE MATERIALIZED VIEW m AS SELECT t.id, p.n FROM t JOIN p ON p.id = t.a;
CREATE UNIQUE INDEX ON m (id);
-- after
CREATE TABLE p (id bigint PRIMARY KEY, n text UNIQUE);
CREATE TABLE t (id integer PRIMARY KEY, a bigint REFERENCES p, b text REFERENCES p (n));
CREATE MATERIALIZED VIEW m AS SELECT t.id, p.n FROM t JOIN p ON p.id = t.a;
CREATE UNIQUE INDEX ON m (id);
-- rows
INSERT INTO p VALUES (1, 2);
INSERT INTO t VALUES (3, 1, 2);
-- kept
SELECT id, a, b::text FROM t;
