//! All tables and logs that the product keeps in its store, with what a key and a value of each are.
//!
//! The types of keys and values belong to the crates above, which make a [`Table`](crate::Table) of
//! each name. A name that an existing folder holds is never given another meaning.

use crate::names::{LogName, LogPrefix, TableName};

/// Declares names, and for the tests a list of them.
macro_rules! names {
    ($kind:ident, $all:ident: $($(#[$doc:meta])* $name:ident = $text:literal;)*) => {
        $($(#[$doc])* pub const $name: $kind = $kind::new($text);)*

        #[cfg(test)]
        const $all: &[$kind] = &[$($name),*];
    };
}

names! { TableName, ALL_TABLES:
    /// Devices. Key: the DevEUI. Value, JSON: the device with its root keys or its fixed session.
    DEVICES = "devices";

    /// Progress of sessions, apart from the devices since it changes with every frame. Key: the DevEUI.
    /// Value, JSON: the frame counter and the last MICs.
    SESSIONS = "sessions";

    /// Sessions that came of joining. Key: the DevEUI. Value, JSON: the present one and the offered one.
    JOINED = "joined";

    /// Numbers used up by joining. Key: the DevEUI. Value, JSON: the DevNonces and the JoinNonces.
    JOINS = "joins";

    /// Moments at which devices were last heard, written now and then. Key: the DevEUI. Value: the
    /// milliseconds since the epoch as 8 bytes, big-endian.
    LAST_HEARD = "last-heard";

    /// Progress of devices whose uplinks are reported. Key: the DevEUI. Value, JSON: the last uplinks.
    REPORTS = "reports";

    /// State that decoders remember. Key: the DevEUI. Value, JSON: the decoder, its version, the state.
    DECODER_STATES = "decoder-states";

    /// Network servers that devices were last heard of through. Key: the DevEUI. Value, JSON: the
    /// network server and its names for the device.
    WHEREABOUTS = "whereabouts";

    /// Commands to devices, the oldest first. Key: the UUID of the command. Value, JSON: the command.
    DOWNLINKS = "downlinks";

    /// Commands that are looked after. Key: the UUID of the command. Value: empty.
    OPEN_DOWNLINKS = "downlinks-open";

    /// Commands of each device, the latest first. Key: the DevEUI, a slash, and the bits of the UUID of
    /// the command upside down in 32 hexadecimal digits. Value, text: the UUID.
    DOWNLINKS_OF_DEVICE = "downlinks-of-device";

    /// Results of commands to groups. Key: the UUID of the command, a slash, the DevEUI. Value, JSON:
    /// the command of the device, or why there is none.
    DOWNLINKS_OF_GROUP = "downlinks-of-group";

    /// Counters of downlinks that were encrypted here. Key: the DevEUI. Value, JSON: the next FCntDown
    /// and the session that it is of.
    DOWNLINK_COUNTERS = "downlink-counters";

    /// Requests that are recognized when they come again. Key: the id of the token, a slash, the SHA-256
    /// of the Idempotency-Key. Value, JSON: the fingerprint of the request and its command.
    DOWNLINK_REQUESTS = "downlink-requests";

    /// Tokens. Key: the SHA-256 of the secret. Value, JSON: all that is known but the secret.
    TOKENS = "tokens";

    /// Unreadable messages, the oldest first. Key: the UUID of the message. Value, JSON: its
    /// description.
    PARKED = "parked";

    /// Contents of unreadable messages. Key: the UUID of the message, a slash, the number of the piece
    /// in four digits. Value: the bytes of the piece.
    PARKED_PIECES = "parked-pieces";

    /// Lasting sessions that brokers keep for us. Key: the SHA-256 of the broker's address and the client id,
    /// in hexadecimal digits. Value, JSON: the network server, the topics, and how the broker is reached.
    BROKER_SESSIONS = "broker-sessions";

    /// Routes of groups. Key: the group, a slash, the name of the route. Value, JSON: the route.
    ROUTES = "routes";

    /// Authors of routes. Key: as of the routes. Value, JSON: who made the route and who changed it last.
    ROUTE_AUTHORS = "route-authors";

    /// Progress of routes. Key: as of the routes. Value, JSON: the records that the route is done with.
    ROUTE_STANDINGS = "route-standings";

    /// Progress of routes with their files. Key: as of the routes. Value, JSON: the number of the last
    /// file and the unfinished one. A line outlives its route, so that no name of a file comes again.
    ROUTE_FILES = "route-files";

    /// Measurements that a route has handed over, where it hands over new ones only. Key: that of the route, a
    /// slash, the DevEUI. Value, JSON: the moments of each quantity and channel.
    ROUTE_MEASUREMENTS = "route-measurements";

    /// Places up to which inboxes were acknowledged. Key: the group. Value: the sequence as 8 bytes,
    /// big-endian.
    INBOXES = "inboxes";

    /// Counts of records that expired in inboxes. Key: the group. Value: the count as 8 bytes,
    /// big-endian.
    EXPIRED_IN_INBOXES = "inboxes-expired";

    /// Published versions of decoders. Key: vendor, name and version, a slash between each. Value: the
    /// index line as JSON, a line break, the manifest as it stands in the package.
    REGISTRY_VERSIONS = "registry.versions";

    /// Channels of decoders. Key: vendor, a slash, name. Value, JSON: the versions that the channels
    /// give.
    REGISTRY_CHANNELS = "registry.channels";

    /// Versions that were set aside since they misbehaved. Key: as of the versions. Value, JSON: when
    /// and why.
    REGISTRY_QUARANTINE = "registry.quarantine";

    /// Keys of publishers. Key: the public key. Value, JSON: the namespaces that it may sign for.
    REGISTRY_KEYS = "registry.keys";

    /// The registry's own secret key. Key: `current`. Value, text: the key.
    REGISTRY_OWN_KEY = "registry.own-key";

    /// Ends of the index and the audit. Key: the name of the chain. Value, JSON: the sequence and the
    /// hash of its last line.
    REGISTRY_HEADS = "registry.heads";

    /// Archives of the audit. Key: the place of the last line in the archive, in 20 digits. Value, JSON: the
    /// file, its size, and the signed checkpoint at its end.
    REGISTRY_AUDIT_ARCHIVES = "registry.audit-archives";
}

names! { LogName, ALL_LOGS:
    /// The index of the registry: each change of what it gives, in a chain of hashes, as JSON.
    REGISTRY_INDEX = "registry.index";

    /// The audit of the registry: each change and its author, in a chain of hashes, as JSON.
    REGISTRY_AUDIT = "registry.audit";
}

names! { LogPrefix, ALL_LOG_PREFIXES:
    /// Records of a group. An entry is the moment at which it was stored, in milliseconds since the
    /// epoch as 8 bytes, big-endian, and the record as JSON.
    RECORDS = "records/";

    /// Events of a group: what became of its routes, as JSON, the latest thousand.
    EVENTS = "events/";
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;
    use crate::limits;

    #[test]
    fn the_names_of_tables_are_distinct_and_allowed() {
        let distinct: HashSet<&str> = ALL_TABLES.iter().map(|table| table.as_str()).collect();
        assert_eq!(distinct.len(), ALL_TABLES.len());
        for table in ALL_TABLES {
            limits::check_table(table.as_str()).unwrap();
        }
    }

    #[test]
    fn the_names_of_logs_are_distinct_and_allowed() {
        let distinct: HashSet<&str> = ALL_LOGS.iter().map(|log| log.as_str()).collect();
        assert_eq!(distinct.len(), ALL_LOGS.len());
        for prefix in ALL_LOG_PREFIXES {
            limits::check_log(&prefix.log_of(&"owner")).unwrap();
            assert!(ALL_LOGS.iter().all(|log| prefix.owner_of(log.as_str()).is_none()));
            let others = ALL_LOG_PREFIXES.iter().filter(|other| *other != prefix);
            assert!(others.into_iter().all(|other| prefix.owner_of(other.as_str()).is_none()));
        }
        for log in ALL_LOGS {
            limits::check_log(log.as_str()).unwrap();
        }
    }
}
