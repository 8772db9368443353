function Decoder(bytes, port) {
  return { level: bytes[0], port: port };
}
function Encoder(object, port) {
  return [object.level, port];
}
