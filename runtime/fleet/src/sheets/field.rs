//! The fields of a device that a sheet can have columns of.

use crate::plain_text::plain;

/// The language of the headings of a sheet that is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Language {
    /// English headings, and CSV with commas.
    #[default]
    English,
    /// French headings, and CSV with semicolons, as a spreadsheet in French opens it.
    French,
}

macro_rules! fields {
    ($($field:ident = $name:literal, $english:literal, $french:literal $(, $other:literal)*;)+) => {
        /// A field of a device that a sheet can have a column of.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[expect(missing_docs, reason = "they are the members of a registration")]
        pub enum Field {
            $($field,)+
        }

        impl Field {
            /// All fields, in the order of the columns of a template.
            pub const ALL: &'static [Self] = &[$(Self::$field),+];

            /// The name of the field in the API.
            #[must_use]
            pub fn name(self) -> &'static str {
                match self {
                    $(Self::$field => $name,)+
                }
            }

            /// The heading of its column.
            #[must_use]
            pub fn heading(self, language: Language) -> &'static str {
                match (self, language) {
                    $(
                        (Self::$field, Language::English) => $english,
                        (Self::$field, Language::French) => $french,
                    )+
                }
            }

            /// Headings that are read beside the two that are written.
            fn others(self) -> &'static [&'static str] {
                match self {
                    $(Self::$field => &[$($other),*],)+
                }
            }
        }
    };
}

fields! {
    DevEui = "devEui", "DevEUI", "DevEUI", "EUI", "device EUI", "identifiant LoRa", "identifiant LoRaWAN", "DevEUI LoRaWAN";
    Name = "name", "Name", "Nom", "device name", "nom de l'objet", "nom objet", "libellé", "désignation";
    SerialNumber = "serialNumber", "Serial number", "Numéro de série", "serial", "serial no", "S/N", "N° de série",
        "N° série", "no de série", "num série", "num de série", "numéro série";
    Reference = "reference", "Reference", "Référence", "ref", "réf", "référence objet", "référence de l'objet";
    Equipment = "equipment", "Equipment", "Équipement", "type d'équipement", "matériel";
    Address = "address", "Address", "Adresse", "adresse postale", "postal address";
    Geolocation = "geolocation", "Geolocation", "Géolocalisation", "mode de géolocalisation",
        "type de géolocalisation", "geolocation mode";
    Latitude = "latitude", "Latitude", "Latitude", "lat";
    Longitude = "longitude", "Longitude", "Longitude", "long", "lon", "lng";
    LifeCycle = "lifeCycle", "Life cycle", "Cycle de vie", "étape du cycle de vie", "état du cycle de vie";
    Group = "group", "Group", "Groupe";
    SubGroup = "subGroup", "Sub-group", "Sous-groupe", "sous groupe";
    Offer = "offer", "Offer", "Offre";
    Class = "class", "Class", "Classe", "classe LoRa", "classe LoRaWAN", "LoRaWAN class", "device class";
    JoinEui = "joinEui", "JoinEUI", "JoinEUI", "AppEUI", "AppEUI/JoinEUI", "JoinEUI/AppEUI", "AppEUI (JoinEUI)",
        "application EUI";
    AppKey = "appKey", "AppKey", "AppKey", "application key", "clé applicative", "clé d'application",
        "clé", "clé AppKey", "clé racine", "clé d'activation", "clé de chiffrement", "key", "root key";
    Lorawan = "lorawan", "LoRaWAN version", "Version LoRaWAN", "LoRaWAN", "MAC version", "version MAC";
    Activation = "activation", "Activation", "Activation", "activation mode", "mode d'activation", "type d'activation";
    NwkKey = "nwkKey", "NwkKey", "NwkKey", "network key", "clé réseau", "clé de réseau";
    DevAddr = "devAddr", "DevAddr", "DevAddr", "device address";
    NwkSKey = "nwkSKey", "NwkSKey", "NwkSKey", "network session key", "clé de session réseau";
    AppSKey = "appSKey", "AppSKey", "AppSKey", "application session key", "app session key",
        "clé de session applicative", "clé de session d'application";
    FNwkSIntKey = "fNwkSIntKey", "FNwkSIntKey", "FNwkSIntKey";
    SNwkSIntKey = "sNwkSIntKey", "SNwkSIntKey", "SNwkSIntKey";
    NwkSEncKey = "nwkSEncKey", "NwkSEncKey", "NwkSEncKey";
    Decoder = "decoder", "Decoder", "Décodeur";
    Firmware = "firmware", "Firmware", "Micrologiciel", "firmware version", "version du firmware", "version firmware",
        "version du micrologiciel";
    UseCase = "useCase", "Use case", "Cas d'usage", "usage";
    NetworkServer = "networkServer", "Network server", "Serveur réseau", "LNS";
    DeviceId = "deviceId", "Device id", "Identifiant serveur réseau", "device ID";
}

/// Words beside the name of a key in its heading.
const BESIDE_KEYS: [&str; 6] = ["otaa", "abp", "lora", "lorawan", "hex", "hexa"];

