//! The vocabulary, and what the decoders of a scope declare of it.

use std::collections::BTreeSet;

use champollion_delivery::names::GroupId;
use champollion_registry::package::{DecoderRef, Manifest};
use champollion_sandbox::vocabulary::{self, ValueKind};
use champollion_service::alerts::{KnownQuantity, Scope, Vocabulary};
use champollion_store::TableError;

use crate::{devices::Device, service::Service};

/// Devices of which derived decoders of their own are looked up; of more, any quantity may be derived.
const LOOKED_UP: usize = 1_000;

/// The likeness from which on a name is suggested, out of 1.
const LIKENESS: f64 = 0.8;

/// The vocabulary, and the quantities that the decoders of a scope declare.
pub(crate) struct Terms {
    /// Nothing where a decoder may make more than it declares, as a script may, or where there is none.
    declared: Option<BTreeSet<String>>,
}

impl Terms {
    /// Looks up what the decoders of the devices in a scope declare.
    ///
    /// # Errors
    /// The store does not answer.
    pub(crate) async fn of(
        service: &Service,
        group: &GroupId,
        scope: &Scope,
    ) -> Result<Self, TableError> {
        let devices = service.devices.list(|device| device.group == *group && has(scope, device));
        let mut wanted: Vec<DecoderRef> = service.derived.of_group(group).await?;
        wanted.extend(devices.iter().filter_map(|device| device.assignment.wanted()).cloned());
        if devices.is_empty() || devices.len() > LOOKED_UP {
            return Ok(Self { declared: None });
        }
        for device in &devices {
            wanted.extend(service.derived.of_device(device.dev_eui).await?);
        }
        wanted.sort_by_key(ToString::to_string);
        wanted.dedup();
        let mut declared = BTreeSet::new();
        for decoder in wanted {
            // What cannot be loaded now may make anything once it can.
            let Ok(loaded) = service.registry.decoder(&decoder).await else {
                return Ok(Self { declared: None });
            };
            if loaded.manifest.script.is_some() {
                return Ok(Self { declared: None });
            }
            declared.extend(quantities(&loaded.manifest));
        }
        Ok(Self { declared: Some(declared).filter(|declared| !declared.is_empty()) })
    }
}

/// Whether a scope has a device, wherever the device is: its point may change.
fn has(scope: &Scope, device: &Device) -> bool {
    let Scope { device: only, sub_group, use_case, .. } = scope;
    only.is_none_or(|only| device.dev_eui == only)
        && sub_group.as_ref().is_none_or(|part| device.sub_group.as_ref() == Some(part))
        && use_case.as_ref().is_none_or(|purpose| device.use_case.as_ref() == Some(purpose))
}

fn quantities(manifest: &Manifest) -> Vec<String> {
    let own = manifest.fields.iter().filter_map(|field| field.quantity.clone());
    let derived = manifest.derived.iter().flat_map(|derived| &derived.values);
    own.chain(derived.map(|value| value.quantity.clone())).collect()
}

impl Vocabulary for Terms {
    fn quantity(&self, name: &str) -> Option<KnownQuantity> {
        let found = vocabulary::quantity(name)?;
        let is_number = matches!(found.kind, ValueKind::Integer | ValueKind::Number);
        let is_boolean = found.kind == ValueKind::Boolean;
        Some(KnownQuantity { unit: found.unit, is_number, is_boolean })
    }

    fn nearest(&self, name: &str) -> Option<String> {
        let likeness = |known: &str| strsim::jaro_winkler(name, known);
        let declared = vocabulary::quantities().map(|quantity| quantity.name);
        let declared = declared.filter(|known| self.is_declared(known));
        let like = declared.map(|known| (likeness(known), known));
        let like = like.filter(|(likeness, _)| *likeness > LIKENESS);
        let best = like.max_by(|(one, _), (other, _)| one.total_cmp(other));
        best.map(|(_, known)| known.to_owned())
    }

    fn is_declared(&self, name: &str) -> bool {
        self.declared.as_ref().is_none_or(|declared| declared.contains(name))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_term_is_one_that_is_declared() {
        let all = Terms { declared: None };
        assert_eq!(all.nearest("water.volum").as_deref(), Some("water.volume"));
        assert_eq!(all.nearest("qqqq"), None);
        assert!(all.quantity("water.volume").unwrap().is_number);
        assert!(all.quantity("alarm.leak").unwrap().is_boolean);
        let some = Terms { declared: Some(BTreeSet::from(["air.co2".to_owned()])) };
        assert_eq!(some.nearest("water.volum"), None);
        assert!(some.is_declared("air.co2") && !some.is_declared("water.volume"));
    }
}
