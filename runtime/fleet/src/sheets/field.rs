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
    AppKey = "appKey", "AppKey", "AppKey", "application key", "clé applicative", "clé d'application";
    Lorawan = "lorawan", "LoRaWAN version", "Version LoRaWAN", "LoRaWAN", "MAC version", "version MAC";
    Activation = "activation", "Activation", "Activation", "activation mode", "mode d'activation", "type d'activation";
    NwkKey = "nwkKey", "NwkKey", "NwkKey", "network key";
    DevAddr = "devAddr", "DevAddr", "DevAddr", "device address";
    NwkSKey = "nwkSKey", "NwkSKey", "NwkSKey", "network session key";
    AppSKey = "appSKey", "AppSKey", "AppSKey", "application session key";
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

impl Field {
    /// Finds the field of a heading, whatever its case, accents, asterisks and signs.
    #[must_use]
    pub fn of_heading(heading: &str) -> Option<Self> {
        let said = plain(heading);
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
        ] {
            assert_eq!(Field::of_heading(heading), Some(field), "{heading:?}");
        }
        for heading in ["", "*", "Rue", "App"] {
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
