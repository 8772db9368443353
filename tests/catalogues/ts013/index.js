function decodeUplink(input) {
  if (input.bytes.length === 0) {
    return { errors: ['the payload is empty'] };
  }
  return { data: { temperature: input.bytes[0] / 2 } };
}

function encodeDownlink(input) {
  return { fPort: 2, bytes: [input.data.interval] };
}

function decodeDownlink(input) {
  return { data: { interval: input.bytes[0] } };
}

exports.decodeUplink = decodeUplink;
exports.encodeDownlink = encodeDownlink;
exports.decodeDownlink = decodeDownlink;
