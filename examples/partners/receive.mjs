// Receives records and prints each once. Usage: WEBHOOK_SECRET=whsec_… node receive.mjs [PORT]
import { createHmac, timingSafeEqual } from "node:crypto";
import { createServer } from "node:http";

const key = Buffer.from(process.env.WEBHOOK_SECRET.replace("whsec_", ""), "base64");
const seen = new Set(); // In your system: a table with a unique id.

const server = createServer(async (request, response) => {
  let body = "";
  for await (const part of request.setEncoding("utf8")) body += part;
  const { "webhook-id": id, "webhook-timestamp": moment, "webhook-signature": given = "" } = request.headers;
  const ours = Buffer.from("v1," + createHmac("sha256", key).update(`${id}.${moment}.${body}`).digest("base64"));
  const isOurs = (one) => one.length === ours.length && timingSafeEqual(one, ours);
  if (!given.split(" ").map((one) => Buffer.from(one)).some(isOurs) || Math.abs(Date.now() / 1000 - moment) > 300) {
    return response.writeHead(401).end();
  }
  for (const record of [JSON.parse(body).data].flat()) {
    if (!seen.has(record.id) && !record.test) console.log(JSON.stringify(record));
    seen.add(record.id);
  }
  response.writeHead(204).end(); // What is answered 204 does not come again.
});
server.listen(Number(process.argv[2] ?? 9000), "127.0.0.1", () => console.log("listening on", server.address().port));
