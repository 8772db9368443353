//! All tables and logs that the product keeps in its store, with what a key and a value of each are.
//!
//! The types of keys and values belong to the crates above, which make a [`Table`](crate::Table) of
//! each name. A name that an existing folder holds is never given another meaning.
//!
//! Each table says whether its values are `secret` or `open`. A value is secret where it holds a key, a
//! password, or bytes from outside of which nobody knows what they hold. Secret values are sealed before a
//! backend sees them, by the vault of keys, which reads the word here: a table that is added cannot forget it.
//! Values that change with every frame are open, and hold no key.

use crate::names::{LogName, LogPrefix, TableName};

/// Declares names, and a list of them.
macro_rules! names {
    ($kind:ident, $(#[$all_meta:meta])* $visibility:vis $all:ident:
        $($(#[$doc:meta])* $name:ident = $content:ident($text:literal);)*) => {
        $($(#[$doc])* pub const $name: $kind = $kind::$content($text);)*

        $(#[$all_meta])*
        $visibility const $all: &[$kind] = &[$($name),*];
    };
}

names! { TableName,
    /// All tables that the store has.
    pub ALL_TABLES:
    /// Devices. Key: the DevEUI. Value, JSON: the device with its root keys or its fixed session.
    DEVICES = secret("devices");

    /// Progress of sessions, apart from the devices since it changes with every frame. Key: the DevEUI.
    /// Value, JSON: the frame counter and the last MICs.
    SESSIONS = open("sessions");

    /// Sessions that came of joining. Key: the DevEUI. Value, JSON: the present one and the offered one.
    JOINED = secret("joined");

    /// Numbers used up by joining. Key: the DevEUI. Value, JSON: the DevNonces and the JoinNonces.
    JOINS = open("joins");

    /// Moments at which devices were last heard, written now and then. Key: the DevEUI. Value: the
    /// milliseconds since the epoch as 8 bytes, big-endian.
    LAST_HEARD = open("last-heard");

    /// First days on which devices were heard since they were registered. Key: the DevEUI. Value, JSON: the day.
    FIRST_HEARD = open("first-heard");

    /// Tallies of devices by days that are not in the rows of their days yet. Key: a number as 8 bytes, big-endian. Value:
    /// the group, the day, and the tallies, packed.
    QUALITY_JOURNAL = open("quality-journal");

    /// Tallies of the devices of a group on a day. Key: the group, a slash, the day, a slash, the number of the part in four
    /// digits. Value: the tallies, packed.
    QUALITY_DAYS = open("quality-days");

    /// Figures of days that are over. Key: the group, a slash, the day. Value, JSON: the counts of each part of the group.
    QUALITY_CLOSED = open("quality-closed");

    /// Places up to which the records of a group are counted. Key: the group. Value, JSON: the place, and what is counted
    /// beyond it.
    QUALITY_PLACES = open("quality-places");

    /// Changes of what figures count devices by, of the days that are open. Key: the DevEUI, a slash, the moment in
    /// milliseconds since the epoch in 16 digits. Value, JSON: the group, the sub-group, the use case and the life cycle
    /// before, and from then on.
    MEMBER_CHANGES = open("member-changes");

    /// The first day that is counted, and the last one that is over. Key: `days`. Value, JSON: both, and whether first days
    /// are known.
    QUALITY_CALENDAR = open("quality-calendar");

    /// Minutes in which the server took frames, and in which routes delivered. Key: `ingest` or the key of a route, a
    /// slash, the day. Value, JSON: the minutes that were looked at, the good ones, and the last.
    AVAILABILITY = open("availability");

    /// Gateways. Key: the name that network servers have for it. Value, JSON: when it was last heard, its rhythm, its frames
    /// by hour, and whether it is silent.
    GATEWAYS = open("gateways");

    /// Points of groups. Key: the group, a slash, the name of the point. Value, JSON: the links of its devices.
    POINTS = open("points");

    /// Progress of devices whose uplinks are reported. Key: the DevEUI. Value, JSON: the last uplinks.
    REPORTS = open("reports");

    /// State that decoders remember. Key: the DevEUI. Value, JSON: the decoder, its version, the state.
    DECODER_STATES = open("decoder-states");

    /// Derived decoders of devices. Key: the DevEUI. Value, JSON: their requirements.
    DERIVED_OF_DEVICES = open("derived-of-devices");

    /// Derived decoders of groups. Key: the group. Value, JSON: their requirements.
    DERIVED_OF_GROUPS = open("derived-of-groups");

    /// Memory of derived decoders. Key: the DevEUI. Value, JSON: by the name of each decoder its version and what it
    /// remembers.
    DERIVED_STATES = open("derived-states");

    /// Network servers that devices were last heard of through. Key: the DevEUI. Value, JSON: the
    /// network server and its names for the device.
    WHEREABOUTS = open("whereabouts");

    /// Commands to devices, the oldest first. Key: the UUID of the command. Value, JSON: the command.
    DOWNLINKS = open("downlinks");

    /// Commands that are looked after. Key: the UUID of the command. Value: empty.
    OPEN_DOWNLINKS = open("downlinks-open");

    /// Commands of each device, the latest first. Key: the DevEUI, a slash, and the bits of the UUID of
    /// the command upside down in 32 hexadecimal digits. Value, text: the UUID.
    DOWNLINKS_OF_DEVICE = open("downlinks-of-device");

    /// Results of commands to groups. Key: the UUID of the command, a slash, the DevEUI. Value, JSON:
    /// the command of the device, or why there is none.
    DOWNLINKS_OF_GROUP = open("downlinks-of-group");

    /// Counters of downlinks that were encrypted here. Key: the DevEUI. Value, JSON: the next FCntDown
    /// and the session that it is of.
    DOWNLINK_COUNTERS = open("downlink-counters");

    /// Requests that are recognized when they come again. Key: the id of the token, a slash, the SHA-256
    /// of the Idempotency-Key. Value, JSON: the fingerprint of the request and its command.
    DOWNLINK_REQUESTS = open("downlink-requests");

    /// Schedules of commands. Key: the UUID of the schedule. Value, JSON: the schedule, and who made it when.
    SCHEDULES = open("schedules");

    /// Progress of schedules. Key: the UUID of the schedule. Value, JSON: the moment up to which all is settled, what is
    /// under way, and what became of the last moments.
    SCHEDULE_PROGRESS = open("schedule-progress");

    /// Data keys of the vault, each wrapped by the master key. Key: the name of the table whose values it seals.
    /// Value, JSON: the wrapped key and the name of the master key.
    VAULT = open("vault");

    /// Tokens. Key: the SHA-256 of the secret. Value, JSON: all that is known but the secret.
    TOKENS = open("tokens");

    /// Partners. Key: the short name. Value, JSON: the name for people, and since when it is there.
    PARTNERS = open("partners");

    /// Owners of groups. Key: the group. Value, JSON: the partner, and since when.
    GROUP_OWNERS = open("group-owners");

    /// Changes of the owners of groups. Key: the group, a slash, the moment in milliseconds since the epoch in 16 digits.
    /// Value, JSON: the partner before, and from then on.
    GROUP_OWNER_CHANGES = open("group-owner-changes");

    /// Requests of partners, and of who is to be one. Key: the UUID of the request. Value, JSON: the request with its
    /// checks, its remarks and its decision.
    REQUESTS = open("requests");

    /// Requests of partners for decoders. Key: the UUID of the request. Value, JSON: the request with its payloads, its
    /// candidate and its steps.
    DECODER_REQUESTS = open("decoder-requests");

    /// The moment at which groups that were there before became partners. Key: `at`. Value, JSON: the moment.
    GROUPS_ADOPTED = open("groups-adopted");

    /// People. Key: the UUID of the person. Value, JSON: name, first name, e-mail, home, and whether suspended.
    PEOPLE = open("people");

    /// Grants of people. Key: the UUID of the grant. Value, JSON: the person, the place and the role.
    GRANTS = open("grants");

    /// Notices of planned work and incidents. Key: the UUID of the notice. Value, JSON: the notice with its later words.
    NOTICES = open("notices");
    /// People who are told of notices. Key: the UUID of the person. Value, JSON: whether by mail, and the language.
    NOTICE_READERS = open("notice-readers");
    /// Systems that are told of notices. Key: the group. Value, JSON: the address, and the secret of signatures.
    NOTICE_HOOKS = secret("notice-hooks");
    /// Notices of which systems are still to be told, the oldest first. Key: a UUID. Value, JSON: the notice, the event,
    /// and the last group whose system was told.
    NOTICE_TELLINGS = open("notice-tellings");
    /// Notices about which readers are still to be mailed, the oldest first. Key: a UUID. Value, JSON: the notice, and the
    /// last reader who was mailed.
    NOTICE_MAILS = open("notice-mails");
    /// Changes of what is in service. Key: the DevEUI, a slash, the moment in milliseconds since the epoch in 16 digits.
    /// Value, JSON: what was in service before, and from then on.
    SERVICE_CHANGES = open("service-changes");
    /// The moment from which changes of what is in service are kept. Key: `since`. Value, JSON: the moment.
    SERVICE_CHANGES_SINCE = open("service-changes-since");
    /// Statements that were issued. Key: the day, a slash, the partner. Value, JSON: the digest, the sum, and when and by
    /// whom.
    STATEMENTS = open("statements");
    /// Passwords, as hashes, and second factors of people. Key: the UUID of the person. Value, JSON: both.
    CREDENTIALS = secret("credentials");

    /// Sessions of people. Key: the SHA-256 of the secret. Value, JSON: the person, and when it ends.
    PEOPLE_SESSIONS = open("people-sessions");

    /// One-time links to choose a password. Key: the SHA-256 of the secret. Value, JSON: the person, the occasion,
    /// and until when it can be used.
    SIGN_IN_LINKS = open("sign-in-links");

    /// Identities of people at providers of OpenID Connect. Key: the UUID of the person. Value, JSON: the issuer and the
    /// subject.
    OPENID_IDENTITIES = open("openid-identities");

    /// Moments at which tokens and grants were last used, written now and then. Key: the kind, a slash, the id.
    /// Value: the milliseconds since the epoch as 8 bytes, big-endian.
    LAST_USES = open("last-uses");

    /// Unreadable messages, the oldest first. Key: the UUID of the message. Value, JSON: its
    /// description.
    PARKED = secret("parked");

    /// Contents of unreadable messages. Key: the UUID of the message, a slash, the number of the piece
    /// in four digits. Value: the bytes of the piece.
    PARKED_PIECES = secret("parked-pieces");

    /// Lasting sessions that brokers keep for us. Key: the SHA-256 of the broker's address and the client id,
    /// in hexadecimal digits. Value, JSON: the network server, the topics, and how the broker is reached.
    BROKER_SESSIONS = secret("broker-sessions");

    /// Routes of groups. Key: the group, a slash, the name of the route. Value, JSON: the route.
    ROUTES = secret("routes");

    /// Authors of routes. Key: as of the routes. Value, JSON: who made the route and who changed it last.
    ROUTE_AUTHORS = open("route-authors");

    /// Progress of routes. Key: as of the routes. Value, JSON: the records that the route is done with.
    ROUTE_STANDINGS = open("route-standings");

    /// Progress of routes with their files. Key: as of the routes. Value, JSON: the number of the last
    /// file and the unfinished one. A line outlives its route, so that no name of a file comes again.
    ROUTE_FILES = open("route-files");

    /// Measurements that a route has handed over, where it hands over new ones only. Key: that of the route, a
    /// slash, the DevEUI. Value, JSON: the moments of each quantity and channel.
    ROUTE_MEASUREMENTS = open("route-measurements");

    /// Places up to which inboxes were acknowledged. Key: the group. Value: the sequence as 8 bytes,
    /// big-endian.
    INBOXES = open("inboxes");

    /// Counts of records that expired in inboxes. Key: the group. Value: the count as 8 bytes,
    /// big-endian.
    EXPIRED_IN_INBOXES = open("inboxes-expired");

    /// Messages that wait to be sent, the oldest first. Key: the UUID of the message. Value, JSON: the message, with the
    /// secret that it is signed with, and the attempts to send it.
    OUTBOX = secret("outbox");

    /// Mails of groups that mail servers have taken in the hour and the day of the last one. Key: the group. Value, JSON:
    /// for each of the two its number since 1970, and the mails.
    SENT_MAILS = open("sent-mails");

    /// Rules of alerts. Key: the group, a slash, the name of the rule. Value, JSON: the rule, with who is told.
    ALERT_RULES = secret("alert-rules");

    /// Changes of the rules of groups, which take turns: how many rules there may be is judged by all of them. Key: the
    /// group. Value: the number of changes as 8 bytes, big-endian.
    ALERT_RULE_CHANGES = open("alert-rule-changes");

    /// States of rules. Key: the DevEUI, or a route. Value, JSON: by the id of each rule how far it has come. A rule with
    /// which all is well may be behind by some hours, or have none.
    ALERT_STATES = open("alert-states");

    /// Alerts that were raised, the oldest first. Key: the group, a slash, the UUID of the alert. Value, JSON: the alert.
    ALERTS = open("alerts");

    /// Alerts that are not over. Key: as of the alert. Value: empty.
    OPEN_ALERTS = open("open-alerts");

    /// Commands that alerts have brought about and that were not sent yet. Key: the UUID of the alert. Value, JSON: the
    /// command, the device that gets it, and until when somebody wants it.
    ALERT_COMMANDS = open("alert-commands");

    /// Published versions of decoders. Key: vendor, name and version, a slash between each. Value: the
    /// index line as JSON, a line break, the manifest as it stands in the package.
    REGISTRY_VERSIONS = open("registry.versions");

    /// Channels of decoders. Key: vendor, a slash, name. Value, JSON: the versions that the channels
    /// give.
    REGISTRY_CHANNELS = open("registry.channels");

    /// Versions that were set aside since they misbehaved. Key: as of the versions. Value, JSON: when
    /// and why.
    REGISTRY_QUARANTINE = open("registry.quarantine");

    /// Mappings of decoders' fields. Key: as of the versions, with the version of the mapping. Value, JSON: the
    /// mapping, its digest, and who put it when.
    REGISTRY_MAPPINGS = open("registry.mappings");

    /// Keys of publishers. Key: the public key. Value, JSON: the namespaces that it may sign for.
    REGISTRY_KEYS = open("registry.keys");

    /// The registry's own secret key. Key: `current`. Value, text: the key.
    REGISTRY_OWN_KEY = secret("registry.own-key");

    /// Holders of leases, where several nodes share the store. Key: the name of the lease. Value: the UUID of the
    /// node and the epoch as 8 bytes, big-endian.
    LEASES = open("leases");

    /// Nodes that share the store, written every two seconds. Key: the UUID of the node. Value, JSON: its version, its
    /// address, its load, and when it was written.
    NODES = open("nodes");

    /// Settings that must be the same on all nodes. Key: the name of the setting. Value, text as JSON: the setting.
    AGREED_SETTINGS = open("agreed-settings");

    /// Databases of which this one is one, where a territory has several. Key: `own`. Value, JSON: the
    /// name, the territory, and whether it is home. In the home database also `of/` with the name of each further one;
    /// value, text: its address. And `adopted`, without a value, once all that was there before has its place.
    DATABASES = open("databases");

    /// Databases of groups, where there are several. Key: the group. Value, text: the name of the database.
    GROUP_PLACES = open("group-places");

    /// Databases of devices, where there are several. Key: the DevEUI. Value, text: the name of the database.
    DEVICE_PLACES = open("device-places");

    /// Batches that touch several databases, as the home database has decided on them. Key: the UUID of the batch, and
    /// for each entry of a log that is told last its number. Value, JSON: the decision; the entry.
    PLACED_BATCHES = open("placed-batches");

    /// Ends of the index and the audit. Key: the name of the chain. Value, JSON: the sequence and the
    /// hash of its last line.
    REGISTRY_HEADS = open("registry.heads");

    /// Archives of the audit. Key: the place of the last line in the archive, in 20 digits. Value, JSON: the
    /// file, its size, and the signed checkpoint at its end.
    REGISTRY_AUDIT_ARCHIVES = open("registry.audit-archives");
}

names! { LogName, #[cfg(test)] ALL_LOGS:
    /// The index of the registry: each change of what it gives, in a chain of hashes, as JSON.
    REGISTRY_INDEX = new("registry.index");

    /// The audit of the registry: each change and its author, in a chain of hashes, as JSON.
    REGISTRY_AUDIT = new("registry.audit");

    /// Changes of rows that nodes have in memory, where several share the store. An entry is, as JSON, the node and
    /// the keys of the rows by their tables.
    CHANGES = new("changes");

    /// Feedback on commands that nodes have heard which do not lead, for the one that does, as JSON.
    COMMAND_FEEDBACK = new("command-feedback");

    /// Status messages of gateways that nodes have heard which do not lead, for the one that does, as JSON.
    GATEWAY_STATUSES = new("gateway-statuses");
}

names! { LogPrefix, #[cfg(test)] ALL_LOG_PREFIXES:
    /// Records of a group. An entry is the moment at which it was stored, in milliseconds since the
    /// epoch as 8 bytes, big-endian, and the record as JSON.
    RECORDS = new("records/");

    /// Events of a group: what became of its routes, as JSON, the latest thousand.
    EVENTS = new("events/");
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
    fn rows_that_hold_keys_or_passwords_are_secret() {
        let secret = ALL_TABLES.iter().filter(|table| table.is_secret());
        let names: Vec<&str> = secret.map(|table| table.as_str()).collect();
        assert_eq!(
            names,
            [
                "devices",
                "joined",
                "notice-hooks",
                "credentials",
                "parked",
                "parked-pieces",
                "broker-sessions",
                "routes",
                "outbox",
                "alert-rules",
                "registry.own-key",
            ]
        );
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
