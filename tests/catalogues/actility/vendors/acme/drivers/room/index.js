// Two bytes of temperature in tenths, one of humidity, two of the battery's millivolts.
function decodeUplink(input) {
  const bytes = Buffer.from(input.bytes);
  if (input.fPort === 3) return batterySince(bytes);
  if (bytes.length !== 5) return { errors: ["5 bytes were expected"], warnings: [] };
  return {
    data: {
      at: input.recvTime,
      room: { temperature: bytes.readInt16BE(0) / 10, humidity: bytes[2] },
      battery: bytes.readUInt16BE(3),
    },
    errors: [],
    warnings: bytes.readUInt16BE(3) < 3000 ? ["low battery"] : [],
  };
}

// ThingPark gives a driver the list that it has left with the device's message before.
function batterySince(bytes) {
  const before = context.length > 0 ? context[0].battery : null;
  context.length = 0;
  context.push({ battery: bytes.readUInt16BE(0) });
  return { data: { before }, errors: [], warnings: [] };
}

function encodeDownlink(input) {
  if (input.data.minutes === undefined) return { errors: ["minutes are missing"], warnings: [] };
  return { bytes: [1, input.data.minutes], fPort: input.fPort || 10, errors: [], warnings: [] };
}

function decodeDownlink(input) {
  return { data: { minutes: input.bytes[1] }, errors: [], warnings: [] };
}

exports.decodeUplink = decodeUplink;
exports.encodeDownlink = encodeDownlink;
exports.decodeDownlink = decodeDownlink;
