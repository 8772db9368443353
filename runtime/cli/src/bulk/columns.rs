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

/// The places of columns.
#[derive(Debug)]
pub(super) struct Columns {
    names: Vec<String>,
    places: [Option<usize>; ROLES.len()],
}

impl Columns {
    /// Finds the columns among the names of a header.
    pub(super) fn of(names: &[String], named: &[NamedColumn]) -> Result<Self, String> {
        let mut places = [None; ROLES.len()];
        for (role, _, known) in ROLES {
            let place =
                known.iter().find_map(|name| names.iter().position(|own| letters(own) == **name));
            places[role as usize] = place;
        }
        for NamedColumn { role, name } in named {
            let place = names.iter().position(|own| own.trim() == name);
            let Some(place) = place else {
                return Err(format!("no column is named {name:?}: there are {}", listed(names)));
            };
            places[*role as usize] = Some(place);
        }
        Ok(Self { names: names.to_vec(), places })
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
