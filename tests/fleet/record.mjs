// Records a day of a small fleet: real payloads out of the decoders' vectors, encrypted and signed
// with each device's own keys by lora-packet, an implementation that is not Champollion's.
//
//   npm install && node record.mjs
//
// writes devices.json and frames.ndjson beside this file. The same sources give the same recording.

import { createHash } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import lora from "lora-packet";

const here = dirname(fileURLToPath(import.meta.url));

// What the fleet is made of: decoder, group, number of devices, names.
const FLEET = [
  { folder: "axioma-qalcosonic-w1", group: "water", count: 6, name: "Water meter" },
  { folder: "nas-ul20xx", group: "lighting", count: 4, name: "Street light" },
  { folder: "elsys-ers-co2", group: "buildings", count: 4, name: "Room sensor" },
];

const FRAMES_PER_DEVICE = 80;
const GATEWAYS = ["7276FF0039030A01", "7276FF0039030A02", "7276FF0039030B07"];
// EU868 default channels and those that most networks add.
const FREQUENCIES_HZ = [868100000, 868300000, 868500000, 867100000, 867300000, 867500000];

// Numbers that look random and are the same in every recording.
function* numbers(seed) {
  for (let round = 0; ; round++) {
    const digest = createHash("sha256").update(`${seed} ${round}`).digest();
    for (let offset = 0; offset < digest.length; offset += 4) yield digest.readUInt32BE(offset);
  }
}
const random = numbers("radio");
const below = (limit) => random.next().value % limit;
const bytes = (seed, length) => createHash("sha256").update(seed).digest().subarray(0, length);

// Frames from the field and from makers' documents that can be read without settings or a past.
function payloads(folder) {
  const vectors = JSON.parse(readFileSync(join(here, "../../decoders", folder, "vectors.json")));
  return vectors
    .filter(({ source, uplink, expect }) =>
      source && !/synthetic/i.test(source) && uplink && expect.reading &&
      expect.reading.state === undefined && !uplink.variables && !uplink.state && !uplink.fCnt &&
      uplink.payload.length > 0)
    .map(({ name, uplink }) => ({ vector: `${folder}: ${name}`, ...uplink }));
}

function makeDevices() {
  const devices = [];
  for (const { folder, group, count, name } of FLEET) {
    const manifest = readFileSync(join(here, "../../decoders", folder, "decoder.toml"), "utf8");
    const id = manifest.match(/^id = "(.+)"/m)[1];
    const major = manifest.match(/^version = "(\d+)\./m)[1];
    for (let number = 1; number <= count; number++) {
      const index = devices.length + 1;
      // Locally administered, so that it is nobody's.
      const devEui = `02C4A3FFFE${index.toString(16).padStart(6, "0")}`.toUpperCase();
      devices.push({
        devEui,
        // NwkID of an experimental network (LoRaWAN 1.0.x: 0 and 1).
        devAddr: (0x02000100 + index).toString(16).padStart(8, "0").toUpperCase(),
        nwkSKey: bytes(`NwkSKey ${devEui}`, 16),
        appSKey: bytes(`AppSKey ${devEui}`, 16),
        group, folder, decoder: `${id}@^${major}`, name: `${name} ${number}`,
        // One device is close to the end of 16 bits, so that its counter rolls over on the way.
        firstFCnt: index === 1 ? 65500 : 1 + (index * 37) % 500,
      });
    }
  }
  return devices;
}

function phyPayload(device, fCnt, fPort, payload) {
  const counter = Buffer.alloc(4);
  counter.writeUInt32BE(fCnt);
  return lora.fromFields({
    MType: "Unconfirmed Data Up",
    DevAddr: Buffer.from(device.devAddr, "hex"),
    FCtrl: { ADR: true, ACK: false, ADRACKReq: false, FPending: false },
    FCnt: counter.subarray(2),
    FPort: fPort,
    payload: Buffer.from(payload.replaceAll(/\s/g, ""), "hex"),
  }, device.appSKey, device.nwkSKey, undefined, Buffer.from([counter[1], counter[0]])).getPHYPayload();
}

function ingest(frame, receivedAt, gateways) {
  const spreadingFactor = 7 + below(6);
  return {
    phyPayload: frame.toString("hex").toUpperCase(),
    receivedAt,
    frequencyHz: FREQUENCIES_HZ[below(FREQUENCIES_HZ.length)],
    spreadingFactor,
    bandwidthHz: 125000,
    codingRate: "4/5",
    region: "EU868",
    gateways: gateways.map((gatewayId) => ({
      gatewayId,
      rssiDbm: -75 - below(50),
      snrDb: (below(200) - 80 - 10 * (spreadingFactor - 7)) / 10,
    })),
  };
}

function record(devices) {
  const frames = [];
  const push = (ingested, expect) => frames.push({ ingest: ingested, expect });
  const sent = new Map();
  for (let turn = 0; turn < FRAMES_PER_DEVICE; turn++) {
    for (const [position, device] of devices.entries()) {
      const choice = device.payloads[turn % device.payloads.length];
      const fCnt = device.firstFCnt + turn;
      const frame = phyPayload(device, fCnt, choice.fPort, choice.payload);
      // A vector that names no moment does not depend on one: who plays the frame dates it.
      const { receivedAt } = choice;
      const serial = turn * devices.length + position;

      const damaged = Buffer.from(frame);
      damaged[damaged.length - 5] ^= 0x10;
      if (serial % 97 === 13) {
        push(ingest(damaged, receivedAt, [GATEWAYS[0]]), { refused: "mic-mismatch" });
      }
      const heardBy = GATEWAYS.slice(0, 1 + below(GATEWAYS.length));
      push(ingest(frame, receivedAt, heardBy),
        { decoded: { devEui: device.devEui, fCnt, vector: choice.vector } });
      if (serial % 17 === 5) {
        push(ingest(frame, receivedAt, [GATEWAYS[2]]), { refused: "duplicate" });
      }
      if (serial % 89 === 40 && turn > 2) {
        push(ingest(sent.get(device)[turn - 2], receivedAt, [GATEWAYS[1]]),
          { refused: "replayed-f-cnt" });
      }
      sent.set(device, [...(sent.get(device) ?? []), frame]);
      if (serial % 101 === 60) {
        // A neighbour's device: an address that is not registered here.
        const stranger = { ...device, devAddr: "0200FFFE" };
        push(ingest(phyPayload(stranger, fCnt, 1, "00"), receivedAt, [GATEWAYS[1]]),
          { refused: "unknown-dev-addr" });
      }
    }
  }
  return frames;
}

const devices = makeDevices();
const payloadsOf = Object.fromEntries(FLEET.map(({ folder }) => [folder, payloads(folder)]));
devices.forEach((device, index) => {
  const all = payloadsOf[device.folder];
  // Each device starts at another payload.
  device.payloads = all.map((_, position) => all[(position + index) % all.length]);
});

writeFileSync(join(here, "devices.json"), JSON.stringify(devices.map((device) => ({
  devEui: device.devEui,
  registration: {
    name: device.name,
    group: device.group,
    decoder: device.decoder,
    activation: { abp: {
      devAddr: device.devAddr,
      nwkSKey: device.nwkSKey.toString("hex").toUpperCase(),
      appSKey: device.appSKey.toString("hex").toUpperCase(),
    } },
  },
})), null, 2) + "\n");
const frames = record(devices);
writeFileSync(join(here, "frames.ndjson"), frames.map((frame) => JSON.stringify(frame) + "\n").join(""));
console.log(`${devices.length} devices, ${frames.length} frames`);
