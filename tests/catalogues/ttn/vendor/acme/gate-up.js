'use strict';
var table = ['closed', 'open'];

function decodeUplink(input) {
  return { data: { state: table[input.bytes[0]] } };
}
