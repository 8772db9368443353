// Decoder of the extended telegram of an Axioma Qalcosonic W1, in the way in which such codecs are written: it has the
// fields of the first-party decoder.

function u16(bytes, at) {
  return bytes[at] | (bytes[at + 1] << 8);
}

function u32(bytes, at) {
  return (u16(bytes, at) | (u16(bytes, at + 2) << 16)) >>> 0;
}

function moment(seconds) {
  return new Date(seconds * 1000).toISOString().replace(".000Z", "Z");
}

function alarms(status) {
  var cause = status >> 5;
  var temporary = (status & 0x10) !== 0;
  return {
    powerLow: (status & 0x04) !== 0,
    permanentError: (status & 0x08) !== 0,
    temporaryError: temporary,
    emptyPipe: temporary && cause === 0,
    leakage: cause === 1,
    burst: cause === 5,
    negativeFlow: cause === 3,
    lowTemperature: cause === 4,
    manipulation: cause === 7,
  };
}

function decodeUplink(input) {
  var bytes = input.bytes;
  if (input.fPort !== 100 || bytes.length < 17) {
    return { data: {}, warnings: ["this is no extended telegram"] };
  }
  var deltas = [];
  for (var at = 17; at + 1 < bytes.length; at += 2) {
    deltas.push(u16(bytes, at));
  }
  return {
    data: {
      telegram: "extended",
      currentDateTime: moment(u32(bytes, 0)),
      statusCode: bytes[4],
      alarms: alarms(bytes[4]),
      currentVolume: u32(bytes, 5) / 1000,
      logDateTime: moment(u32(bytes, 9)),
      logVolume: u32(bytes, 13) / 1000,
      deltaVolumes: deltas,
    },
  };
}
