//! The columns of a file of payloads, recognized by their names.

use std::{fmt, str::FromStr};

/// The role of a column, which tells what it holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    Payload,
    FPort,
    Device,
    FCnt,
    Time,
    Decoder,
}

impl Role {
    /// All roles, each at its place.
    pub(super) const ALL: [Self; 6] =
        [Self::Payload, Self::FPort, Self::Device, Self::FCnt, Self::Time, Self::Decoder];
}

/// The roles with their words, and the names by which columns of them are known, in lower case and without anything
/// but letters. Those that say more come first.
const ROLES: [(Role, &str, &[&str]); 6] = [
    (
        Role::Payload,
        "payload",
        &[
            "payloadhex",
            "payload",
            "frmpayload",
            "payloadraw",
            "rawpayload",
            "frmpayloadhex",
            "hex",
            "data",
            "bytes",
            "raw",
        ],
    ),
    (Role::FPort, "fport", &["fport", "port"]),
    (Role::Device, "device", &["deveui", "deviceeui", "eui", "device", "deviceid"]),
    (Role::FCnt, "fcnt", &["fcnt", "fcntup", "counter", "framecounter"]),
    (
        Role::Time,
        "time",
        &["receivedat", "time", "timestamp", "receptiontime", "datetime", "date", "ts"],
    ),
    (Role::Decoder, "decoder", &["decoder", "decoderid", "codec"]),
];

/// A column that a person names: `payload=raw`.
#[derive(Clone, Debug)]
pub(super) struct NamedColumn {
    role: Role,
    name: String,
}

impl FromStr for NamedColumn {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let named = text.split_once('=').and_then(|(word, name)| {
            let (role, ..) = ROLES.iter().find(|(_, known, _)| *known == word)?;
            Some(Self { role: *role, name: name.to_owned() })
        });
        let words: Vec<&str> = ROLES.iter().map(|(_, word, _)| *word).collect();
        named.ok_or_else(|| {
            format!("{text:?} must read ROLE=NAME, the role being one of {}", words.join(", "))
        })
    }
}

/// Objects in a line of JSON whose members are columns as if they stood outside, as in records and in events of network
/// servers. Files of tables name their columns so too.
const NESTED: [&str; 10] = [
    "uplink.",
    "device.",
    "deviceInfo.",
    "uplink_message.",
    "end_device_ids.",
    "DevEUI_uplink.",
    "record.",
    "result.",
    "data.uplink_message.",
    "data.end_device_ids.",
];

/// The member in which The Things Stack writes payloads, always as base64.
const BASE64_MEMBER: &str = "uplink_message.frm_payload";

/// The places of columns.
#[derive(Clone, Debug)]
pub(super) struct Columns {
    names: Vec<String>,
    named: Vec<NamedColumn>,
    places: [Option<usize>; ROLES.len()],
}

impl Columns {
    /// Finds the columns among the names of a header, which has all that a person names.
    pub(super) fn of(names: &[String], named: &[NamedColumn]) -> Result<Self, String> {
        let columns = Self::find(names, named);
        for NamedColumn { role, name } in named {
            if columns.place(*role).is_none() {
                return Err(format!("no column is named {name:?}: there are {}", listed(names)));
            }
        }
        Ok(columns)
    }

    /// Finds the columns among the names of one row, which has names of its own.
    pub(super) fn among(&self, names: &[String]) -> Self {
        Self::find(names, &self.named)
    }

    fn find(names: &[String], named: &[NamedColumn]) -> Self {
        let letters: Vec<String> =
            names.iter().map(|name| letters(without_objects(name))).collect();
        let mut places = [None; ROLES.len()];
        for (role, _, known) in ROLES {
            places[role as usize] =
                known.iter().find_map(|name| letters.iter().position(|own| own == name));
        }
        for NamedColumn { role, name } in named {
            let is_whole = |own: &String| own.trim() == name;
            let is_end = |own: &String| without_objects(own).trim() == name;
            places[*role as usize] =
                names.iter().position(is_whole).or_else(|| names.iter().position(is_end));
        }
        Self { names: names.to_vec(), named: named.to_vec(), places }
    }

