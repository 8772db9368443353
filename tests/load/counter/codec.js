function decodeUplink(input) {
  const count = (context.length > 0 ? context[0] : 0) + 1;
  context.length = 0;
  context.push(count);
  if (input.bytes.length < 9) {
    return { data: { count } };
  }
  const litres = input.bytes.slice(5, 9).reduceRight((sum, byte) => sum * 256 + byte, 0);
  return { data: { count, volume: litres / 1000 } };
}
