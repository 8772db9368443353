//! A mapping: what an operator knows of a script's fields. It lies beside the packages of a decoder, has versions
//! of its own, and changes no package.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
};

use champollion_sandbox::{
    Conversion, Digest, FieldMapping, MappingError, Quantity,
    vocabulary::{self, Nature, ValueKind},
};
use semver::Version;
use serde::{Deserialize, Serialize};

use super::{
    id::DecoderId,
    manifest::{Field, FieldType, Manifest},
};

/// Most fields of a mapping.
const FIELDS: usize = 400;

/// Most fields that an error names.
const NAMED: usize = 10;

/// A mapping of a decoder's fields to quantities of the vocabulary.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Mapping {
    /// The version of the mapping, by semantic versioning.
    #[schema(value_type = String)]
    pub version: Version,
    /// The fields that are known better than the package knows them.
    pub fields: Vec<MappedField>,
}

/// A field of `data`, and the quantity that it is.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct MappedField {
    /// The key of the field, as the catalogue has it: `temperature`, `history[].volume`.
    pub name: String,
    /// The term of the vocabulary; a field without one is not measured.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quantity: Option<String>,
    /// The unit in `data` as a UCUM code; where it is left out, the one that the package knows, or else that of the
    /// quantity.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit: Option<String>,
    /// The factor that makes the value in `data` one in the unit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scale: Option<f64>,
    /// The summand that is added to the scaled value.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub offset: Option<f64>,
    /// The number among several alike inputs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub channel: Option<u16>,
    /// The nature of the values, which must be that of the quantity.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<Nature>,
    /// The values that stand for true and false.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub words: BTreeMap<String, bool>,
    /// Whether no example of the decoder has the field.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub unseen: bool,
}

/// Something that a mapping says and that cannot be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, thiserror::Error)]
#[error("the field {field} {problem}")]
pub struct MappingFault {
    /// The name of the field.
    pub field: String,
    /// The member of the field that is wrong.
    pub member: &'static str,
    /// The problem in words.
    pub problem: String,
}

impl Mapping {
    /// Returns the name of the mapping of a decoder: the SHA-256 of what it says.
    #[must_use]
    pub fn digest(&self, id: &DecoderId) -> Digest {
        // Numbers and texts are always JSON.
        Digest::of(&serde_json::to_vec(&(id, self)).unwrap_or_default())
    }

    /// Returns everything that cannot be, by the mapping alone or by the manifest that it is for.
    #[must_use]
    pub fn faults(&self, manifest: Option<&Manifest>) -> Vec<MappingFault> {
        let mut faults = Vec::new();
        if self.fields.len() > FIELDS {
            let problem = format!("is one more than the {FIELDS} that a mapping may have");
            faults.push(self.fields[FIELDS].fault("name", problem));
        }
        let mut names = BTreeSet::new();
        for field in self.fields.iter().take(FIELDS) {
            if !names.insert(&field.name) {
                faults.push(field.fault("name", "stands there twice"));
            }
            field.check(&mut faults);
            if let Some(manifest) = manifest {
                field.check_against(manifest, &mut faults);
            }
        }
        faults
    }

    /// The fields that are measured of what a script answers: those of the mapping, and of the manifest those that
    /// the mapping does not name. A field that cannot be measured in this version of the script is left out.
    pub(super) fn mappings(&self, manifest: &Manifest) -> Vec<FieldMapping> {
        let by_name = self.by_name();
        let own = manifest.fields.iter().filter(|field| !by_name.contains_key(&*field.name));
        let own = own.filter(|field| field.is_measured_by_host()).filter_map(Field::mapping);
        let given = self.fields.iter().filter_map(|field| field.mapping(manifest));
        own.chain(given).filter_map(Result::ok).collect()
    }

    /// Returns the manifest as it is with the mapping: the fields that records are made of.
    #[must_use]
    pub fn laid_over(&self, manifest: &Manifest) -> Manifest {
        let mut manifest = manifest.clone();
        for mapped in &self.fields {
            let known = manifest.fields.iter().position(|field| field.name == mapped.name);
            let field = mapped.laid_over(known.map(|place| &manifest.fields[place]));
            match known {
                Some(place) => manifest.fields[place] = field,
                None => manifest.fields.push(field),
            }
        }
        manifest
    }

