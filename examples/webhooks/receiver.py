#!/usr/bin/env python3
"""Receives records as Standard Webhooks: checks the signature, drops repeats, prints one line for each record.

Usage: WEBHOOK_SECRET=whsec_… python3 receiver.py [PORT]
"""
import base64, hashlib, hmac, json, os, sys, time
from http.server import BaseHTTPRequestHandler, HTTPServer

KEY = base64.b64decode(os.environ["WEBHOOK_SECRET"].removeprefix("whsec_"))
TOLERANCE_SECONDS = 300
seen = set()  # Of a real receiver: a table with a unique id.


def is_genuine(headers, body):
    name, moment = headers.get("webhook-id", ""), headers.get("webhook-timestamp", "")
    if not moment.isdigit() or abs(time.time() - int(moment)) > TOLERANCE_SECONDS:
        return False
    signed = hmac.new(KEY, f"{name}.{moment}.".encode() + body, hashlib.sha256).digest()
    expected = "v1," + base64.b64encode(signed).decode()
    given = headers.get("webhook-signature", "").split(" ")
    return any(hmac.compare_digest(expected.encode(), one.encode()) for one in given)


class Receiver(BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        if not is_genuine(self.headers, body):
            return self.answer(401)
        data = json.loads(body)["data"]
        for record in data if isinstance(data, list) else [data]:
            if record["id"] not in seen and "test" not in record:
                seen.add(record["id"])
                print(json.dumps(record), flush=True)
        self.answer(204)  # Only now: a record that was answered 2xx does not come again.

    def answer(self, status):
        self.send_response(status)
        self.end_headers()

    def log_message(self, *_):
        pass


server = HTTPServer(("127.0.0.1", int(sys.argv[1]) if len(sys.argv) > 1 else 9000), Receiver)
print(f"listening on {server.server_port}", flush=True)
server.serve_forever()
