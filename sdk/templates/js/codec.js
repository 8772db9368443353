// The interface of TS013: the same file runs in the network server and here.

function decodeUplink(input) {
  const bytes = input.bytes;
  if (input.fPort !== 2) {
    return { errors: ["no message is known on port " + input.fPort] };
  }
  if (bytes.length !== 3) {
    return { errors: ["a measurement has 3 bytes, and there are " + bytes.length] };
  }
  return {
    data: {
      level: ((bytes[0] << 8) | bytes[1]) / 1000,
      battery: bytes[2],
    },
  };
}