    /// The fields of the mapping by their names.
    pub(crate) fn by_name(&self) -> BTreeMap<&str, &MappedField> {
        self.fields.iter().map(|field| (field.name.as_str(), field)).collect()
    }
}

impl MappedField {
    fn fault(&self, member: &'static str, problem: impl fmt::Display) -> MappingFault {
        MappingFault { field: self.name.clone(), member, problem: problem.to_string() }
    }

    /// Looks at what the field says by itself.
    fn check(&self, faults: &mut Vec<MappingFault>) {
        if self.name.trim().is_empty() {
            faults.push(self.fault("name", "has no name"));
        }
        let Some(name) = &self.quantity else {
            return faults.extend(self.without_quantity());
        };
        let Some(quantity) = vocabulary::quantity(name) else {
            let problem = format!("has the quantity {name:?}, which the vocabulary does not have");
            return faults.push(self.fault("quantity", problem));
        };
        if let Some(kind) = self.kind.filter(|kind| *kind != quantity.nature) {
            let problem = format!(
                "is of the kind {}, and {name} is of the kind {}",
                kind.as_str(),
                quantity.nature.as_str()
            );
            faults.push(self.fault("kind", problem));
        }
        if let Some(unit) = &self.unit
            && (quantity.unit.is_empty() || Conversion::between(unit, quantity.unit).is_none())
        {
            faults.push(self.fault("unit", unfit(unit, quantity)));
        }
        let is_number = matches!(quantity.kind, ValueKind::Integer | ValueKind::Number);
        for (member, number) in [("scale", self.scale), ("offset", self.offset)] {
            let Some(number) = number else { continue };
            if !is_number {
                let problem = format!("has {member}, and {name} is no number");
                faults.push(self.fault(member, problem));
            } else if !number.is_finite() || (member == "scale" && number == 0.0) {
                let problem = format!("has the {member} {number}, and every value would be lost");
                faults.push(self.fault(member, problem));
            }
        }
        if !self.words.is_empty() && quantity.kind != ValueKind::Boolean {
            let problem = format!("has words for true and false, and {name} is neither");
            faults.push(self.fault("words", problem));
        }
        if self.channel.is_some() && self.name.contains("[]") {
            let problem = "is of the items of a list, which have their places: leave channel out";
            faults.push(self.fault("channel", problem));
        }
    }

    /// The members that mean nothing without a quantity.
    fn without_quantity(&self) -> Vec<MappingFault> {
        let given = [
            ("scale", self.scale.is_some()),
            ("offset", self.offset.is_some()),
            ("channel", self.channel.is_some()),
            ("kind", self.kind.is_some()),
            ("words", !self.words.is_empty()),
        ];
        let given = given.into_iter().filter(|(_, is_given)| *is_given);
        given
            .map(|(member, _)| {
                self.fault(member, format!("has {member}, and no quantity that it is for"))
            })
            .collect()
    }

    /// Looks at what the field says beside what its decoder says.
    fn check_against(&self, manifest: &Manifest, faults: &mut Vec<MappingFault>) {
        let Some(field) = manifest.fields.iter().find(|field| field.name == self.name) else {
            if !self.unseen {
                faults.push(self.fault("name", unknown(manifest)));
            }
            return;
        };
        let Some(quantity) = self.quantity.as_deref().and_then(vocabulary::quantity) else {
            return;
        };
        let fits = match (quantity.kind, field.kind) {
            (_, FieldType::Any) => true,
            (_, FieldType::Object | FieldType::List) => false,
            (ValueKind::Boolean, FieldType::Text) => !self.words.is_empty(),
            (ValueKind::Boolean, _) => true,
            (ValueKind::Integer | ValueKind::Number, FieldType::Boolean) => false,
            (ValueKind::Integer | ValueKind::Number, _) => true,
            (ValueKind::Text, kind) => kind == FieldType::Text,
        };
        if !fits {
            let (kind, name) = (field.kind.as_str(), quantity.name);
            let way_out = match (quantity.kind, field.kind) {
                (ValueKind::Boolean, FieldType::Text) => {
                    ": words says which texts are true and false"
                }
                _ => "",
            };
            let problem = format!("is {kind}, and {name} cannot be read of that{way_out}");
            faults.push(self.fault("quantity", problem));
        }
        if self.unit.is_none()
            && let Some(unit) = known_unit(field)
            && Conversion::between(unit, quantity.unit).is_none()
        {
            faults.push(self.fault("quantity", unfit(unit, quantity)));
        }
    }

