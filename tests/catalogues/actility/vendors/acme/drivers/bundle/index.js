const { list } = require("./src/list.js");
exports.decodeUplink = (input) => ({ data: list(input.bytes) });
