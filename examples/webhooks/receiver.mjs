// Receives records as Standard Webhooks: checks the signature, drops repeats, prints one line for each record.
//
// Usage: WEBHOOK_SECRET=whsec_… node receiver.mjs [PORT]
import { createHmac, timingSafeEqual } from "node:crypto";
import { createServer } from "node:http";

const key = Buffer.from(process.env.WEBHOOK_SECRET.replace("whsec_", ""), "base64");
const TOLERANCE_SECONDS = 300;
const seen = new Set(); // Of a real receiver: a table with a unique id.

function isGenuine(headers, body) {
  const id = headers["webhook-id"], moment = headers["webhook-timestamp"];
  if (!(Math.abs(Date.now() / 1000 - Number(moment)) <= TOLERANCE_SECONDS)) return false;
  const expected = createHmac("sha256", key).update(`${id}.${moment}.`).update(body).digest();
  return String(headers["webhook-signature"]).split(" ").some((signature) => {
    const given = Buffer.from(signature.replace("v1,", ""), "base64");
    return signature.startsWith("v1,") && given.length === expected.length && timingSafeEqual(given, expected);
  });
}

const server = createServer(async (request, response) => {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  const body = Buffer.concat(chunks);
  if (!isGenuine(request.headers, body)) return response.writeHead(401).end();
  for (const record of [JSON.parse(body).data].flat()) {
    if (seen.has(record.id) || record.test) continue;
    seen.add(record.id);
    console.log(JSON.stringify(record));
  }
  response.writeHead(204).end(); // Only now: a record that was answered 2xx does not come again.
});
server.listen(Number(process.argv[2] ?? 9000), "127.0.0.1", () => console.log(`listening on ${server.address().port}`));
