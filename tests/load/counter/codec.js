function decodeUplink(input) {
  const count = (context.length > 0 ? context[0] : 0) + 1;
  context.length = 0;
  context.push(count);
  return { data: { count } };
}
