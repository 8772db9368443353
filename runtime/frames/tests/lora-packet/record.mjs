// Records frames, good and damaged, and joins, made and judged by lora-packet, an implementation of
// LoRaWAN that is not Champollion's.
//
//   npm install && node record.mjs
//
// writes data.ndjson and joins.ndjson beside this file. The same sources give the same recording.

import { createHash } from "node:crypto";
import { writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import lora from "lora-packet";

const here = dirname(fileURLToPath(import.meta.url));

const FRAMES = 10000; // of each version
const JOINS = 500; // of each version
const DEVICES = 16; // of each version

// Numbers that look random and are the same in every recording.
function* numbers(seed) {
  for (let round = 0; ; round++) {
    const digest = createHash("sha256").update(`${seed} ${round}`).digest();
    for (let offset = 0; offset < digest.length; offset += 4) yield digest.readUInt32BE(offset);
  }
}
const random = numbers("frames");
const next = () => random.next().value;
const below = (limit) => next() % limit;
const bytes = (length) => Buffer.from(Array.from({ length }, () => below(256)));
const key = (name) => createHash("sha256").update(name).digest().subarray(0, 16);
const hex = (buffer) => buffer.toString("hex").toUpperCase();

// What a device is: the test derives the same from the same names.
const device = (version, number) => ({
  devAddr: Buffer.from([2, version === "1.1" ? 1 : 0, 0, number]),
  nwkSKey: key(`NwkSKey ${number}`),
  fNwkSIntKey: key(`FNwkSIntKey ${number}`),
  sNwkSIntKey: key(`SNwkSIntKey ${number}`),
  nwkSEncKey: key(`NwkSEncKey ${number}`),
  appSKey: key(`AppSKey ${number}`),
});

// The upper two bytes of the FCnt, the lower of them first.
const upper = (fCnt) => Buffer.from([(fCnt >>> 16) & 0xff, fCnt >>> 24]);

// ConfFCnt, upper byte first, TxDr, TxCh. lora-packet changes what it is given.
const sent = (frame) => Buffer.from([frame.conf >>> 8, frame.conf & 0xff, frame.dr, frame.ch]);

function frame(version, number) {
  const fPort = [undefined, 0, 1 + below(223), 1 + below(223), 1 + below(223)][below(5)];
  // Short ones most often, and some of every length that fits.
  const length = fPort === undefined ? 0 : below(25) === 0 ? below(223) : below(20);
  const ack = below(4) === 0;
  return {
    number,
    fCnt: below(3) === 0 ? next() : below(2) === 0 ? below(200000) : below(2000),
    fPort,
    fOpts: bytes(below(3) === 0 ? below(16) : 0),
    payload: bytes(length),
    confirmed: below(2) === 0,
    adr: below(2) === 0,
    ack,
    // ConfFCnt is 0 where nothing is acknowledged.
    conf: ack && version === "1.1" ? below(65536) : 0,
    dr: version === "1.1" ? below(16) : 0,
    ch: version === "1.1" ? below(72) : 0,
  };
}

function phyPayload(version, frame) {
  const keys = device(version, frame.number);
  const fCnt = Buffer.alloc(2);
  fCnt.writeUInt16BE(frame.fCnt & 0xffff);
  const fields = {
    MType: frame.confirmed ? "Confirmed Data Up" : "Unconfirmed Data Up",
    DevAddr: keys.devAddr,
    FCtrl: { ADR: frame.adr, ACK: frame.ack, ADRACKReq: false, FPending: false },
    FCnt: fCnt,
    FOpts: frame.fOpts,
    FPort: frame.fPort,
    payload: frame.payload,
  };
  const msb = upper(frame.fCnt);
  if (version === "1.0") {
    const packet = lora.fromFields(fields, keys.appSKey, keys.nwkSKey, undefined, msb);
    lora.recalculateMIC(packet, keys.nwkSKey, undefined, msb);
    return packet.getPHYPayload();
  }
  // Of three keys lora-packet takes the first for the payload on FPort 0.
  const first = frame.fPort === 0 ? keys.nwkSEncKey : keys.appSKey;
  const packet =
    lora.fromFields(fields, first, keys.fNwkSIntKey, keys.sNwkSIntKey, msb, sent(frame));
  packet.encryptFOpts(keys.nwkSEncKey, undefined, msb);
  lora.recalculateMIC(packet, keys.fNwkSIntKey, keys.sNwkSIntKey, msb, sent(frame));
  return packet.getPHYPayload();
}

function verdict(version, frame, phy) {
  const keys = device(version, frame.number);
  const msb = upper(frame.fCnt);
  try {
    const packet = lora.fromWire(phy);
    if (!packet.isDataMessage() || packet.getDir() !== "up") return false;
    return version === "1.0"
      ? lora.verifyMIC(packet, keys.nwkSKey, undefined, msb)
      : lora.verifyMIC(packet, keys.fNwkSIntKey, keys.sNwkSIntKey, msb, sent(frame));
  } catch {
    return false;
  }
}

function damage(phy) {
  const kind = below(6);
  if (kind === 0) return phy.subarray(0, below(phy.length));
  if (kind === 1) return Buffer.concat([phy, bytes(1 + below(8))]);
  const damaged = Buffer.from(phy);
  damaged[below(phy.length)] ^= 1 << below(8);
  return damaged;
}

function data(version) {
  return Array.from({ length: FRAMES }, (_, index) => {
    const made = frame(version, index % DEVICES);
    const good = phyPayload(version, made);
    // Every fourth is damaged on its way.
    const phy = index % 4 === 3 ? damage(good) : good;
    const { number, fCnt, fPort, fOpts, payload, confirmed, adr, ack, conf, dr, ch } = made;
    const flags = (confirmed ? 1 : 0) | (adr ? 2 : 0) | (ack ? 4 : 0);
    return [version, number, fCnt, fPort ?? null, hex(fOpts), hex(payload), flags, conf, dr, ch,
      hex(phy), verdict(version, made, phy)];
  });
}

function joins(version) {
  const is11 = version === "1.1";
  return Array.from({ length: JOINS }, (_, index) => {
    const [appKey, nwkKey] = [key(`AppKey ${index}`), key(`NwkKey ${index}`)];
    const root = is11 ? nwkKey : appKey;
    const [joinEui, devEui, devNonce] = [bytes(8), bytes(8), bytes(2)];
    const request = lora.fromFields(
      { MType: "Join Request", AppEUI: joinEui, DevEUI: devEui, DevNonce: devNonce },
      undefined, undefined, root,
    ).getPHYPayload();

    const [joinNonce, netId, devAddr] = [bytes(3), bytes(3), bytes(4)];
    const dlSettings = Buffer.from([(below(8) << 4) | below(16) | (is11 ? 0x80 : 0)]);
    const cfList = bytes(below(2) === 0 ? 16 : 0);
    const { JSIntKey } = lora.generateJSKeys(nwkKey, devEui);
    const accept = lora.fromFields({
      MType: "Join Accept", AppNonce: joinNonce, NetID: netId, DevAddr: devAddr,
      DLSettings: dlSettings, RxDelay: Buffer.from([below(16)]), CFList: cfList,
      AppEUI: joinEui, DevNonce: devNonce,
    }, undefined, is11 ? JSIntKey : undefined, root);
    const phy = Buffer.concat([Buffer.from([0x20]), accept.MACPayloadWithMIC]);
    const keys = is11
      ? lora.generateSessionKeys11(appKey, nwkKey, joinEui, joinNonce, devNonce)
      : lora.generateSessionKeys10(appKey, netId, joinNonce, devNonce);
    const session = (is11
      ? [keys.AppSKey, keys.FNwkSIntKey, keys.SNwkSIntKey, keys.NwkSEncKey]
      : [keys.AppSKey, keys.NwkSKey]).map(hex);
    return [version, hex(appKey), hex(nwkKey), hex(joinEui), hex(devEui),
      devNonce.readUInt16BE(), hex(devAddr), hex(request), hex(phy), session];
  });
}

const write = (name, lines) =>
  writeFileSync(join(here, name), lines.map((line) => JSON.stringify(line) + "\n").join(""));
const frames = [...data("1.0"), ...data("1.1")];
write("data.ndjson", frames);
write("joins.ndjson", [...joins("1.0"), ...joins("1.1")]);
console.log(`${frames.length} frames, ${frames.filter((line) => line.at(-1)).length} of them good`);
