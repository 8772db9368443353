function decodeUplink(input) {
  return {
    data: { temperature: input.bytes[0], received: input.recvTime.toISOString() },
    errors: [],
    warnings: [],
  };
}

function encodeDownlink(input) {
  return { bytes: [0x31, input.data.minutes] };
}
