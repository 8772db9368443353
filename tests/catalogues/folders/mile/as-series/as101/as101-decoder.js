function decodeUplink(input) { return { data: decode(input.bytes) }; }
function Decode(fPort, bytes) { return decode(bytes); }
function Decoder(bytes, port) { return decode(bytes); }
function decode(bytes) { return { battery: bytes[2], table: table[0] }; }
var table = ["decoder"];
