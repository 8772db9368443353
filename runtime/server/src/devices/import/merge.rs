//! A row of a sheet, laid over what is registered.

use std::{fmt::Display, str::FromStr};

use champollion_delivery::names::NameError;
use champollion_fleet::{
    objects::{FieldText, Geolocation},
    sheets::{ActivationWord, Field, ObjectRow, RowValues, Said, Sheet, SheetNote},
};
use champollion_frames::NetworkKeys;
use champollion_sdk::vectors::Setting;

use super::{CellRefusal, ImportWish, report::refusal};
use crate::{
    devices::{
        activation::{Abp, AbpFields, Activation, ActivationKind, Otaa},
        impossible::ImpossibleRegistration,
        registration::Registration,
    },
    sentence::RowFault,
};

/// Longest name of a group, a sub-group or a use case that is made of what people write.
const NAME_CHARACTERS: usize = 64;

/// A registration as a row has it.
pub(super) struct Merged {
    /// The registration; none where the row does not say enough.
    pub(super) registration: Option<Registration>,
    pub(super) refusals: Vec<CellRefusal>,
    pub(super) notes: Vec<SheetNote>,
}

/// Lays a row over what is registered.
pub(super) fn merge(
    sheet: &Sheet,
    row: &ObjectRow,
    registered: Option<Registration>,
    wish: &ImportWish,
) -> Merged {
    let (refusals, notes) = (Vec::new(), Vec::new());
    let mut merging = Merging { sheet, row, wish, refusals, notes };
    let registration = merging.merged(row.values.clone(), registered);
    let Merging { refusals, notes, .. } = merging;
    Merged { registration, refusals, notes }
}

/// The field that a registration is impossible for.
pub(super) fn field_of(impossible: &ImpossibleRegistration) -> Field {
    match impossible {
        ImpossibleRegistration::MissingKey { missing, .. } => {
            Field::named(missing).unwrap_or(Field::AppKey)
        }
        ImpossibleRegistration::KeysOfBothVersions => Field::NwkSKey,
        ImpossibleRegistration::OtherVersion { .. } => Field::Lorawan,
        ImpossibleRegistration::DeviceId { .. } => Field::DeviceId,
        ImpossibleRegistration::NoPlace => Field::Geolocation,
        ImpossibleRegistration::KeyInText { member } => {
            Field::named(member).unwrap_or(Field::DevEui)
        }
        ImpossibleRegistration::HalfAPlace(half) => {
            Field::named(half.missing).unwrap_or(Field::Latitude)
        }
        _ => Field::DevEui,
    }
}

struct Merging<'of> {
    sheet: &'of Sheet,
    row: &'of ObjectRow,
    wish: &'of ImportWish,
    refusals: Vec<CellRefusal>,
    notes: Vec<SheetNote>,
}

