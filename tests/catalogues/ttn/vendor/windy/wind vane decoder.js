function decodeUplink(input) {
  return { data: { direction: input.bytes[0] } };
}
