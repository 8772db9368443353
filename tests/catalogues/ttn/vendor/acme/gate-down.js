var table = { open: 0x10, close: 0x11 };

function encodeDownlink(input) {
  return { bytes: [table[input.data.command]] };
}
