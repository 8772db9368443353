//! The owners of rows and logs: of whom a row or a log is says in which database it lies.
//!
//! A frame's batch names rows of its device and of its group, and the log of its group: all of them lie in the database
//! of the group, so that the batch touches one. What is the territory's, or is found by an id of its own, lies in the
//! home database.

use crate::names::{LogName, TableName};
use crate::tables;

/// The tables whose rows are a device's. Keys are DevEUIs; of the states of alerts also routes.
const OF_DEVICES: [TableName; 8] = [
    tables::DEVICES,
    tables::SESSIONS,
    tables::JOINED,
    tables::JOINS,
    tables::REPORTS,
    tables::DECODER_STATES,
    tables::DERIVED_STATES,
    tables::ALERT_STATES,
];

/// The tables whose rows are a group's: keys begin with the group, and a slash where more follows.
const OF_GROUPS: [TableName; 7] = [
    tables::ALERTS,
    tables::OPEN_ALERTS,
    tables::ROUTE_STANDINGS,
    tables::ROUTE_FILES,
    tables::ROUTE_MEASUREMENTS,
    tables::INBOXES,
    tables::EXPIRED_IN_INBOXES,
];

/// The beginning of keys of states of alerts that are routes.
const ROUTE: &str = "route:";

/// Logs that tell other nodes what has changed: they tell it once it can be seen.
const TOLD_LAST: [LogName; 1] = [tables::CHANGES];

/// The owner of a row or a log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Owner<'a> {
    /// The territory: it lies in the home database.
    Territory,
    /// A group, by its name.
    Group(&'a str),
    /// A device, by the number that its DevEUI is.
    Device(u64),
    /// The holder of a lease: the row that proves it lies in every database.
    Holder,
}

/// Rules by which rows and logs have owners.
#[derive(Clone, Copy)]
pub(super) struct Rules {
    /// The owner of a row of a table.
    pub(super) of_row: for<'a> fn(&str, &'a [u8]) -> Owner<'a>,
    /// The owner of a log.
    pub(super) of_log: for<'a> fn(&'a str) -> Owner<'a>,
    /// The one owner of all rows of a table whose keys begin alike; `None` where there may be several.
    pub(super) of_rows: for<'a> fn(&str, &'a [u8]) -> Option<Owner<'a>>,
    /// Whether a log is told last.
    pub(super) is_told_last: fn(&str) -> bool,
    /// The table that has a row of each registered device.
    pub(super) devices: &'static str,
}

/// The rules of the product.
pub(super) const RULES: Rules =
    Rules { of_row, of_log, of_rows, is_told_last, devices: tables::DEVICES.as_str() };

fn is_one_of(tables: &[TableName], table: &str) -> bool {
    tables.iter().any(|one| one.as_str() == table)
}

fn of_row<'a>(table: &str, key: &'a [u8]) -> Owner<'a> {
    let key = str::from_utf8(key).unwrap_or_default();
    if is_one_of(&OF_DEVICES, table) {
        return match key.strip_prefix(ROUTE) {
            Some(route) => group_of(route),
            None => device(key).map_or(Owner::Territory, Owner::Device),
        };
    }
    if is_one_of(&OF_GROUPS, table) {
        return group_of(key);
    }
    if table == tables::LEASES.as_str() { Owner::Holder } else { Owner::Territory }
}

fn of_log(log: &str) -> Owner<'_> {
    let owner = tables::RECORDS.owner_of(log).or_else(|| tables::EVENTS.owner_of(log));
    owner.map_or(Owner::Territory, Owner::Group)
}

fn of_rows<'a>(table: &str, prefix: &'a [u8]) -> Option<Owner<'a>> {
    if is_one_of(&OF_DEVICES, table) {
        return None;
    }
    if is_one_of(&OF_GROUPS, table) {
        let prefix = str::from_utf8(prefix).ok()?;
        return prefix.contains('/').then(|| group_of(prefix));
    }
    Some(Owner::Territory)
}

fn is_told_last(log: &str) -> bool {
    TOLD_LAST.iter().any(|one| one.as_str() == log)
}

/// The group that a key begins with.
fn group_of(key: &str) -> Owner<'_> {
    let group = key.split('/').next().unwrap_or_default();
    if group.is_empty() { Owner::Territory } else { Owner::Group(group) }
}

/// The number that a DevEUI is.
pub(super) fn device(key: &str) -> Option<u64> {
    let is_one = key.len() == 16 && key.bytes().all(|digit| digit.is_ascii_hexdigit());
    is_one.then(|| u64::from_str_radix(key, 16).ok()).flatten()
}

/// The key of a device in tables of its place.
pub(super) fn device_key(device: u64) -> String {
    format!("{device:016x}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_frame_names_is_its_devices_or_its_groups() {
        let dev_eui = b"0102030405060708";
        for table in OF_DEVICES {
            let owner = of_row(table.as_str(), dev_eui);
            assert_eq!(owner, Owner::Device(0x0102_0304_0506_0708), "{table}");
            assert_eq!(of_rows(table.as_str(), b"01"), None, "{table}");
        }
        let alerts = tables::ALERT_STATES.as_str();
        assert_eq!(of_row(alerts, b"route:water/push"), Owner::Group("water"));
        for table in OF_GROUPS {
            assert_eq!(of_row(table.as_str(), b"water/push/x"), Owner::Group("water"), "{table}");
            assert_eq!(of_row(table.as_str(), b"water"), Owner::Group("water"), "{table}");
            assert_eq!(of_rows(table.as_str(), b"water/p"), Some(Owner::Group("water")));
            assert_eq!(of_rows(table.as_str(), b"wat"), None, "it may be of several groups");
        }
        assert_eq!(of_log("records/water"), Owner::Group("water"));
        assert_eq!(of_log("events/water"), Owner::Group("water"));
        assert_eq!(of_row("leases", b"lead"), Owner::Holder);
    }

    #[test]
    fn all_else_is_the_territorys() {
        let placed = |table: &&TableName| !OF_DEVICES.contains(table) && !OF_GROUPS.contains(table);
        for table in tables::ALL_TABLES.iter().filter(placed) {
            if *table != tables::LEASES {
                assert_eq!(of_row(table.as_str(), b"0102030405060708"), Owner::Territory);
            }
            assert_eq!(of_rows(table.as_str(), b""), Some(Owner::Territory), "{table}");
        }
        for log in [tables::REGISTRY_AUDIT, tables::CHANGES, tables::COMMAND_FEEDBACK] {
            assert_eq!(of_log(log.as_str()), Owner::Territory);
        }
        assert_eq!(of_row("sessions", b"no DevEUI"), Owner::Territory);
        assert!(is_told_last("changes") && !is_told_last("registry.audit"));
    }

    #[test]
    fn a_device_has_one_key_however_its_digits_are_written() {
        assert_eq!(device("00000000000000AF").map(device_key).unwrap(), "00000000000000af");
        assert_eq!(device("+0000000000000AF"), None);
        assert_eq!(device("af"), None);
    }
}
