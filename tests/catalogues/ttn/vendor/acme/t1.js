function decodeUplink(input) {
  if (input.fPort !== 1) {
    return { errors: ['unknown FPort'] };
  }
  var tenths = (input.bytes[0] << 8) | input.bytes[1];
  if (tenths & 0x8000) {
    tenths -= 0x10000;
  }
  return {
    data: { temperature: tenths / 10, battery: input.bytes[2] },
    warnings: tenths < 0 ? ['frost'] : [],
  };
}

function normalizeUplink(input) {
  return { data: { air: { temperature: input.data.temperature } } };
}

function encodeDownlink(input) {
  return { fPort: 2, bytes: [input.data.interval >> 8, input.data.interval & 0xff] };
}

function decodeDownlink(input) {
  return { data: { interval: (input.bytes[0] << 8) | input.bytes[1] } };
}
