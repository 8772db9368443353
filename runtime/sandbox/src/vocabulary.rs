//! The quantities that all decoders share: one table, `wit/vocabulary.csv`.

use std::{collections::HashMap, sync::LazyLock};

use foldhash::fast::FixedState;
use serde::{Deserialize, Serialize};

const TABLE: &str = include_str!("../../../wit/vocabulary.csv");

/// A term of the vocabulary.
#[derive(Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Quantity {
    /// The term, such as `water.volume`.
    pub name: &'static str,
    /// Its unit as a UCUM code, such as `m3`; empty where there is none.
    pub unit: &'static str,
    /// The type of its values.
    #[serde(rename = "type")]
    pub kind: ValueKind,
    /// The nature of its values: whether they are to be summed, subtracted or averaged.
    #[serde(rename = "kind")]
    pub nature: Nature,
    /// The unit of SenML (RFC 8428) that its values are converted to there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub senml: Option<&'static str>,
    /// The device class of Home Assistant for a sensor, or for a binary sensor where its values are truth values.
    #[serde(rename = "homeAssistant", skip_serializing_if = "Option::is_none")]
    pub home_assistant: Option<&'static str>,
    /// The object of uCIFI's data model, by its number in the registry of LwM2M.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ucifi: Option<u16>,
    /// The meaning of the quantity, in a phrase.
    pub meaning: &'static str,
}

/// The type of a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum ValueKind {
    /// A truth value, true or false.
    Boolean,
    /// A whole number, of 64 bits with a sign.
    Integer,
    /// A number with a fraction, finite.
    Number,
    /// A text of bounded length.
    Text,
}

/// The nature of a quantity's values, which says how values of several moments go together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
#[schema(as = MeasurementKind)]
pub enum Nature {
    /// A total that only grows, until the counter starts over: the difference of two values is what came between.
    Index,
    /// The amount of a period: the sum of the values is the amount of all.
    Increment,
    /// The value at a moment: values may be averaged.
    Instantaneous,
    /// A condition, which holds until another is told.
    State,
}

impl Nature {
    /// The word that stands in JSON and in the vocabulary.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Index => "index",
            Self::Increment => "increment",
            Self::Instantaneous => "instantaneous",
            Self::State => "state",
        }
    }
}

/// In the order of the table, which is that of the names.
static VOCABULARY: LazyLock<Vec<Quantity>> =
    LazyLock::new(|| TABLE.lines().skip(1).filter_map(read_line).collect());

/// Each measurement of each frame is looked up here. The table is ours, so nobody can choose names
/// that collide.
static BY_NAME: LazyLock<HashMap<&'static str, &'static Quantity, FixedState>> =
    LazyLock::new(|| VOCABULARY.iter().map(|quantity| (quantity.name, quantity)).collect());

/// The quantity of a name.
#[must_use]
pub fn quantity(name: &str) -> Option<&'static Quantity> {
    BY_NAME.get(name).copied()
}

/// All quantities, in the order of their names.
pub fn quantities() -> impl Iterator<Item = &'static Quantity> {
    VOCABULARY.iter()
}

fn read_line(line: &'static str) -> Option<Quantity> {
    let mut columns = line.splitn(8, ',');
    Some(Quantity {
        name: columns.next()?,
        unit: columns.next()?,
        kind: match columns.next()? {
            "boolean" => ValueKind::Boolean,
            "integer" => ValueKind::Integer,
            "number" => ValueKind::Number,
            "text" => ValueKind::Text,
            _ => return None,
        },
        nature: match columns.next()? {
            "index" => Nature::Index,
            "increment" => Nature::Increment,
            "instantaneous" => Nature::Instantaneous,
            "state" => Nature::State,
            _ => return None,
        },
        senml: columns.next().map(told)?,
        home_assistant: columns.next().map(told)?,
        ucifi: match columns.next()? {
            "" => None,
            object => Some(object.parse().ok()?),
        },
        meaning: columns.next()?,
    })
}

fn told(column: &'static str) -> Option<&'static str> {
    (!column.is_empty()).then_some(column)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_of_the_table_is_a_quantity_in_order() {
        let names: Vec<&str> =
            TABLE.lines().skip(1).filter_map(|line| line.split(',').next()).collect();
        assert!(names.is_sorted(), "the table is kept in the order of the names");
        assert_eq!(names, quantities().map(|quantity| quantity.name).collect::<Vec<_>>());
        assert!(names.len() > 40);
    }

    #[test]
    fn a_quantity_has_its_names_elsewhere() {
        let volume = quantity("water.volume").unwrap();
        assert_eq!((volume.senml, volume.home_assistant), (Some("m3"), Some("water")));
        assert_eq!(volume.ucifi, Some(3424));
        let leak = quantity("alarm.leak").unwrap();
        assert_eq!((leak.senml, leak.home_assistant), (None, Some("moisture")));
        assert_eq!(quantity("soil.nitrogen").unwrap().ucifi, None);
        for quantity in quantities() {
            assert_eq!(quantity.senml.is_some(), !quantity.unit.is_empty(), "{quantity:?}");
            let is_problem = quantity.home_assistant == Some("problem");
            assert!(!is_problem || quantity.kind == ValueKind::Boolean, "{quantity:?}");
        }
    }

    #[test]
    fn a_quantity_has_its_unit_and_type() {
        let volume = quantity("water.volume").unwrap();
        assert_eq!((volume.unit, volume.kind), ("m3", ValueKind::Number));
        assert_eq!(quantity("alarm.leak").unwrap().kind, ValueKind::Boolean);
        assert_eq!(quantity("water.volumes"), None);
    }

    #[test]
    fn a_quantity_says_how_its_values_go_together() {
        for (name, nature) in [
            ("water.volume", Nature::Index),
            ("water.volume.delta", Nature::Increment),
            ("air.temperature", Nature::Instantaneous),
            ("alarm.leak", Nature::State),
        ] {
            assert_eq!(quantity(name).unwrap().nature, nature, "{name}");
        }
        for quantity in quantities() {
            let is_state = quantity.nature == Nature::State;
            assert_eq!(is_state, quantity.kind == ValueKind::Boolean, "{quantity:?}");
        }
    }
}
