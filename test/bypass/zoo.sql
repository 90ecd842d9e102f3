-- What the corpus attacks: one table in which almost everything is masked, and all that can stand
-- before or behind a table. Made by the role that the gate logs in as.

CREATE TYPE kin AS (word text, n int);
CREATE DOMAIN shout AS text CHECK (VALUE = upper(VALUE) OR VALUE IS NOT NULL);
CREATE TYPE mood AS ENUM ('glad', 'sad');

CREATE TABLE people (
  id int PRIMARY KEY,
  name text NOT NULL,
  ssn text UNIQUE,
  email text,
  card varchar(40),
  secret text,
  born date,
  seen_at timestamptz,
  salary numeric(12, 2),
  pin int CHECK (pin > 0),
  big bigint,
  ratio float8,
  photo bytea,
  badge uuid,
  tags text[],
  profile jsonb,
  doc json,
  relative kin,
  city text
);

INSERT INTO people
SELECT n, (ARRAY['Ann', 'Bob', 'Cid'])[n], 'Kestrelux-447' || n, 'Walrusimo' || n || '@zoo.example',
  'Ibexandria 1' || n, CASE n WHEN 1 THEN 'Quokkaton' ELSE 'Quokkaton ' || n END, '1937-11-23',
  '1937-11-23 10:00Z', 918273.55, 73194628 + (n = 2)::int, 550117293846, 0.4159265358979,
  convert_to('Okapillar', 'UTF8'), 'c0ffee11-5eed-4bad-8bad-0123456789ab',
  ARRAY['Axolotlin', 'blue'],
  '{"a": {"b": "Pangolette"}, "list": [7, "Pangolette"], "Pangolette": 1}',
  '{"n": "Narwhalia"}', ROW('Lemurando', 41592653)::kin, 'Berlin'
FROM generate_series(1, 3) AS n;

ALTER TABLE people ADD COLUMN echo text GENERATED ALWAYS AS (upper(secret)) STORED;

CREATE TABLE friends (id int PRIMARY KEY, person_id int REFERENCES people, nickname text);
INSERT INTO friends VALUES (1, 1, 'Annie'), (2, 2, 'Bobby');

CREATE TABLE diary (day int, notes text) PARTITION BY RANGE (day);
CREATE TABLE diary_old PARTITION OF diary FOR VALUES FROM (0) TO (100);
INSERT INTO diary VALUES (1, 'Tapirella one'), (2, 'Tapirella two');

CREATE TABLE staff (post text) INHERITS (people);
INSERT INTO staff (id, name, ssn, secret, post)
VALUES (9, 'Dee', 'Kestrelux-9', 'Quokkaton', 'cook');

CREATE VIEW people_view AS SELECT id, secret AS remark, email AS contact, name FROM people;
CREATE VIEW people_view_view AS SELECT id, remark AS comment FROM people_view;
CREATE MATERIALIZED VIEW people_kept AS SELECT id, secret AS kept FROM people;

CREATE FUNCTION tell(int) RETURNS text LANGUAGE sql AS 'SELECT secret FROM people WHERE id = $1';
CREATE FUNCTION tell_all() RETURNS SETOF text LANGUAGE sql AS 'SELECT secret FROM people';
CREATE FUNCTION tell_out(OUT a text, OUT b text) LANGUAGE plpgsql AS
  $$ BEGIN SELECT secret, ssn INTO a, b FROM people WHERE id = 1; END $$;
CREATE FUNCTION tell_rows() RETURNS SETOF people LANGUAGE sql AS 'SELECT * FROM people';
CREATE FUNCTION initcap(people) RETURNS text LANGUAGE sql AS 'SELECT $1.secret';
CREATE FUNCTION shouted() RETURNS text LANGUAGE plpgsql AS
  $$ BEGIN RAISE NOTICE 'it is %', (SELECT secret FROM people WHERE id = 1); RETURN ''; END $$;
CREATE FUNCTION coded() RETURNS text LANGUAGE plpgsql AS
  $$ BEGIN RAISE EXCEPTION '%', (SELECT secret FROM people WHERE id = 1)
    USING DETAIL = (SELECT ssn FROM people WHERE id = 1), HINT = 'Quokkaton', COLUMN = 'Quokkaton',
    ERRCODE = 'Q0KKA'; END $$;
CREATE FUNCTION cursor_of() RETURNS refcursor LANGUAGE plpgsql AS
  $$ DECLARE c refcursor := 'zoo_cursor';
  BEGIN OPEN c FOR SELECT secret FROM people; RETURN c; END $$;
CREATE PROCEDURE tell_by_call(INOUT a text) LANGUAGE plpgsql AS
  $$ BEGIN SELECT secret INTO a FROM people WHERE id = 1; END $$;
CREATE FUNCTION same(a text, b int) RETURNS bool LANGUAGE plpgsql COST 0.001 AS
  $$ BEGIN RAISE NOTICE 'seen %', a; RETURN true; END $$;
CREATE OPERATOR ### (LEFTARG = text, RIGHTARG = int, FUNCTION = same);

CREATE TABLE wages (id int PRIMARY KEY, amount numeric(12, 2));
INSERT INTO wages VALUES (1, 100), (2, 200), (3, 300);

CREATE TABLE numbered (id serial PRIMARY KEY, v text);
INSERT INTO numbered (v) VALUES ('one'), ('two');

CREATE TABLE watched (id int PRIMARY KEY, v text);
CREATE FUNCTION fill() RETURNS trigger LANGUAGE plpgsql AS
  $$ BEGIN NEW.v := (SELECT secret FROM people WHERE id = 1); RETURN NEW; END $$;
CREATE TRIGGER fill BEFORE INSERT ON watched FOR EACH ROW EXECUTE FUNCTION fill();

CREATE TABLE ruled (id int, v text);
CREATE RULE ruled AS ON INSERT TO ruled DO INSTEAD
  SELECT secret FROM people;

CREATE TABLE guesses (word text);
INSERT INTO guesses VALUES ('Quokkaton'), ('Other');
CREATE TABLE plain (id int PRIMARY KEY, v text, n int CHECK (n > 0));
INSERT INTO plain VALUES (1, 'one', 1), (2, 'two', 2);
CREATE TABLE odd ("From" text, "a""b" text, "naïve" text);
INSERT INTO odd VALUES ('x', 'y', 'z');

CREATE SEQUENCE numbers;
CREATE TABLE events (note text);
INSERT INTO events VALUES ('Tapirella');

CREATE SCHEMA other;
CREATE TABLE other.people (id int, mark text);
INSERT INTO other.people VALUES (1, 'nothing');
CREATE TABLE other.events (note text);
INSERT INTO other.events VALUES ('nothing');

CREATE SCHEMA "Cid";

ANALYZE;