/// The heading of a key as it would be without remarks, `App Key (OTAA)`, and in the spelling of ours, `Clef applicative`.
/// Of other fields headings with remarks are left to tags: `Nom (ancien)` is another column than `Nom`.
fn bare_heading_of_key(heading: &str) -> String {
    let (mut outside, mut depth) = (String::new(), 0_usize);
    for character in heading.chars() {
        match character {
            '(' | '[' => depth += 1,
            ')' | ']' => depth = depth.saturating_sub(1),
            character if depth == 0 => outside.push(character),
            _ => {}
        }
    }
    let words = outside.split(|character: char| !character.is_alphanumeric()).map(plain);
    let words = words.filter(|word| !BESIDE_KEYS.contains(&word.as_str()));
    let is_key = |word: &str| matches!(word, "clef" | "clefs" | "cles");
    words.map(|word| if is_key(&word) { "cle".to_owned() } else { word }).collect()
}

impl Field {
    /// Finds the field of a heading, whatever its case, accents, asterisks and signs.
    #[must_use]
    pub fn of_heading(heading: &str) -> Option<Self> {
        let of_key =
            || Self::written_as(&bare_heading_of_key(heading)).filter(|field| field.is_key());
        Self::written_as(&plain(heading)).or_else(of_key)
    }

    /// Finds the field that one of its headings says, which are compared as plain texts.
    fn written_as(said: &str) -> Option<Self> {
        if said.is_empty() {
            return None;
        }
        let is_meant = |field: &Self| {
            let written =
                [field.name(), field.heading(Language::English), field.heading(Language::French)];
            written.iter().chain(field.others()).any(|own| plain(own) == said)
        };
        Self::ALL.iter().copied().find(is_meant)
    }

    /// Finds the field of a name of the API.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|field| field.name() == name)
    }

    /// Whether the field is a key, which is read and never written.
    #[must_use]
    pub fn is_key(self) -> bool {
        matches!(
            self,
            Self::AppKey
                | Self::NwkKey
                | Self::NwkSKey
                | Self::AppSKey
                | Self::FNwkSIntKey
                | Self::SNwkSIntKey
                | Self::NwkSEncKey
        )
    }

    /// Whether any text will do, so that no fault ever shows it.
    pub(super) fn is_free_text(self) -> bool {
        matches!(
            self,
            Self::Name
                | Self::SerialNumber
                | Self::Reference
                | Self::Equipment
                | Self::Address
                | Self::Offer
                | Self::Firmware
                | Self::DeviceId
        )
    }

    /// Whether the territory's sheet asks for it.
    #[must_use]
    pub fn is_mandatory(self) -> bool {
        matches!(
            self,
            Self::DevEui
                | Self::Name
                | Self::SerialNumber
                | Self::Geolocation
                | Self::Latitude
                | Self::Longitude
                | Self::Group
                | Self::SubGroup
                | Self::Class
                | Self::JoinEui
                | Self::AppKey
        )
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    #[test]
    fn headings_are_found_whatever_their_case_accents_and_asterisks() {
        for (heading, field) in [
            ("DevEUI*", Field::DevEui),
            ("dev_eui", Field::DevEui),
            ("Dev EUI (*)", Field::DevEui),
            ("NOM *", Field::Name),
            ("Numero de serie", Field::SerialNumber),
            ("N° de Série", Field::SerialNumber),
            ("GÉOLOCALISATION", Field::Geolocation),
            ("Sous Groupe", Field::SubGroup),
            ("AppEUI / JoinEUI *", Field::JoinEui),
            ("App Key", Field::AppKey),
            ("serialNumber", Field::SerialNumber),
            ("cycle-de-vie", Field::LifeCycle),
            ("Clé", Field::AppKey),
            ("Clef", Field::AppKey),
            ("Clef applicative", Field::AppKey),
            ("Clef d'application *", Field::AppKey),
            ("Clé AppKey", Field::AppKey),
            ("App Key (OTAA)", Field::AppKey),
            ("AppKey OTAA", Field::AppKey),
            ("AppKey [hex]", Field::AppKey),
            ("Clé LoRaWAN", Field::AppKey),
            ("Network key", Field::NwkKey),
            ("Clef réseau (LoRaWAN 1.1)", Field::NwkKey),
            ("Clef de session réseau (ABP)", Field::NwkSKey),
            ("Clé de session applicative", Field::AppSKey),
        ] {
            assert_eq!(Field::of_heading(heading), Some(field), "{heading:?}");
        }
        for heading in ["", "*", "Rue", "App", "Nom (ancien)", "Clé de la porte", "OTAA"] {
            assert_eq!(Field::of_heading(heading), None, "{heading:?}");
        }
    }

    #[test]
    fn no_heading_means_two_fields() {
        let mut headings: BTreeMap<String, Field> = BTreeMap::new();
        for field in Field::ALL.iter().copied() {
            let written =
                [field.name(), field.heading(Language::English), field.heading(Language::French)];
            for heading in written.iter().chain(field.others()) {
                let before = headings.insert(plain(heading), field);
                assert!(before.is_none_or(|before| before == field), "{heading:?}: {before:?}");
            }
            assert_eq!(Field::named(field.name()), Some(field));
        }
    }
}
