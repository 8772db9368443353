function Decoder(bytes, port) {
  return { speed: bytes[0] };
}