    /// Whether these are the columns of a row of such names.
    pub(super) fn are_of<'name>(&self, names: impl Iterator<Item = &'name String>) -> bool {
        self.names.iter().eq(names)
    }

    /// Whether a person has named the column of a role.
    pub(super) fn is_named(&self, role: Role) -> bool {
        self.named.iter().any(|named| named.role == role)
    }

    /// Whether the payloads stand where they are always base64.
    pub(super) fn tell_base64(&self) -> bool {
        let payload = self.place(Role::Payload).and_then(|place| self.names.get(place));
        payload.is_some_and(|name| name.ends_with(BASE64_MEMBER))
    }

    /// Checks that all is there that a payload needs.
    pub(super) fn complete(self, has_f_port: bool, decoders: usize) -> Result<Self, String> {
        if self.place(Role::Payload).is_none() {
            return Err(format!(
                "no column holds payloads: there are {}; --column payload=NAME names it",
                listed(&self.names)
            ));
        }
        if self.place(Role::FPort).is_none() && !has_f_port {
            return Err(format!(
                "no column holds the FPort: there are {}; --column fport=NAME names it, and --fport gives one for \
                 all",
                listed(&self.names)
            ));
        }
        if self.place(Role::Decoder).is_none() && decoders > 1 {
            return Err("several decoders are given, and no column chooses among them: \
                        --column decoder=NAME names it"
                .to_owned());
        }
        Ok(self)
    }

    pub(super) fn place(&self, role: Role) -> Option<usize> {
        self.places[role as usize]
    }
}

/// A name without the objects whose members are columns.
fn without_objects(name: &str) -> &str {
    let shorter = NESTED.iter().find_map(|object| name.strip_prefix(object));
    shorter.map_or(name, without_objects)
}

/// A name as it is compared: its letters and digits, small.
fn letters(name: &str) -> String {
    name.chars().filter(|letter| letter.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

fn listed(names: &[String]) -> impl fmt::Display {
    let names: Vec<String> = names.iter().map(|name| format!("{name:?}")).collect();
    if names.is_empty() { "none".to_owned() } else { names.join(", ") }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(names: &[&str], named: &[&str]) -> Result<Columns, String> {
        let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        let named: Vec<NamedColumn> = named.iter().map(|text| text.parse().unwrap()).collect();
        Columns::of(&names, &named)
    }

    #[test]
    fn columns_are_recognized_by_usual_names() {
        let columns =
            of(&["Dev_EUI", "time", "FPort", "data", "frm_payload", "f-cnt"], &[]).unwrap();
        assert_eq!(columns.place(Role::Device), Some(0));
        assert_eq!(columns.place(Role::Time), Some(1));
        assert_eq!(columns.place(Role::FPort), Some(2));
        assert_eq!(columns.place(Role::Payload), Some(4), "the name that says more");
        assert_eq!(columns.place(Role::FCnt), Some(5));
        assert_eq!(columns.place(Role::Decoder), None);
    }

    #[test]
    fn what_a_person_names_is_taken() {
        let columns = of(&["a", "payload", "port"], &["payload=a"]).unwrap();
        assert_eq!(columns.place(Role::Payload), Some(0));
        assert!(of(&["a"], &["payload=b"]).unwrap_err().contains("\"a\""));
        assert!("color=a".parse::<NamedColumn>().unwrap_err().contains("payload, fport"));
    }

    #[test]
    fn names_with_dots_are_those_of_nested_members() {
        let names = [
            "end_device_ids.device_id",
            "end_device_ids.dev_eui",
            "received_at",
            "uplink_message.f_port",
            "uplink_message.frm_payload",
            "uplink_message.decoded_payload.data",
        ];
        let columns = of(&names, &[]).unwrap();
        assert_eq!(columns.place(Role::Device), Some(1));
        assert_eq!(columns.place(Role::FPort), Some(3));
        assert_eq!(columns.place(Role::Payload), Some(4));
        assert!(columns.tell_base64());
        let named = of(&names, &["payload=uplink_message.decoded_payload.data"]).unwrap();
        assert_eq!(named.place(Role::Payload), Some(5));
        let named = of(&names, &["device=device_id"]).unwrap();
        assert_eq!(named.place(Role::Device), Some(0));
        assert!(named.is_named(Role::Device) && !named.is_named(Role::Payload));
    }

    #[test]
    fn what_is_missing_is_told() {
        let complete = |names: &[&str], has_f_port, decoders| {
            of(names, &[]).and_then(|columns| columns.complete(has_f_port, decoders)).map(drop)
        };
        assert!(
            complete(&["port", "x"], false, 1).unwrap_err().contains("no column holds payloads")
        );
        assert!(complete(&["payload"], false, 1).unwrap_err().contains("--fport"));
        assert!(complete(&["payload", "port"], false, 2).unwrap_err().contains("chooses"));
        assert_eq!(complete(&["payload"], true, 1), Ok(()));
        assert_eq!(complete(&["payload", "port", "decoder"], false, 2), Ok(()));
    }
}
