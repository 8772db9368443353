//! `champollion catalogue compare`: the fields of two decoders side by side.

use std::{collections::BTreeMap, fmt, str::FromStr};

use champollion_client::{CatalogueEntry, Client, Field};
use champollion_registry::package::DecoderId;
use clap::Args;
use semver::Version;
use serde::Serialize;

use crate::{Failure, output};

/// The two decoders that are compared.
#[derive(Args)]
pub(super) struct Compare {
    /// One decoder, by its stable version where none is named
    #[arg(value_name = "VENDOR/MODEL[@VERSION]")]
    one: Named,
    /// The decoder that it is compared with
    #[arg(value_name = "VENDOR/MODEL[@VERSION]")]
    other: Named,
}

/// A decoder, and a version of it where one is named.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Named {
    id: DecoderId,
    version: Option<Version>,
}

impl FromStr for Named {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (id, version) = text.split_once('@').map_or((text, None), |(id, v)| (id, Some(v)));
        let id = id.parse::<DecoderId>().map_err(|error| error.to_string())?;
        let version = version.map(|version| version.trim_start_matches('=').parse::<Version>());
        let version = version
            .transpose()
            .map_err(|error| format!("after @ stands a version such as 1.2.0: {error}"))?;
        Ok(Self { id, version })
    }
}

/// The comparison of two decoders.
#[derive(Debug, PartialEq, Eq, Serialize)]
struct Comparison {
    one: String,
    other: String,
    /// The rows in which both have fields, by quantity, then those in which one has.
    rows: Vec<Row>,
}

/// The fields of both decoders that mean the same.
#[derive(Debug, PartialEq, Eq, Serialize)]
struct Row {
    /// The quantity that the fields measure; absent where they measure none and have the same name.
    #[serde(skip_serializing_if = "Option::is_none")]
    quantity: Option<String>,
    one: Vec<Side>,
    other: Vec<Side>,
    only: Option<Only>,
    /// Whether both have fields, and no two of them the same unit and type in `data`.
    differs: bool,
}

/// A field as its decoder gives it in `data`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
struct Side {
    name: String,
    #[serde(rename = "type")]
    kind: String,
    /// The unit in `data`.
    #[serde(skip_serializing_if = "Option::is_none")]
    unit: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
enum Only {
    One,
    Other,
}

impl Compare {
    pub(super) async fn run(&self, client: &Client, json: bool) -> Result<(), Failure> {
        let comparison = compare(&self.one.entry(client).await?, &self.other.entry(client).await?);
        if json {
            return output::json(&comparison);
        }
        show(&comparison);
        Ok(())
    }
}

impl Named {
    async fn entry(&self, client: &Client) -> Result<CatalogueEntry, Failure> {
        let answer = match &self.version {
            Some(version) => client.catalogue_version(&self.id, version).await?,
            None => client.catalogue_entry(&self.id).await?,
        };
        Ok(answer.into_value())
    }
}

/// Puts fields of the same quantity side by side, and of those that measure none the ones of the same name.
fn compare(one: &CatalogueEntry, other: &CatalogueEntry) -> Comparison {
    let mut sides: BTreeMap<(bool, String), (Vec<Side>, Vec<Side>)> = BTreeMap::new();
    let key = |field: &Field| match &field.quantity {
        Some(quantity) => (false, quantity.clone()),
        None => (true, field.name.clone()),
    };
    for field in &one.fields {
        sides.entry(key(field)).or_default().0.push(Side::of(field));
    }
    for field in &other.fields {
        sides.entry(key(field)).or_default().1.push(Side::of(field));
    }
    let mut rows: Vec<Row> = sides
        .into_iter()
        .map(|((is_without, name), (one, other))| Row {
            quantity: (!is_without).then_some(name),
            only: match (one.is_empty(), other.is_empty()) {
                (false, true) => Some(Only::One),
                (true, false) => Some(Only::Other),
                _ => None,
            },
            differs: differ(&one, &other),
            one,
            other,
        })
        .collect();
    rows.sort_by_key(|row| (row.only.is_some(), row.quantity.is_none()));
    let title = |entry: &CatalogueEntry| format!("{} {}", entry.id, entry.version);
    Comparison { one: title(one), other: title(other), rows }
}

fn differ(one: &[Side], other: &[Side]) -> bool {
    let alike = |one: &Side, other: &Side| one.unit == other.unit && one.kind == other.kind;
    let has_alike = one.iter().any(|one| other.iter().any(|other| alike(one, other)));
    !one.is_empty() && !other.is_empty() && !has_alike
}

impl Side {
    fn of(field: &Field) -> Self {
        let unit = field.data_unit.clone().or_else(|| field.unit.clone());
        Self { name: field.name.clone(), kind: field.kind.clone(), unit }
    }
}

impl fmt::Display for Side {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, kind, unit } = self;
        match unit.as_deref().filter(|unit| !unit.is_empty()) {
            Some(unit) => write!(formatter, "{name} ({kind}, {unit})"),
            None => write!(formatter, "{name} ({kind})"),
        }
    }
}