impl Merging<'_> {
    /// Refuses a field, unless its cell could not be read: then it is not missing, and was told of.
    fn refuse(&mut self, field: Field, fault: &RowFault) {
        if self.is_unread(field) {
            return;
        }
        self.refusals.push(refusal(self.sheet, field, self.row.number, fault));
    }

    fn merged(
        &mut self,
        mut values: RowValues,
        registered: Option<Registration>,
    ) -> Option<Registration> {
        let is_new = registered.is_none();
        let group = self.name(Field::Group, std::mem::take(&mut values.group));
        let named = group.value().cloned();
        let mut merged = match (registered, named.or_else(|| self.wish.group.clone())) {
            (Some(before), None) => before,
            // The group of the request is that of devices whose rows and registrations name none.
            (Some(before), Some(_)) if group.value().is_none() => before,
            (Some(before), Some(group)) => Registration { group, ..before },
            (None, Some(group)) => Registration::of_group(group),
            (None, None) => {
                if self.refusals.is_empty() {
                    self.refuse(Field::Group, &RowFault::NoGroup);
                }
                return None;
            }
        };
        self.texts(&mut values, &mut merged);
        self.object(&mut values, &mut merged);
        let version = std::mem::take(&mut values.lorawan);
        let before = merged.activation.clone();
        merged.activation = self.activation(values, before, is_new);
        merged.lorawan = match version {
            Said::Value(version) => Some(version),
            // A version of before that the keys of now are not of goes with the keys of before.
            Said::Nothing => merged.lorawan.filter(|version| merged.activation.is_of(*version)),
            Said::Empty => None,
        };
        if self.wish.complete {
            self.check_complete(&merged);
        }
        self.check_place(&merged);
        Some(merged)
    }

    fn texts(&mut self, values: &mut RowValues, merged: &mut Registration) {
        let text = |said: &mut Said<FieldText>, before: Option<String>| match std::mem::take(said) {
            Said::Nothing => before,
            Said::Empty => None,
            Said::Value(text) => Some(text.to_string()),
        };
        merged.name =
            text(&mut values.name, Some(std::mem::take(&mut merged.name))).unwrap_or_default();
        merged.firmware = text(&mut values.firmware, merged.firmware.take());
        merged.device_id = text(&mut values.device_id, merged.device_id.take());
        let sub_group = self.name(Field::SubGroup, std::mem::take(&mut values.sub_group));
        merged.sub_group = sub_group.or_as_before(merged.sub_group.take());
        let use_case = self.name(Field::UseCase, std::mem::take(&mut values.use_case));
        merged.use_case = use_case.or_as_before(merged.use_case.take());
        let decoder = self.parsed(Field::Decoder, std::mem::take(&mut values.decoder));
        merged.decoder = decoder.or_as_before(merged.decoder.take());
        let server = self.parsed(Field::NetworkServer, std::mem::take(&mut values.network_server));
        if let Some(server) = server.value()
            && !self.wish.network_servers.contains(server)
        {
            self.refuse(Field::NetworkServer, &RowFault::UnknownNetworkServer(server.clone()));
        }
        merged.network_server = server.or_as_before(merged.network_server.take());
        for (name, value) in std::mem::take(&mut values.tags) {
            match value {
                Some(value) => drop(merged.tags.insert(name, value)),
                None => drop(merged.tags.remove(&name)),
            }
        }
        for (name, value) in std::mem::take(&mut values.variables) {
            let Some(value) = value else {
                merged.variables.shift_remove(&name);
                continue;
            };
            // A text that looks like a number stays the text that it was.
            if merged.variables.get(&name).is_none_or(|before| written(before) != value) {
                merged.variables.insert(name, setting(value));
            }
        }
    }

    fn object(&mut self, values: &mut RowValues, merged: &mut Registration) {
        fn laid<T>(said: &mut Said<T>, before: &mut Option<T>) {
            *before = std::mem::take(said).or_as_before(before.take());
        }
        laid(&mut values.serial_number, &mut merged.serial_number);
        laid(&mut values.reference, &mut merged.reference);
        laid(&mut values.equipment, &mut merged.equipment);
        laid(&mut values.address, &mut merged.address);
        laid(&mut values.geolocation, &mut merged.geolocation);
        laid(&mut values.latitude, &mut merged.latitude);
        laid(&mut values.longitude, &mut merged.longitude);
        laid(&mut values.life_cycle, &mut merged.life_cycle);
        laid(&mut values.class, &mut merged.class);
        laid(&mut values.offer, &mut merged.offer);
    }

    /// The activation from now on. The keys that a row does not say are those of before.
    fn activation(&mut self, values: RowValues, before: Activation, is_new: bool) -> Activation {
        let word = values.activation.value().copied();
        let has_root_key = values.app_key.value().is_some() || values.nwk_key.value().is_some();
        let has_session = values.dev_addr.value().is_some()
            || values.nwk_s_key.value().is_some()
            || values.app_s_key.value().is_some()
            || values.f_nwk_s_int_key.value().is_some()
            || values.s_nwk_s_int_key.value().is_some()
            || values.nwk_s_enc_key.value().is_some();
        match (word, has_root_key, has_session) {
            (Some(ActivationWord::Otaa), _, _) | (None, true, false) => self.otaa(values, before),
            (Some(ActivationWord::Abp), _, _) | (None, false, true) => self.abp(values, before),
            (Some(ActivationWord::OtaaElsewhere), _, _) => Activation::OtaaElsewhere {},
            (Some(ActivationWord::NetworkServer), _, _) => Activation::NetworkServer {},
            (None, true, true) => {
                self.refuse(Field::Activation, &RowFault::TwoActivations);
                before
            }
            // The JoinEUI may be another one.
            (None, false, false) if before.kind() == ActivationKind::Otaa => {
                self.otaa(values, before)
            }
            (None, false, false) => {
                if is_new && values.app_key == Said::Empty {
                    self.refuse(Field::AppKey, &RowFault::NoKeys);
                }
                before
            }
        }
    }

    fn otaa(&mut self, values: RowValues, before: Activation) -> Activation {
        let (join_eui, app_key, nwk_key) = match &before {
            Activation::Otaa(otaa) => {
                (otaa.join_eui, Some(otaa.app_key.clone()), otaa.nwk_key.clone())
            }
            _ => (None, None, None),
        };
        let Some(app_key) = values.app_key.or_kept(app_key) else {
            self.refuse(Field::AppKey, &RowFault::NoAppKey);
            return before;
        };
        let join_eui = values.join_eui.or_as_before(join_eui);
        let nwk_key = values.nwk_key.or_kept(nwk_key);
        Activation::Otaa(Otaa { join_eui, app_key, nwk_key })
    }

    fn abp(&mut self, values: RowValues, before: Activation) -> Activation {
        let abp = match &before {
            Activation::Abp(abp) => Some(abp),
            _ => None,
        };
        let keys = abp.map(|abp| &abp.network_keys);
        let of_1_0 = keys.and_then(|keys| match keys {
            NetworkKeys::V1_0(key) => Some(key.clone()),
            _ => None,
        });
        let of_1_1 = keys.and_then(|keys| match keys {
            NetworkKeys::V1_1(three) => Some(three),
            _ => None,
        });
        let says_1_0 = values.nwk_s_key.value().is_some();
        let says_1_1 = values.f_nwk_s_int_key.value().is_some();
        // Keys of the one version take the place of those of the other.
        let of_1_0 = of_1_0.filter(|_| !says_1_1);
        let of_1_1 = of_1_1.filter(|_| !says_1_0);
        let Some(dev_addr) = values.dev_addr.or_kept(abp.map(|abp| abp.dev_addr)) else {
            self.refuse(Field::DevAddr, &RowFault::NoDevAddr);
            return before;
        };
        let Some(app_s_key) = values.app_s_key.or_kept(abp.map(|abp| abp.app_s_key.clone())) else {
            self.refuse(Field::AppSKey, &RowFault::NoAppSKey);
            return before;
        };
        let fields = AbpFields {
            dev_addr,
            nwk_s_key: values.nwk_s_key.or_kept(of_1_0),
            f_nwk_s_int_key: values
                .f_nwk_s_int_key
                .or_kept(of_1_1.map(|three| three.f_nwk_s_int_key.clone())),
            s_nwk_s_int_key: values
                .s_nwk_s_int_key
                .or_kept(of_1_1.map(|three| three.s_nwk_s_int_key.clone())),
            nwk_s_enc_key: values
                .nwk_s_enc_key
                .or_kept(of_1_1.map(|three| three.nwk_s_enc_key.clone())),
            app_s_key,
        };
        match Abp::try_from(fields) {
            Ok(abp) => Activation::Abp(abp),
            Err(impossible) => {
                self.refuse(field_of(&impossible), &RowFault::other(&impossible));
                before
            }
        }
    }

    /// A text as a name of small letters, digits and hyphens. What people write instead, `Secteur Nord`, is made one.
    fn name<T: FromStr<Err = NameError>>(
        &mut self,
        field: Field,
        said: Said<FieldText>,
    ) -> Said<T> {
        let text = match said {
            Said::Nothing => return Said::Nothing,
            Said::Empty => return Said::Empty,
            Said::Value(text) => text,
        };
        let error = match text.as_str().parse::<T>() {
            Ok(name) => return Said::Value(name),
            Err(error) => error,
        };
        let plain = plain_name(text.as_str());
        match plain.parse::<T>() {
            Ok(name) => {
                let (field, shown) = (field.name(), text.as_str().to_owned());
                self.notes.push(SheetNote::MadePlain { field, shown, plain });
                Said::Value(name)
            }
            Err(_) => {
                self.refuse(field, &RowFault::other(&error));
                Said::Nothing
            }
        }
    }

    fn parsed<T: FromStr<Err: Display>>(&mut self, field: Field, said: Said<FieldText>) -> Said<T> {
        match said {
            Said::Nothing => Said::Nothing,
            Said::Empty => Said::Empty,
            Said::Value(text) => match text.as_str().parse() {
                Ok(value) => Said::Value(value),
                Err(error) => {
                    self.refuse(field, &RowFault::other(&error));
                    Said::Nothing
                }
            },
        }
    }

    /// Whether the cell of a field is refused already: it is not missing, but wrong.
    fn is_refused(&self, field: Field) -> bool {
        let (cell, column) = self.sheet.cell_of(field, self.row.number);
        // A cell without a column is named by its row and the field.
        let here = |refused: &CellRefusal| refused.cell == cell && refused.column == column;
        self.is_unread(field) || self.refusals.iter().any(here)
    }

    /// Whether the cell of a field could not be read.
    fn is_unread(&self, field: Field) -> bool {
        let (cell, _) = self.sheet.cell_of(field, self.row.number);
        self.row.refusals.iter().any(|refused| refused.cell == cell)
    }

    /// Refuses half a place, and one by hand that is none, beside whatever else is wrong with the row.
    fn check_place(&mut self, merged: &Registration) {
        let Err(impossible) = merged.check_place() else { return };
        let of_place = [Field::Geolocation, Field::Latitude, Field::Longitude];
        if !of_place.into_iter().any(|field| self.is_refused(field)) {
            self.refuse(field_of(&impossible), &RowFault::other(&impossible));
        }
    }

    /// Refuses what the territory's sheet asks for and is not there.
    fn check_complete(&mut self, merged: &Registration) {
        let is_nowhere = merged.geolocation == Some(Geolocation::None);
        let joins = matches!(merged.activation, Activation::Otaa(_));
        let join_eui = match &merged.activation {
            Activation::Otaa(otaa) => otaa.join_eui.is_some(),
            _ => true,
        };
        for (field, is_there) in [
            (Field::Name, !merged.name.is_empty()),
            (Field::SerialNumber, merged.serial_number.is_some()),
            (Field::Geolocation, merged.geolocation.is_some()),
            (Field::Latitude, is_nowhere || merged.latitude.is_some()),
            (Field::Longitude, is_nowhere || merged.longitude.is_some()),
            (Field::SubGroup, merged.sub_group.is_some()),
            (Field::Class, merged.class.is_some()),
            (Field::JoinEui, join_eui),
            (Field::AppKey, joins || matches!(merged.activation, Activation::Abp(_))),
        ] {
            if !is_there && !self.is_refused(field) {
                self.refuse(field, &RowFault::Mandatory(field.name()));
            }
        }
    }
}

