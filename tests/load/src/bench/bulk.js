// Decodes a table of payloads with a codec, as a script of one's own would: `node bulk.js CODEC PAYLOADS READINGS`.
//
// The codec is evaluated once, and the payloads are decoded one after another, each into a line of JSON.

const fs = require("node:fs");
const readline = require("node:readline");
const vm = require("node:vm");

const [codec, payloads, readings] = process.argv.slice(2);

const decodeUplink = vm.runInThisContext(`${fs.readFileSync(codec, "utf8")}\ndecodeUplink;`, { filename: codec });

// Lines that are written at once.
const LINES = 8192;

async function decode() {
  const out = fs.createWriteStream(readings);
  let lines = [];
  let row = 0;
  const write = async () => {
    const isTaken = out.write(lines.map((line) => `${line}\n`).join(""));
    lines = [];
    if (!isTaken) await new Promise((resolve) => out.once("drain", resolve));
  };
  for await (const line of readline.createInterface({ input: fs.createReadStream(payloads), crlfDelay: Infinity })) {
    // The first line is the header.
    if (row++ === 0) continue;
    const [device, receivedAt, port, payload] = line.split(",");
    const input = {
      bytes: Array.from(Buffer.from(payload, "hex")),
      fPort: Number(port),
      recvTime: new Date(receivedAt),
      variables: {},
    };
    lines.push(JSON.stringify({ row: row - 1, device, receivedAt, ...decodeUplink(input) }));
    if (lines.length === LINES) await write();
  }
  await write();
  await new Promise((resolve) => out.end(resolve));
}

decode();
