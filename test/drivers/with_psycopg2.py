"""What psycopg2 sees at the address in the first argument, as one JSON object: name to result."""
import io
import json
import sys

import psycopg2
import psycopg2.extras

url = sys.argv[1]
seen = {}


def feature(function):
    connection = psycopg2.connect(url)
    try:
        seen[function.__name__] = function(connection)
    except Exception as error:
        seen[function.__name__] = f"{type(error).__name__}: {error}"
    finally:
        connection.close()


@feature
def queries(connection):
    with connection, connection.cursor() as cursor:
        cursor.execute("SELECT id, sku, price, stock, tags FROM products WHERE id < %s", (20,))
        return [[str(value) for value in row] for row in cursor]


@feature
def server_side_cursor(connection):
    with connection, connection.cursor("walk") as cursor:
        cursor.itersize = 13
        cursor.execute("SELECT id, total, status, ordered_at FROM orders ORDER BY id LIMIT 100")
        return [[str(value) for value in row] for row in cursor]


@feature
def batches(connection):
    with connection, connection.cursor() as cursor:
        cursor.execute("CREATE TABLE from_psycopg2 (id int, body text)")
        rows = [(n, f"body {n}") for n in range(300)]
        psycopg2.extras.execute_values(cursor, "INSERT INTO from_psycopg2 VALUES %s", rows)
        cursor.executemany("UPDATE from_psycopg2 SET body = %s WHERE id = %s", [("x", 1), ("y", 2)])
        connection.commit()
        cursor.execute("SELECT id, body FROM from_psycopg2 ORDER BY id")
        found = cursor.fetchall()
        cursor.execute("DROP TABLE from_psycopg2")
        return found


@feature
def copy(connection):
    with connection, connection.cursor() as cursor:
        out = io.StringIO()
        cursor.copy_expert("COPY (SELECT id, sku, tags FROM products ORDER BY id) TO STDOUT", out)
        cursor.execute("CREATE TABLE copied2 (id int, sku text, tags text[])")
        cursor.copy_expert("COPY copied2 FROM STDIN", io.StringIO(out.getvalue()))
        count = cursor.rowcount
        cursor.execute("DROP TABLE copied2")
        return [out.getvalue(), count]


@feature
def error_and_after(connection):
    result = []
    with connection.cursor() as cursor:
        for text in ("SELECT 1/0", "SELECT 1"):
            try:
                cursor.execute(text)
            except psycopg2.Error as error:
                result.append(error.pgcode)
        connection.rollback()
        cursor.execute("SELECT 'usable'")
        return result + [cursor.fetchone()[0]]


@feature
def large_values(connection):
    with connection, connection.cursor() as cursor:
        cursor.execute("SELECT length(%s), repeat('ab', 1500000)", ("x" * 500000,))
        length, value = cursor.fetchone()
        return [length, len(value), value[:4], value[-2:]]


@feature
def masked_text(connection):
    with connection, connection.cursor() as cursor:
        cursor.execute(
            "SELECT email, phone, birth_date, profile::text FROM customers WHERE id IN (10, 14)"
        )
        return [[str(value) for value in row] for row in cursor]


@feature
def masked_copy(connection):
    with connection, connection.cursor() as cursor:
        out = io.StringIO()
        cursor.copy_expert("COPY customers (id, email, phone) TO STDOUT (FORMAT csv)", out)
        return out.getvalue()[:20000]


@feature
def refused(connection):
    result = []
    with connection.cursor() as cursor:
        for text in ("DROP TABLE payments", "SELECT 1"):
            try:
                cursor.execute(text)
            except psycopg2.Error as error:
                result.append(error.pgcode)
        connection.rollback()
        cursor.execute("SELECT 'usable'")
        return result + [cursor.fetchone()[0]]


print(json.dumps(seen))
