function Decoder(bytes) { return { wrong: true }; }