fn show(comparison: &Comparison) {
    let Comparison { one, other, rows } = comparison;
    let list =
        |sides: &[Side]| sides.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
    let rows = rows.iter().map(|row| {
        let remark = match (row.only, row.differs) {
            (Some(Only::One), _) => format!("only in {one}"),
            (Some(Only::Other), _) => format!("only in {other}"),
            (None, true) => "another unit or type in data".to_owned(),
            (None, false) => String::new(),
        };
        let quantity = row.quantity.clone().unwrap_or_default();
        [quantity, list(&row.one), list(&row.other), remark]
    });
    output::table(["quantity", one, other, "difference"], rows);
}

#[cfg(test)]
mod tests {
    use serde_json::{Value as Json, json};

    use super::*;

    fn entry(id: &str, fields: Json) -> CatalogueEntry {
        serde_json::from_value(json!({
            "id": id, "version": "1.0.0", "name": id, "description": "", "licence": "MIT",
            "maintainer": "Acme", "devices": [], "ports": [], "fields": fields, "versions": [],
        }))
        .unwrap()
    }

    #[test]
    fn fields_of_one_quantity_stand_side_by_side() {
        let one = entry(
            "acme/one",
            json!([
                { "name": "vol", "type": "number", "quantity": "water.volume", "unit": "m3" },
                { "name": "bat", "type": "integer", "quantity": "battery.voltage", "unit": "V", "dataUnit": "mV" },
                { "name": "serial", "type": "text" },
            ]),
        );
        let other = entry(
            "acme/other",
            json!([
                { "name": "index", "type": "number", "quantity": "water.volume", "unit": "m3" },
                { "name": "battery", "type": "number", "quantity": "battery.voltage", "unit": "V" },
                { "name": "flow", "type": "number", "quantity": "water.flow", "unit": "m3/h" },
            ]),
        );
        let rows = compare(&one, &other).rows;
        let seen: Vec<_> = rows
            .iter()
            .map(|row| {
                (row.quantity.as_deref(), row.one.len(), row.other.len(), row.only, row.differs)
            })
            .collect();
        assert_eq!(
            seen,
            [
                (Some("battery.voltage"), 1, 1, None, true),
                (Some("water.volume"), 1, 1, None, false),
                (Some("water.flow"), 0, 1, Some(Only::Other), false),
                (None, 1, 0, Some(Only::One), false),
            ]
        );
        assert_eq!(rows[0].one[0].to_string(), "bat (integer, mV)");
    }

    #[test]
    fn a_decoder_is_named_with_a_version_or_without() {
        let named = |text: &str| text.parse::<Named>();
        assert_eq!(named("acme/one").unwrap().version, None);
        for text in ["acme/one@1.2.0", "acme/one@=1.2.0"] {
            assert_eq!(named(text).unwrap().version, Some(Version::new(1, 2, 0)), "{text}");
        }
        assert!(named("acme").unwrap_err().contains("vendor/model"));
        assert!(named("acme/one@^1").unwrap_err().contains("1.2.0"));
    }
}