    /// The field as the host measures it; nothing where it has no quantity.
    fn mapping(&self, manifest: &Manifest) -> Option<Result<FieldMapping, MappingError>> {
        let quantity = self.quantity.as_deref()?;
        let field = manifest.fields.iter().find(|field| field.name == self.name);
        let unit = self.unit.as_deref().or_else(|| field.and_then(known_unit));
        // A unit that is given holds whatever is told beside the value.
        let told = field.and_then(|field| field.told_unit.as_ref());
        let told = told.filter(|_| self.unit.is_none());
        Some(FieldMapping::new(&self.name, quantity, unit).map(|mapping| {
            mapping
                .with_scale(self.scale.unwrap_or(1.0), self.offset.unwrap_or(0.0))
                .with_channel(self.channel)
                .with_words(self.words.clone())
                .with_told_unit(told.map(|told| (told.member.clone(), told.text.clone())))
                .given()
        }))
    }

    fn laid_over(&self, field: Option<&Field>) -> Field {
        let quantity = self.quantity.as_deref().and_then(vocabulary::quantity);
        let known = field.and_then(known_unit).map(str::to_owned);
        let in_data = self.unit.clone().or(known);
        let unit = match quantity {
            Some(quantity) => (!quantity.unit.is_empty()).then(|| quantity.unit.to_owned()),
            None => in_data.clone(),
        };
        let data_unit = in_data.filter(|unit| quantity.is_some_and(|of| of.unit != unit));
        let told = field.and_then(|field| field.told_unit.clone());
        Field {
            name: self.name.clone(),
            kind: field.map_or(FieldType::Any, |field| field.kind),
            quantity: self.quantity.clone(),
            unit,
            data_unit,
            told_unit: told.filter(|_| self.unit.is_none()),
            channel: self.channel,
            words: self.words.clone(),
            meaning: field.map(|field| field.meaning.clone()).unwrap_or_default(),
            inferred: field.is_none_or(|field| field.inferred),
            inferred_from: None,
        }
    }
}

/// The unit in data that a manifest gives a field.
fn known_unit(field: &Field) -> Option<&str> {
    field.data_unit.as_deref().or(field.unit.as_deref())
}

fn unfit(unit: &str, quantity: &Quantity) -> String {
    let name = quantity.name;
    if quantity.unit.is_empty() {
        return format!("has the unit {unit:?}, and {name} has none");
    }
    let into = quantity.unit;
    format!(
        "has the unit {unit:?}, and nobody knows how to make {into:?} of it, the unit of {name}"
    )
}

