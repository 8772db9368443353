//! The vocabulary, and what the decoders of a scope declare of it.

use std::{
    collections::{BTreeMap, BTreeSet, HashSet},
    sync::Arc,
};

use champollion_delivery::names::GroupId;
use champollion_frames::DevEui;
use champollion_registry::package::{DecoderRef, Manifest};
use champollion_sandbox::vocabulary::{self, Quantity, ValueKind};
use champollion_service::alerts::{AlertsError, KnownQuantity, Scope, Vocabulary};
use champollion_store::TableError;
use jiff::Timestamp;

use crate::{api::Problem, devices::Device, expensive::Turn, service::Service};

/// Devices of which derived decoders of their own are looked up; of more, any quantity may be derived.
const LOOKED_UP: usize = 1_000;

/// The likeness from which on a name is suggested, out of 1.
const LIKENESS: f64 = 0.8;

/// The vocabulary, and the quantities that the decoders of a scope declare.
pub(crate) struct Terms {
    declared: BTreeSet<String>,
    /// Whether a decoder may make more than it declares, as a script may, or there is none.
    is_open: bool,
    /// The number of devices in the scope.
    devices: u64,
}

impl Terms {
    /// Looks up what the decoders of the devices in a scope declare, which are gone through in the place of an expensive
    /// request.
    ///
    /// # Errors
    /// The store does not answer, or it takes longer than it may.
    pub(crate) async fn of(
        service: &Arc<Service>,
        (group, scope): (&GroupId, &Scope),
        turn: &Turn,
    ) -> Result<Self, Problem> {
        let scoped = turn.run({
            let (service, group, scope) = (Arc::clone(service), group.clone(), scope.clone());
            move || Scoped::of(&service, group, &scope)
        });
        let Scoped { decoders, devices, count, at_point } = scoped.await?;
        let unreadable = |error: TableError| Problem::from(AlertsError::from(error));
        let mut wanted: Vec<DecoderRef> =
            service.derived.of_group(group).await.map_err(unreadable)?;
        wanted.extend(decoders);
        for dev_eui in devices {
            wanted.extend(service.derived.of_device(dev_eui).await.map_err(unreadable)?);
        }
        // A group of many devices has few decoders.
        let wanted: BTreeMap<String, DecoderRef> =
            wanted.into_iter().map(|decoder| (decoder.to_string(), decoder)).collect();
        let is_open = count == 0 || count > LOOKED_UP;
        let mut terms = Self { declared: BTreeSet::new(), is_open, devices: at_point };
        for decoder in wanted.into_values() {
            match service.registry.decoder(&decoder).await {
                Ok(loaded) => terms.add(&loaded.manifest),
                // What cannot be loaded now may make anything once it can.
                Err(_) => terms.is_open = true,
            }
        }
        terms.is_open |= terms.declared.is_empty();
        Ok(terms)
    }

    /// The number of devices in the scope now, those at its point where it names one.
    pub(crate) fn devices(&self) -> u64 {
        self.devices
    }

    fn add(&mut self, manifest: &Manifest) {
        self.is_open |= manifest.script.is_some();
        self.declared.extend(quantities(manifest));
    }

    /// The quantities that a rule may be about: in front those that are declared, then the others where any may come.
    pub(crate) fn offered(&self) -> Vec<&'static Quantity> {
        let all = vocabulary::quantities().filter(|quantity| self.is_declared(quantity.name));
        let mut offered: Vec<&'static Quantity> = all.collect();
        offered.sort_by_key(|quantity| !self.declared.contains(quantity.name));
        offered
    }
}

/// The devices of a scope, as far as terms follow from them.
#[derive(Default)]
struct Scoped {
    /// The decoders that they have, each once.
    decoders: HashSet<DecoderRef>,
    /// The first of the devices.
    devices: Vec<DevEui>,
    count: usize,
    /// The number of those that are on the point of the scope, where it names one.
    at_point: u64,
}

impl Scoped {
    fn of(service: &Service, group: GroupId, scope: &Scope) -> Self {
        let (mut scoped, of_group) = (Self::default(), BTreeSet::from([group]));
        let devices = service.devices.in_order(Some(&of_group), None);
        let now = Timestamp::now();
        let is_at = |scope: &Scope, device: &Device| {
            scope.point.as_ref().is_none_or(|wanted| {
                let point = service.devices.point_at(device, now);
                point.is_some_and(|(point, _)| point == *wanted)
            })
        };
        for device in devices.filter(|device| has(scope, device)) {
            scoped.count += 1;
            scoped.at_point += u64::from(is_at(scope, &device));
            if scoped.devices.len() < LOOKED_UP {
                scoped.devices.push(device.dev_eui);
            }
            if let Some(wanted) = device.assignment.wanted()
                && !scoped.decoders.contains(wanted)
            {
                scoped.decoders.insert(wanted.clone());
            }
        }
        scoped
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
        let is_whole = found.kind == ValueKind::Integer;
        Some(KnownQuantity { unit: found.unit, is_number, is_whole, is_boolean })
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
        self.is_open || self.declared.contains(name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_term_is_one_that_is_declared() {
        let all = Terms { declared: BTreeSet::new(), is_open: true, devices: 1 };
        assert_eq!(all.nearest("water.volum").as_deref(), Some("water.volume"));
        assert_eq!(all.nearest("qqqq"), None);
        assert!(all.quantity("water.volume").unwrap().is_number);
        assert!(all.quantity("alarm.leak").unwrap().is_boolean);
        let declared = BTreeSet::from(["air.co2".to_owned()]);
        let some = Terms { declared, is_open: false, devices: 1 };
        assert_eq!(some.nearest("water.volum"), None);
        assert!(some.is_declared("air.co2") && !some.is_declared("water.volume"));
    }

    #[test]
    fn what_is_declared_is_offered_first_and_alone_where_nothing_else_can_come() {
        let declared = BTreeSet::from(["water.volume".to_owned()]);
        let closed = Terms { declared: declared.clone(), is_open: false, devices: 1 }.offered();
        assert_eq!(closed.iter().map(|offered| offered.name).collect::<Vec<_>>(), ["water.volume"]);
        let open = Terms { declared, is_open: true, devices: 1 }.offered();
        assert_eq!(open[0].name, "water.volume");
        assert_eq!(open.len(), vocabulary::quantities().count());
    }
}