/// Letters and digits in lower case and without accents, with hyphens between.
fn plain_name(text: &str) -> String {
    let mut name = String::with_capacity(text.len());
    for part in text.split(|character: char| !character.is_alphanumeric()) {
        let part = champollion_fleet::plain(part);
        if part.is_empty() {
            continue;
        }
        if !name.is_empty() {
            name.push('-');
        }
        name.push_str(&part);
    }
    name.truncate(name.floor_char_boundary(NAME_CHARACTERS));
    name
}

/// A variable as a cell has it.
fn written(setting: &Setting) -> String {
    match setting {
        Setting::Boolean(truth) => truth.to_string(),
        Setting::Integer(number) => number.to_string(),
        Setting::Number(number) => number.to_string(),
        Setting::Text(text) => text.clone(),
    }
}

/// A variable has the type that its text looks like.
fn setting(text: String) -> Setting {
    match serde_json::from_str(&text) {
        Ok(setting @ (Setting::Boolean(_) | Setting::Integer(_) | Setting::Number(_))) => setting,
        _ => Setting::Text(text),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use champollion_fleet::sheets::{ReadOptions, SheetLimits};

    use super::*;
    use crate::devices::ImportProgress;

    /// The refusals of a new device, by the cells.
    fn refused(sheet: &str) -> Vec<(String, String)> {
        let (options, limits) = (ReadOptions::default(), SheetLimits::default());
        let sheet = Sheet::read(sheet.as_bytes(), &options, &limits).unwrap();
        let wish = ImportWish {
            dry_run: true,
            good_rows: false,
            group: None,
            complete: false,
            network_servers: Vec::new(),
            digest: String::new(),
            refuses: Arc::new(|_, _| None),
            progress: Arc::new(ImportProgress::default()),
            may_go_on: Arc::new(|| true),
        };
        let row = &sheet.rows()[0];
        let of_row =
            row.refusals.iter().map(|refused| (refused.cell.clone(), refused.fault.to_string()));
        let merged = merge(&sheet, row, None, &wish);
        let of_merge = merged.refusals.into_iter();
        of_row.chain(of_merge.map(|refused| (refused.cell, refused.reason))).collect()
    }

    #[test]
    fn a_cell_that_cannot_be_read_is_not_called_missing_as_well() {
        let headings = "DevEUI;Groupe;AppKey;Activation;DevAddr;AppSKey";
        for (row, cell, says) in [
            ("70B3D5499A000001;eau;0011;OTAA;;", "C2", "4 digits"),
            ("70B3D5499A000001;eau;;OTAA;;", "C2", "is empty"),
            ("70B3D5499A000001;eau;;ABP;x;", "E2", "DevAddr"),
        ] {
            let refused = refused(&format!("{headings}\n{row}\n"));
            let [(at, said)] = &refused[..] else { panic!("{row}: {refused:?}") };
            assert!(at == cell && said.contains(says), "{row}: {refused:?}");
        }
    }

    #[test]
    fn half_a_place_is_told_beside_what_else_is_wrong() {
        let headings = "DevEUI;Groupe;AppKey;Activation;Géolocalisation;Latitude;Longitude";
        for (row, cell, says) in [
            ("70B3D5499A000001;eau;;OTAA;AUTO;48,5;", "G2", "longitude is missing"),
            ("70B3D5499A000001;eau;;OTAA;MANUAL;;", "E2", "geolocation is MANUAL"),
            ("70B3D5499A000001;eau;;OTAA;MANUAL;north;", "F2", "is no latitude"),
        ] {
            let refused = refused(&format!("{headings}\n{row}\n"));
            let cells: Vec<&str> = refused.iter().map(|(cell, _)| cell.as_str()).collect();
            assert!(cells.len() == 2 && cells.contains(&"C2"), "{row}: {refused:?}");
            let told = refused.iter().find(|(at, _)| at == cell);
            assert!(told.is_some_and(|(_, said)| said.contains(says)), "{row}: {refused:?}");
        }
    }

    #[test]
    fn names_are_made_of_what_people_write() {
        for (text, expected) in [
            ("Secteur Nord", "secteur-nord"),
            ("Hôtel de Ville (3e)", "hotel-de-ville-3e"),
            ("WATER", "water"),
            ("***", ""),
        ] {
            assert_eq!(plain_name(text), expected, "{text:?}");
        }
        let long = plain_name(&"é".repeat(100));
        assert!(
            long.len() <= NAME_CHARACTERS
                && long.parse::<champollion_delivery::names::GroupId>().is_ok()
        );
    }

    #[test]
    fn variables_have_the_type_that_they_look_like() {
        assert_eq!(setting("10".into()), Setting::Integer(10));
        assert_eq!(setting("true".into()), Setting::Boolean(true));
        assert_eq!(setting("cellar".into()), Setting::Text("cellar".into()));
    }
}
