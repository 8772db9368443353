//! Programs whose messages are met often and are not served, each with what to do.

use serde_json::Value as Json;

/// A program whose messages are known, and not served.
#[derive(Debug, PartialEq, Eq)]
pub struct Stranger {
    product: &'static str,
    remedy: &'static str,
}

static CHIRPSTACK_3: Stranger = Stranger {
    product: "ChirpStack 3",
    remedy: "ChirpStack 4 is served: upgrade it, or let the settings describe its JSON (kind = \"json\", \
             docs/network-servers-json.md)",
};

static CHIRPSTACK_GATEWAY_BRIDGE: Stranger = Stranger {
    product: "the ChirpStack Gateway Bridge",
    remedy: "it comes from a gateway and not from a network server; point ChirpStack 4 at \
             /v1/ingest/chirpstack, or hand the frame over with its phyPayload as hexadecimal digits",
};

static THE_THINGS_NETWORK_2: Stranger = Stranger {
    product: "The Things Network 2",
    remedy: "The Things Stack 3 is served, at /v1/ingest/tts",
};

static HELIUM_CONSOLE: Stranger = Stranger {
    product: "the Helium Console",
    remedy: "Helium with ChirpStack 4 is served, at /v1/ingest/chirpstack; or let the settings describe \
             its JSON (kind = \"json\", docs/network-servers-json.md)",
};

static PACKET_FORWARDER: Stranger = Stranger {
    product: "a gateway's packet forwarder",
    remedy: "point the gateway at a network server, and that at the path of its kind",
};

impl Stranger {
    pub(super) fn product(&self) -> &'static str {
        self.product
    }

    pub(super) fn remedy(&self) -> &'static str {
        self.remedy
    }
}

/// The program that a message is of beyond doubt, also where it looks like one of a network server that is
/// served.
pub(super) fn certain(json: &Json) -> Option<&'static Stranger> {
    let has = |name: &str| json.get(name).is_some();
    (has("phyPayload") && has("rxInfo")).then_some(&CHIRPSTACK_GATEWAY_BRIDGE)
}

/// The program that a message seems to be of, where it is no message of a network server that is served.
pub(super) fn likely(json: &Json) -> Option<&'static Stranger> {
    let has = |name: &str| json.get(name).is_some();
    // Gateways with a server of their own write nearly so, and are known by how they write gateways and data rates.
    if has("devEUI") && (has("applicationID") || has("applicationName") || has("rxInfo")) {
        return Some(&CHIRPSTACK_3);
    }
    if has("hardware_serial") && (has("dev_id") || has("payload_raw")) {
        return Some(&THE_THINGS_NETWORK_2);
    }
    if has("hotspots") && has("dev_eui") {
        return Some(&HELIUM_CONSOLE);
    }
    let is_basics_station = || has("msgtype") && has("upinfo");
    (has("rxpk") || is_basics_station()).then_some(&PACKET_FORWARDER)
}

/// The program that protobuf is of which is no event of ChirpStack 4. Those of ChirpStack 3 begin with the
/// number of the application, which is a field of another type in version 4.
pub(super) fn of_protobuf(body: &[u8]) -> Option<&'static Stranger> {
    const APPLICATION_ID: u8 = 0x08;
    (body.first() == Some(&APPLICATION_ID)).then_some(&CHIRPSTACK_3)
}