fn unknown(manifest: &Manifest) -> String {
    let names: Vec<&str> = manifest.fields.iter().map(|field| field.name.as_str()).collect();
    let way_out = "`unseen = true` maps one that no example has";
    match names.as_slice() {
        [] => format!("is not known, since no example of the decoder has fields: {way_out}"),
        names => {
            let more = if names.len() > NAMED { ", …" } else { "" };
            let named = names[..names.len().min(NAMED)].join(", ");
            format!("is none of the decoder, which has {named}{more}; {way_out}")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MANIFEST: &str = r#"
        id = "acme/probe"
        version = "1.0.0"
        name = "Acme probe"
        description = "Decodes it."
        licence = "MIT"
        maintainer = "Acme"
        ports = []
        [[devices]]
        vendor = "Acme"
        model = "P1"
        [[fields]]
        name = "t"
        type = "number"
        inferred = true
        [[fields]]
        name = "distance_mm"
        type = "integer"
        unit = "mm"
        inferred = true
        inferred-from = "suffix _mm"
        [[fields]]
        name = "door"
        type = "text"
        inferred = true
        [[fields]]
        name = "hum"
        type = "number"
        quantity = "air.humidity"
        unit = "%"
        inferred = true
        inferred-from = "name hum"
        [script]
    "#;

    fn manifest() -> Manifest {
        Manifest::parse(MANIFEST).unwrap()
    }

    fn mapping(fields: &str) -> Mapping {
        toml::from_str(&format!("version = \"1.0.0\"\n{fields}")).unwrap()
    }

    #[track_caller]
    fn refused(field: &str, member: &str, problem: &str) {
        let faults = mapping(&format!("[[fields]]\n{field}")).faults(Some(&manifest()));
        assert_eq!(faults.len(), 1, "{field}: {faults:?}");
        assert_eq!(faults[0].member, member, "{faults:?}");
        assert!(faults[0].to_string().contains(problem), "{faults:?}");
    }

    #[test]
    fn what_cannot_be_is_told_by_field_and_member() {
        for (field, member, problem) in [
            ("name = \"t\"\nquantity = \"air.temprature\"", "quantity", "air.temprature"),
            ("name = \"t\"\nquantity = \"air.temperature\"\nunit = \"V\"", "unit", "\"V\""),
            ("name = \"t\"\nquantity = \"alarm.leak\"\nunit = \"V\"", "unit", "has none"),
            ("name = \"t\"\nquantity = \"air.temperature\"\nscale = 0", "scale", "scale 0"),
            ("name = \"t\"\nquantity = \"air.temperature\"\noffset = nan", "offset", "NaN"),
            ("name = \"t\"\nquantity = \"alarm.leak\"\nscale = 2", "scale", "no number"),
            ("name = \"t\"\nscale = 2", "scale", "no quantity"),
            (
                "name = \"t\"\nquantity = \"air.temperature\"\nkind = \"index\"",
                "kind",
                "instantaneous",
            ),
            (
                "name = \"t\"\nquantity = \"air.temperature\"\nwords = {a = true}",
                "words",
                "neither",
            ),
            ("name = \"door\"\nquantity = \"switch.closed\"", "quantity", "words says"),
            ("name = \"distance_mm\"\nquantity = \"air.temperature\"", "quantity", "\"mm\""),
            ("name = \"u\"\nquantity = \"air.temperature\"", "name", "which has t, distance_mm"),
        ] {
            refused(field, member, problem);
        }
        let twice = mapping("[[fields]]\nname = \"t\"\n[[fields]]\nname = \"t\"");
        assert!(twice.faults(None)[0].to_string().contains("twice"));
        let unseen = "[[fields]]\nname = \"u\"\nquantity = \"air.temperature\"\nunseen = true";
        assert_eq!(mapping(unseen).faults(Some(&manifest())), []);
    }

    #[test]
    fn a_mapping_comes_before_the_manifest_and_leaves_the_rest() {
        let given = mapping(
            "[[fields]]\nname = \"distance_mm\"\nquantity = \"water.level\"\n\
             [[fields]]\nname = \"hum\"\nquantity = \"soil.moisture\"",
        );
        let quantities: Vec<&str> =
            given.mappings(&manifest()).iter().map(|field| field.quantity().name).collect();
        assert_eq!(quantities, ["water.level", "soil.moisture"]);
        let over = given.laid_over(&manifest());
        let field = over.fields.iter().find(|field| field.name == "distance_mm").unwrap();
        let told = (field.quantity.as_deref(), field.unit.as_deref(), field.data_unit.as_deref());
        assert_eq!(told, (Some("water.level"), Some("m"), Some("mm")), "its unit is known");
        let silent = mapping("[[fields]]\nname = \"hum\"");
        assert!(silent.mappings(&manifest()).is_empty(), "a field may be left unmeasured");
    }

    #[test]
    fn a_digest_is_of_all_that_a_mapping_says() {
        let id: DecoderId = "acme/probe".parse().unwrap();
        let one = mapping("[[fields]]\nname = \"t\"\nquantity = \"air.temperature\"");
        let other =
            mapping("[[fields]]\nname = \"t\"\nquantity = \"air.temperature\"\nscale = 0.1");
        assert_eq!(one.digest(&id), one.clone().digest(&id));
        assert_ne!(one.digest(&id), other.digest(&id));
        assert_ne!(one.digest(&id), one.digest(&"acme/other".parse().unwrap()));
    }
}
