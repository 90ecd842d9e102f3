"""What asyncpg sees at the address in the first argument, as one JSON object: name to result."""
import asyncio
import io
import json
import sys

import asyncpg

url = sys.argv[1]
features = []


def feature(function):
    features.append(function)


def texts(rows):
    return [[str(value) for value in row.values()] for row in rows]


PRODUCTS = "SELECT id, sku, price, stock, tags FROM products WHERE id < $1 ORDER BY id"


@feature
async def queries(connection):
    return texts(await connection.fetch(PRODUCTS, 20))


@feature
async def types(connection):
    row = await connection.fetchrow(
        "SELECT 1::int2, 2::int8, 1.5::float8, 1.50::numeric, true, 'x'::bytea, '1 day'::interval,"
        " '2026-01-02'::date, '[1,3)'::int4range, '{\"a\": 1}'::jsonb, '::1'::inet, ARRAY[1, 2],"
        " '3f2504e0-4f89-11d3-9a0c-0305e82c3301'::uuid, NULL::int"
    )
    return [str(value) for value in row.values()]


@feature
async def prepared(connection):
    statement = await connection.prepare(PRODUCTS)
    return [texts(await statement.fetch(n)) for n in (2, 3, 4)]


@feature
async def cursors(connection):
    found = []
    async with connection.transaction():
        async for row in connection.cursor(PRODUCTS, 90, prefetch=7):
            found.append([str(value) for value in row.values()])
        cursor = await connection.cursor(PRODUCTS, 50)
        await cursor.forward(10)
        found.append(texts(await cursor.fetch(5)))
    return found


@feature
async def executemany(connection):
    await connection.execute("CREATE TABLE from_asyncpg (id int, body text)")
    await connection.executemany(
        "INSERT INTO from_asyncpg VALUES ($1, $2)", [(n, f"body {n}") for n in range(300)]
    )
    found = texts(await connection.fetch("SELECT id, body FROM from_asyncpg ORDER BY id"))
    await connection.execute("DROP TABLE from_asyncpg")
    return found


@feature
async def copy(connection):
    out = io.BytesIO()
    await connection.copy_from_table("products", columns=["id", "sku", "stock"], output=out)
    query = io.BytesIO()
    await connection.copy_from_query(
        "SELECT id, sku FROM products WHERE id < $1", 20, output=query, format="binary"
    )
    await connection.execute("CREATE TABLE copied4 (id int, sku text, stock int)")
    out.seek(0)
    copied = await connection.copy_to_table("copied4", source=out)
    records = await connection.copy_records_to_table("copied4", records=[(1000, "own", None)])
    rows = texts(await connection.fetch("SELECT * FROM copied4 ORDER BY id"))
    await connection.execute("DROP TABLE copied4")
    return [out.getvalue().hex(), query.getvalue().hex(), copied, records, rows]


@feature
async def notifications(connection):
    heard = asyncio.Queue()
    await connection.add_listener("ch", lambda _, __, channel, ___: heard.put_nowait(channel))
    await connection.execute("NOTIFY ch, 'payload'")
    return await asyncio.wait_for(heard.get(), 5)


@feature
async def cancel(connection):
    try:
        await connection.execute("SELECT pg_sleep(25)", timeout=0.5)
    except asyncio.TimeoutError:
        return await connection.fetchval("SELECT 'usable'")


@feature
async def error_and_after(connection):
    try:
        async with connection.transaction():
            await connection.fetch("SELECT 1/$1::int", 0)
    except asyncpg.PostgresError as error:
        return [error.sqlstate, await connection.fetchval("SELECT 'usable'")]


@feature
async def masked_binary(connection):
    return texts(
        await connection.fetch(
            "SELECT email, phone, birth_date, profile FROM customers WHERE id = ANY($1)", [10, 14]
        )
    )


@feature
async def masked_copy(connection):
    out = io.BytesIO()
    await connection.copy_from_table(
        "customers", columns=["id", "email", "phone"], output=out, format="binary"
    )
    return out.getvalue().decode("latin1")


@feature
async def refused(connection):
    result = []
    try:
        await connection.execute("DROP TABLE payments")
    except asyncpg.PostgresError as error:
        result.append(error.sqlstate)
    try:
        async with connection.transaction():
            await connection.fetch("DROP TABLE payments")
    except asyncpg.PostgresError as error:
        result.append(error.sqlstate)
    return result + [await connection.fetchval("SELECT 'usable'")]


async def main():
    seen = {}
    for each in features:
        connection = await asyncpg.connect(url)
        try:
            seen[each.__name__] = await each(connection)
        except Exception as error:
            seen[each.__name__] = f"{type(error).__name__}: {error}"
        finally:
            await connection.close()
    print(json.dumps(seen))


asyncio.run(main())
