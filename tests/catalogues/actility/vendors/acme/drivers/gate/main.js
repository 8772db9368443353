function decodeUplink(input) {
  return { open: input.bytes[0] === 1, port: input.fPort };
}
function encodeDownlink(data) {
  return { bytes: [data.open ? 1 : 0], fPort: 5 };
}
