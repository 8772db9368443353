/**
 * Decoder of an indoor sensor that sends channels, types and values. Written for tests, in the way
 * in which such codecs are written.
 */

// The Things Stack v3, ChirpStack v4
function decodeUplink(input) {
  var decoded = deviceDecode(input.bytes);
  return { data: decoded };
}

// ChirpStack v3
function Decode(fPort, bytes) {
  return deviceDecode(bytes);
}

// The Things Network
function Decoder(bytes, port) {
  return deviceDecode(bytes);
}

function deviceDecode(bytes) {
  var decoded = {};

  for (var i = 0; i < bytes.length; ) {
    var channel_id = bytes[i++];
    var channel_type = bytes[i++];
    // BATTERY
    if (channel_id === 0x01 && channel_type === 0x75) {
      decoded.battery = bytes[i];
      i += 1;
    }
    // TEMPERATURE
    else if (channel_id === 0x03 && channel_type === 0x67) {
      // ℃
      decoded.temperature = readInt16LE(bytes.slice(i, i + 2)) / 10;
      i += 2;
    }
    // HUMIDITY
    else if (channel_id === 0x04 && channel_type === 0x68) {
      decoded.humidity = bytes[i] / 2;
      i += 1;
    }
    // PIR
    else if (channel_id === 0x05 && channel_type === 0x00) {
      decoded.occupancy = bytes[i] === 1 ? "occupied" : "vacant";
      i += 1;
    }
    // LIGHT
    else if (channel_id === 0x06 && channel_type === 0xcb) {
      decoded.light_level = bytes[i];
      i += 1;
    }
    // CO2
    else if (channel_id === 0x07 && channel_type === 0x7d) {
      decoded.co2 = readUInt16LE(bytes.slice(i, i + 2));
      i += 2;
    }
    // HISTORY
    else if (channel_id === 0x20 && channel_type === 0xce) {
      var data = {};
      data.timestamp = readUInt32LE(bytes.slice(i, i + 4));
      data.temperature = readInt16LE(bytes.slice(i + 4, i + 6)) / 10;
      data.humidity = bytes[i + 6] / 2;
      i += 7;
      decoded.history = decoded.history || [];
      decoded.history.push(data);
    } else {
      break;
    }
  }

  return decoded;
}

function readUInt16LE(bytes) {
  var value = (bytes[1] << 8) + bytes[0];
  return value & 0xffff;
}

function readInt16LE(bytes) {
  var ref = readUInt16LE(bytes);
  return ref > 0x7fff ? ref - 0x10000 : ref;
}

function readUInt32LE(bytes) {
  var value = (bytes[3] << 24) + (bytes[2] << 16) + (bytes[1] << 8) + bytes[0];
  return (value & 0xffffffff) >>> 0;
}
