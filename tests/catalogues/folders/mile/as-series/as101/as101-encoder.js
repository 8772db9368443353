function encodeDownlink(input) { return { bytes: encode(input.data) }; }
function Encode(fPort, obj) { return encode(obj); }
function Encoder(obj, port) { return encode(obj); }
function encode(payload) { return [0xff, table[0], payload.reboot]; }
var table = [0x10];
