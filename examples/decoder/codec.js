// The maker's own interface, as TS013 has it: the same file runs in the network server and here.

function decodeUplink(input) {
  const bytes = input.bytes;
  if (input.fPort !== 2 || bytes.length !== 4) {
    return { errors: ["a measurement has 4 bytes on port 2"] };
  }
  const temperature = ((bytes[0] << 24) >> 16 | bytes[1]) / 10;
  return { data: { temperature, humidity: bytes[2], batteryLow: (bytes[3] & 1) === 1 } };
}

function encodeDownlink(input) {
  const minutes = input.data.interval;
  if (!Number.isInteger(minutes) || minutes < 1 || minutes > 255) {
    return { errors: ["interval must be a whole number of minutes from 1 to 255"] };
  }
  return { fPort: 3, bytes: [minutes] };
}
