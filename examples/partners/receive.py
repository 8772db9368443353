# Receives records, prints each once. Usage: WEBHOOK_SECRET=whsec_… python3 receive.py [PORT]
import base64, hashlib, hmac, json, os, sys, time
from http.server import BaseHTTPRequestHandler, HTTPServer

key, seen = base64.b64decode(os.environ["WEBHOOK_SECRET"].removeprefix("whsec_")), set()

class Receiver(BaseHTTPRequestHandler):
    def do_POST(self):
        head, body = self.headers, self.rfile.read(int(self.headers["content-length"]))
        signed = f"{head['webhook-id']}.{head['webhook-timestamp']}.".encode() + body
        ours = b"v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest())
        given, moment = head.get("webhook-signature", "").encode().split(), head["webhook-timestamp"]
        genuine = any(hmac.compare_digest(ours, one) for one in given) and abs(time.time() - int(moment)) < 300
        if genuine:
            data = json.loads(body)["data"]
            for record in data if isinstance(data, list) else [data]:
                if record["id"] not in seen and "test" not in record:
                    seen.add(record["id"])  # In your system: a table with a unique id.
                    print(json.dumps(record), flush=True)
        self.send_response(204 if genuine else 401)  # What is answered 204 does not come again.
        self.end_headers()

server = HTTPServer(("127.0.0.1", int((sys.argv[1:] or ["9000"])[0])), Receiver)
print("listening on", server.server_port, flush=True)
server.serve_forever()
