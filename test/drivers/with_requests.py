"""What Python's requests sees of a service, as JSON: with_requests.py URL [TOKEN]."""

import hashlib
import json
import sys

import requests

base, token = sys.argv[1], sys.argv[2] if len(sys.argv) > 2 else None


def session():
    made = requests.Session()
    if token is not None:
        made.headers["Authorization"] = f"Bearer {token}"
    return made


def documents():
    with session() as one:
        return [one.get(f"{base}/json", params={"n": n}).json() for n in (1, 2, 3)]


def codings():
    with session() as one:
        return [one.get(f"{base}/coded?with={coding}").json() for coding in ("gzip", "deflate")]


def text():
    answer = session().get(f"{base}/text")
    return [answer.encoding, answer.text]


def pieces():
    with session().get(f"{base}/chunked?every=100", stream=True) as answer:
        return b"".join(answer.iter_content(64)).decode()


def lines():
    with session().get(f"{base}/ndjson?n=5", stream=True) as answer:
        return [json.loads(line) for line in answer.iter_lines()]


def events():
    with session().get(f"{base}/sse?count=4", stream=True) as answer:
        return [line.decode() for line in answer.iter_lines()]


def statuses():
    with session() as one:
        return [one.get(f"{base}/status/{code}").status_code for code in (204, 404, 503)]


def raised():
    try:
        session().get(f"{base}/status/404").raise_for_status()
    except requests.HTTPError as error:
        return error.response.status_code
    return None


def redirected():
    answer = session().get(f"{base}/redirect", params={"to": "/text"})
    return [answer.status_code, [one.status_code for one in answer.history], answer.text]


def not_changed():
    with session() as one:
        tag = one.get(f"{base}/range").headers.get("ETag")
        return one.get(f"{base}/range", headers={"If-None-Match": tag or ""}).status_code


def part():
    answer = session().get(f"{base}/range", headers={"Range": "bytes=2-8"})
    return [answer.status_code, answer.headers.get("Content-Range"), answer.text]


def posted():
    answer = session().post(f"{base}/echo", json={"payment_amount": 12.5, "to": "Zoë"})
    return [answer.json()["method"], answer.json()["body"]]


def form():
    answer = session().post(f"{base}/echo", data={"a": "1", "b": "ü&="})
    return answer.json()["body"]


def uploaded():
    def chunks():
        for n in range(100):
            yield bytes([n]) * 30_000

    expected = hashlib.sha256(b"".join(chunks())).hexdigest()
    answer = session().post(f"{base}/upload", data=chunks()).json()
    return [answer["bytes"], answer["sha256"] == expected]


def broken():
    try:
        return len(session().get(f"{base}/close-early?framing=chunked").content)
    except (requests.ConnectionError, requests.exceptions.ChunkedEncodingError):
        return "broke off"


FEATURES = [
    documents,
    codings,
    text,
    pieces,
    lines,
    events,
    statuses,
    raised,
    redirected,
    not_changed,
    part,
    posted,
    form,
    uploaded,
    broken,
]


def saw(feature):
    try:
        return feature()
    except Exception as error:  # What went wrong is what was seen.
        return f"{type(error).__name__}: {error}"


print(json.dumps({feature.__name__: saw(feature) for feature in FEATURES}))
