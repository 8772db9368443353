function decodeUplink(input) {
  const bytes = input.bytes;
  if (input.fPort !== 2 || bytes.length < 3) {
    return { errors: ["this is no measurement"] };
  }
  const temperature = ((bytes[0] << 24) >> 16 | bytes[1]) / 10;
  return { data: { temperature, humidity: bytes[2] } };
}
