#!/usr/bin/env python3
"""Pulls records, prints one line for each, and acknowledges them: once printed, the server may forget them.

Usage: CHAMPOLLION_TOKEN=chmp_partner_… python3 pull.py [--once]
"""
import json, os, sys, time, urllib.error, urllib.request

SERVER = os.environ.get("CHAMPOLLION_SERVER", "http://127.0.0.1:8080")
HEADERS = {"Authorization": "Bearer " + os.environ["CHAMPOLLION_TOKEN"], "Content-Type": "application/json"}


def ask(path, body=None):
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(SERVER + path, data, HEADERS)
    with urllib.request.urlopen(request, timeout=90) as answer:
        return json.load(answer)


once = "--once" in sys.argv
after = "0"
while True:
    try:
        # Waits up to 30 seconds for a record where there is none.
        page = ask(f"/v1/records?after={after}&limit=500&wait={0 if once else 30}")
        for pulled in page["records"]:
            print(json.dumps(pulled["record"]), flush=True)
        if page["records"]:
            ask("/v1/records/ack", {"cursor": page["next"]})
        after = page["next"]
        if once and not page["more"]:
            break
    except urllib.error.URLError as error:
        if once or isinstance(error, urllib.error.HTTPError) and error.code in (401, 403):
            raise
        time.sleep(5)  # Nothing is lost: what was not acknowledged is still there.
