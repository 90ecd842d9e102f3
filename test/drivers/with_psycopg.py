"""What psycopg 3 sees at the address in the first argument, as one JSON object: name to result."""
import json
import sys
import threading

import psycopg

url = sys.argv[1]
seen = {}


def feature(function):
    with psycopg.connect(url, autocommit=True) as connection:
        try:
            seen[function.__name__] = function(connection)
        except Exception as error:
            seen[function.__name__] = f"{type(error).__name__}: {error}"


def texts(rows):
    return [[str(value) for value in row] for row in rows]


PRODUCTS = "SELECT id, sku, price, stock, tags FROM products WHERE id < %s ORDER BY id"


@feature
def queries(connection):
    return texts(connection.execute(PRODUCTS, (20,)))


@feature
def prepared(connection):
    return [texts(connection.execute(PRODUCTS, (n,), prepare=True)) for n in (2, 3, 4)]


@feature
def binary_cursor(connection):
    with connection.cursor(binary=True) as cursor:
        cursor.execute("SELECT id, total, ordered_at FROM orders WHERE id < %s", (30,))
        return texts(cursor)


@feature
def server_side_cursor(connection):
    found = []
    for binary in (False, True):
        with connection.transaction(), connection.cursor("walk", binary=binary) as cursor:
            cursor.execute("SELECT id, total, status FROM orders ORDER BY id LIMIT %s", (100,))
            found.append(texts(cursor.fetchmany(7)))
            cursor.scroll(10)
            found.append(texts(cursor))
    return found


@feature
def pipeline(connection):
    with connection.pipeline() as pipeline:
        cursors = [connection.execute(PRODUCTS, (n,)) for n in range(2, 60)]
        pipeline.sync()
        return [texts(cursor) for cursor in cursors]


@feature
def pipeline_with_error(connection):
    result = []
    with connection.pipeline() as pipeline:
        first = connection.execute("SELECT 1")
        pipeline.sync()
        result.append(first.fetchone()[0])
    # The error is raised where its answer is first seen: at the latest where the pipeline ends.
    try:
        with connection.pipeline():
            connection.execute("SELECT 1/%s", (0,))
            connection.execute("SELECT 2")
    except psycopg.Error as error:
        result.append(error.sqlstate)
    result.append(connection.execute("SELECT 'usable'").fetchone()[0])
    return result


@feature
def executemany(connection):
    connection.execute("CREATE TABLE from_psycopg (id int, body text)")
    with connection.cursor() as cursor:
        cursor.executemany(
            "INSERT INTO from_psycopg VALUES (%s, %s)", [(n, f"body {n}") for n in range(300)]
        )
    found = texts(connection.execute("SELECT id, body FROM from_psycopg ORDER BY id"))
    connection.execute("DROP TABLE from_psycopg")
    return found


@feature
def copy(connection):
    out = {}
    connection.execute("CREATE TABLE copied3 (id int, sku text, stock int)")
    for form in ("text", "csv", "binary"):
        data = b""
        with connection.cursor().copy(
            f"COPY (SELECT id, sku, stock FROM products ORDER BY id) TO STDOUT (FORMAT {form})"
        ) as copied:
            for block in copied:
                data += bytes(block)
        with connection.cursor().copy(f"COPY copied3 FROM STDIN (FORMAT {form})") as copied:
            for at in range(0, len(data), 1000):
                copied.write(data[at : at + 1000])
        with connection.cursor().copy("COPY copied3 (id, sku, stock) FROM STDIN") as copied:
            copied.write_row((1000, f"own {form}", None))
        out[form] = data.hex()
    out["rows"] = texts(connection.execute("SELECT * FROM copied3 ORDER BY id, sku"))
    connection.execute("DROP TABLE copied3")
    return out


@feature
def copy_given_up(connection):
    connection.execute("CREATE TABLE given_up (id int)")
    result = []
    try:
        with connection.cursor().copy("COPY given_up FROM STDIN") as copied:
            copied.write("1\n")
            raise ValueError("given up")
    except Exception as error:
        result.append(type(error).__name__)
    result.append(connection.execute("SELECT count(*) FROM given_up").fetchone()[0])
    connection.execute("DROP TABLE given_up")
    return result


@feature
def cancel(connection):
    timer = threading.Timer(0.5, connection.cancel)
    timer.start()
    try:
        connection.execute("SELECT pg_sleep(25)")
    except psycopg.Error as error:
        return [error.sqlstate, connection.execute("SELECT 'usable'").fetchone()[0]]
    finally:
        timer.join()


@feature
def error_and_after(connection):
    result = []
    try:
        with connection.transaction():
            connection.execute("SELECT 1/0")
    except psycopg.Error as error:
        result.append(error.sqlstate)
    return result + [connection.execute("SELECT 'usable'").fetchone()[0]]


MASKED = "SELECT email, phone, birth_date, profile FROM customers WHERE id IN (10, 14)"


@feature
def masked_text(connection):
    return texts(connection.execute(MASKED))


@feature
def masked_binary(connection):
    with connection.cursor(binary=True) as cursor:
        return texts(cursor.execute(MASKED))


@feature
def masked_copy(connection):
    data = b""
    with connection.cursor().copy(
        "COPY customers (id, email, phone) TO STDOUT (FORMAT binary)"
    ) as copied:
        for block in copied:
            data += bytes(block)
    return data.decode("latin1")


@feature
def refused(connection):
    result = []
    for text in ("DROP TABLE payments", "SELECT 1"):
        try:
            connection.execute(text)
        except psycopg.Error as error:
            result.append(error.sqlstate)
    try:
        with connection.transaction():
            connection.execute("DROP TABLE payments")
    except psycopg.Error as error:
        result.append(error.sqlstate)
    return result + [connection.execute("SELECT 'usable'").fetchone()[0]]


@feature
def refused_in_pipeline(connection):
    result = []
    with connection.pipeline() as pipeline:
        first = connection.execute("SELECT %s::int", (1,))
        pipeline.sync()
        result.append(first.fetchone()[0])
        try:
            connection.execute("DROP TABLE payments")
            connection.execute("SELECT 2")
            pipeline.sync()
        except psycopg.Error as error:
            result.append(error.sqlstate)
    return result + [connection.execute("SELECT 'usable'").fetchone()[0]]


print(json.dumps(seen))
