//! A row of a sheet, read cell by cell.

use std::{collections::BTreeMap, str::FromStr};

use champollion_frames::{
    AppKey, AppSKey, DevAddr, DevEui, FNwkSIntKey, InvalidHex, JoinEui, LorawanVersion, NwkKey,
    NwkSEncKey, NwkSKey, SNwkSIntKey,
};

use super::{
    cell::{Cell, cell_name, may_be_key, shown_number, trimmed, whole},
    cell_fault::CellFault,
    degrees::degrees,
    digits::Digits,
    field::Field,
    grid::GridRow,
    headings::{Column, HeadedColumn},
    note::SheetNote,
};
use crate::{
    key_text::may_hold_key,
    objects::{DeviceClass, FieldText, Geolocation, Latitude, LifeCycle, Longitude},
    plain_text::plain,
};

/// Digits of an EUI, of a DevAddr, and of a key.
const EUI_DIGITS: usize = 16;
const ADDRESS_DIGITS: usize = 8;
const KEY_DIGITS: usize = 32;

/// The word of a row about a field.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Said<T> {
    /// The sheet has no such column.
    #[default]
    Nothing,
    /// The cell is empty.
    Empty,
    /// The cell says this.
    Value(T),
}

impl<T> Said<T> {
    /// The value that the cell says, where it does.
    #[must_use]
    pub fn value(&self) -> Option<&T> {
        match self {
            Self::Value(value) => Some(value),
            Self::Nothing | Self::Empty => None,
        }
    }

    /// The value from now on: a sheet without the column leaves it as it was, an empty cell takes it away.
    #[must_use]
    pub fn or_as_before(self, before: Option<T>) -> Option<T> {
        match self {
            Self::Nothing => before,
            Self::Empty => None,
            Self::Value(value) => Some(value),
        }
    }

    /// The same of a key, which no sheet that was written shows: an empty cell leaves it as it was.
    #[must_use]
    pub fn or_kept(self, before: Option<T>) -> Option<T> {
        match self {
            Self::Nothing | Self::Empty => before,
            Self::Value(value) => Some(value),
        }
    }
}

/// The activation that a row says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ActivationWord {
    /// Over the air, with root keys that are known here.
    Otaa,
    /// By personalization, with the keys of a session.
    Abp,
    /// Over the air, through a join server elsewhere.
    OtaaElsewhere,
    /// The network server has all keys.
    NetworkServer,
}

impl ActivationWord {
    /// All words, as they are written.
    pub const WORDS: [&'static str; 4] = ["OTAA", "ABP", "OTAA elsewhere", "network server"];

    fn read(text: &str) -> Result<Self, CellFault> {
        match plain(text).as_str() {
            "otaa" => Ok(Self::Otaa),
            "abp" => Ok(Self::Abp),
            "otaaelsewhere" | "otaaailleurs" => Ok(Self::OtaaElsewhere),
            "networkserver" | "serveurreseau" | "lns" => Ok(Self::NetworkServer),
            _ => {
                let words = Self::WORDS.join(", ");
                Err(CellFault::Other(format!("{text:?} is no activation: it is one of {words}")))
            }
        }
    }
}

/// The values of a row.
#[derive(Clone, Debug, Default)]
#[expect(missing_docs, reason = "they are the members of a registration")]
pub struct RowValues {
    pub name: Said<FieldText>,
    pub serial_number: Said<FieldText>,
    pub reference: Said<FieldText>,
    pub equipment: Said<FieldText>,
    pub address: Said<FieldText>,
    pub geolocation: Said<Geolocation>,
    pub latitude: Said<Latitude>,
    pub longitude: Said<Longitude>,
    pub life_cycle: Said<LifeCycle>,
    pub group: Said<FieldText>,
    pub sub_group: Said<FieldText>,
    pub offer: Said<FieldText>,
    pub class: Said<DeviceClass>,
    pub lorawan: Said<LorawanVersion>,
    pub activation: Said<ActivationWord>,
    pub join_eui: Said<JoinEui>,
    pub app_key: Said<AppKey>,
    pub nwk_key: Said<NwkKey>,
    pub dev_addr: Said<DevAddr>,
    pub nwk_s_key: Said<NwkSKey>,
    pub app_s_key: Said<AppSKey>,
    pub f_nwk_s_int_key: Said<FNwkSIntKey>,
    pub s_nwk_s_int_key: Said<SNwkSIntKey>,
    pub nwk_s_enc_key: Said<NwkSEncKey>,
    pub decoder: Said<FieldText>,
    pub firmware: Said<FieldText>,
    pub use_case: Said<FieldText>,
    pub network_server: Said<FieldText>,
    pub device_id: Said<FieldText>,
    /// Words of the partner's own; of empty cells nothing.
    pub tags: BTreeMap<String, Option<String>>,
    /// Settings of the decoder, as texts; of empty cells nothing.
    pub variables: BTreeMap<String, Option<String>>,
}

/// A cell that cannot be taken, and the reason.
#[derive(Clone, Debug, PartialEq)]
pub struct Refusal {
    /// The name of the cell, `B4`.
    pub cell: String,
    /// The heading of its column.
    pub heading: String,
    /// The reason, and what to do.
    pub fault: CellFault,
}

/// A row of a sheet, read.
#[derive(Clone, Debug)]
pub struct ObjectRow {
    /// The number of the row as spreadsheets show it.
    pub number: u32,
    /// The device of the row, where that can be read.
    pub dev_eui: Option<DevEui>,
    /// The values of the row.
    pub values: RowValues,
    /// The cells that cannot be taken; a row with one is refused.
    pub refusals: Vec<Refusal>,
    /// Remarks about what was understood though it is not as it should be.
    pub notes: Vec<SheetNote>,
}

/// Reads the cells of one row.
pub(super) struct RowReader<'row> {
    pub(super) row: &'row GridRow,
    pub(super) restore_zeros: bool,
}

impl RowReader<'_> {
    /// Reads a row of columns.
    pub(super) fn read(&self, columns: &[HeadedColumn]) -> ObjectRow {
        let mut read = ObjectRow {
            number: self.row.number,
            dev_eui: None,
            values: RowValues::default(),
            refusals: Vec::new(),
            notes: Vec::new(),
        };
        for headed in columns {
            let cell = self.row.cell(headed.place);
            let taken = match &headed.column {
                Column::Ignored => Ok(()),
                Column::Field(field) => self.field(*field, cell, &mut read),
                Column::Tag(name) => free_text(cell).map(|value| {
                    read.values.tags.insert(name.clone(), value);
                }),
                Column::Variable(name) => free_text(cell).map(|value| {
                    read.values.variables.insert(name.clone(), value);
                }),
            };
            if let Err(fault) = taken {
                let (cell, heading) =
                    (cell_name(headed.place, self.row.number), headed.heading.clone());
                read.refusals.push(Refusal { cell, heading, fault });
            }
        }
        read
    }

    fn field(&self, field: Field, cell: &Cell, read: &mut ObjectRow) -> Result<(), CellFault> {
        // Else the fault of the cell would show the key.
        if !field.is_key()
            && !field.is_free_text()
            && matches!(cell, Cell::Text(text) if may_be_key(text))
        {
            return Err(CellFault::MisplacedKey);
        }
        if field.is_free_text() {
            check_without_key(cell)?;
        }
        let values = &mut read.values;
        match field {
            Field::DevEui => {
                let why = "a device has a DevEUI";
                let dev_eui: Said<DevEui> = self.eui(cell, "DevEUI", &mut read.notes)?;
                let dev_eui = dev_eui.value().copied();
                read.dev_eui = Some(dev_eui.ok_or(CellFault::Missing { why })?);
            }
            Field::JoinEui => values.join_eui = self.eui(cell, "JoinEUI", &mut read.notes)?,
            Field::DevAddr => {
                let digits = self.digits("DevAddr", ADDRESS_DIGITS);
                values.dev_addr = identifier(digits, cell, &mut read.notes)?;
            }
            Field::AppKey => values.app_key = self.key(cell, "AppKey")?,
            Field::NwkKey => values.nwk_key = self.key(cell, "NwkKey")?,
            Field::NwkSKey => values.nwk_s_key = self.key(cell, "NwkSKey")?,
            Field::AppSKey => values.app_s_key = self.key(cell, "AppSKey")?,
            Field::FNwkSIntKey => values.f_nwk_s_int_key = self.key(cell, "FNwkSIntKey")?,
            Field::SNwkSIntKey => values.s_nwk_s_int_key = self.key(cell, "SNwkSIntKey")?,
            Field::NwkSEncKey => values.nwk_s_enc_key = self.key(cell, "NwkSEncKey")?,
            Field::Name => values.name = text(cell)?,
            Field::SerialNumber => values.serial_number = text(cell)?,
            Field::Reference => values.reference = text(cell)?,
            Field::Equipment => values.equipment = text(cell)?,
            Field::Address => values.address = text(cell)?,
            Field::Offer => values.offer = text(cell)?,
            Field::Group => values.group = text(cell)?,
            Field::SubGroup => values.sub_group = text(cell)?,
            Field::Decoder => values.decoder = text(cell)?,
            Field::Firmware => values.firmware = text(cell)?,
            Field::UseCase => values.use_case = text(cell)?,
            Field::NetworkServer => values.network_server = text(cell)?,
            Field::DeviceId => values.device_id = text(cell)?,
            Field::Geolocation => values.geolocation = word(cell)?,
            Field::LifeCycle => values.life_cycle = word(cell)?,
            Field::Class => values.class = word(cell)?,
            Field::Latitude => values.latitude = coordinate(cell, "latitude")?,
            Field::Longitude => values.longitude = coordinate(cell, "longitude")?,
            Field::Lorawan => values.lorawan = version(cell)?,
            Field::Activation => {
                values.activation = said(cell, |text| ActivationWord::read(&text))?;
            }
        }
        Ok(())
    }

    fn digits(&self, what: &'static str, expected: usize) -> Digits {
        Digits { what, expected, is_key: false, restore_zeros: self.restore_zeros }
    }

    fn eui<T: FromStr<Err = InvalidHex>>(
        &self,
        cell: &Cell,
        what: &'static str,
        notes: &mut Vec<SheetNote>,
    ) -> Result<Said<T>, CellFault> {
        identifier(self.digits(what, EUI_DIGITS), cell, notes)
    }

    fn key<T: FromStr<Err = InvalidHex>>(
        &self,
        cell: &Cell,
        what: &'static str,
    ) -> Result<Said<T>, CellFault> {
        let digits = Digits { what, expected: KEY_DIGITS, is_key: true, restore_zeros: false };
        identifier(digits, cell, &mut Vec::new())
    }
}

fn identifier<T: FromStr<Err = InvalidHex>>(
    digits: Digits,
    cell: &Cell,
    notes: &mut Vec<SheetNote>,
) -> Result<Said<T>, CellFault> {
    if cell.is_empty() {
        return Ok(Said::Empty);
    }
    let found = digits.read(cell)?;
    if found.is_restored {
        let (what, digits) = (digits.what, found.digits.clone());
        notes.push(SheetNote::Completed { what, digits });
    }
    // An error of theirs never repeats the text.
    let value =
        found.digits.parse().map_err(|error: InvalidHex| CellFault::Other(error.to_string()))?;
    Ok(Said::Value(value))
}

/// Reads a cell as a text of a field.
fn text(cell: &Cell) -> Result<Said<FieldText>, CellFault> {
    said(cell, |text| Ok(text.parse()?))
}

fn word<T: FromStr<Err = crate::objects::UnknownWord>>(cell: &Cell) -> Result<Said<T>, CellFault> {
    said(cell, |text| Ok(text.parse()?))
}

fn coordinate<T: TryFrom<f64, Error = crate::objects::OutOfRange>>(
    cell: &Cell,
    what: &'static str,
) -> Result<Said<T>, CellFault> {
    if cell.is_empty() {
        return Ok(Said::Empty);
    }
    Ok(Said::Value(degrees(cell, what)?.try_into()?))
}

/// Reads a version of LoRaWAN: `1.0.3`, `LoRaWAN 1.0.3`, `V1.0.3`, and 1.1 that became a number.
fn version(cell: &Cell) -> Result<Said<LorawanVersion>, CellFault> {
    said(cell, |text| {
        let is_number = |character: char| character.is_ascii_digit();
        let number = text.find(is_number).map_or("", |begin| &text[begin..]).replace(',', ".");
        let version = number.parse::<LorawanVersion>();
        version.map_err(|_| {
            let text = text.clone();
            CellFault::Other(format!(
                "{text:?} is no version of LoRaWAN: 1.0.2, 1.0.3, 1.0.4 and 1.1 are"
            ))
        })
    })
}

/// Reads a cell that says something, as its text.
fn said<T>(
    cell: &Cell,
    read: impl FnOnce(String) -> Result<T, CellFault>,
) -> Result<Said<T>, CellFault> {
    match cell {
        Cell::Date(date) => Err(CellFault::MadeADate(date.clone())),
        Cell::Truth(truth) => Err(CellFault::Truth(*truth)),
        cell => match written(cell)? {
            None => Ok(Said::Empty),
            Some(text) => Ok(Said::Value(read(text)?)),
        },
    }
}

/// The text of a cell that readers see and records carry, which holds no key.
fn free_text(cell: &Cell) -> Result<Option<String>, CellFault> {
    check_without_key(cell)?;
    written(cell)
}

fn check_without_key(cell: &Cell) -> Result<(), CellFault> {
    match cell {
        Cell::Text(text) if may_hold_key(text) => Err(CellFault::KeyInText),
        _ => Ok(()),
    }
}

/// The text of a cell as it was written, as far as the spreadsheet still knows.
fn written(cell: &Cell) -> Result<Option<String>, CellFault> {
    match cell {
        Cell::Empty => Ok(None),
        Cell::Text(text) => {
            let text = trimmed(text);
            if is_rounded(text) {
                return Err(CellFault::RoundedNumber { shown: text.to_owned() });
            }
            Ok((!text.is_empty()).then(|| text.to_owned()))
        }
        Cell::Number(number) => match whole(*number) {
            Some(digits) => Ok(Some(digits)),
            None if number.abs() < 1e15 && number.is_finite() => Ok(Some(number.to_string())),
            None => Err(CellFault::RoundedNumber { shown: shown_number(*number) }),
        },
        Cell::Truth(truth) => Ok(Some(truth.to_string())),
        Cell::Date(date) => Ok(Some(date.clone())),
        Cell::Formula => Err(CellFault::Formula),
        Cell::Error(error) => Err(CellFault::SpreadsheetError(error.clone())),
    }
}

/// Whether a text is a number as spreadsheets show one that has more digits than they keep: `1,23457E+15`.
fn is_rounded(text: &str) -> bool {
    let Some((mantissa, exponent)) = text.split_once("E+") else { return false };
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let (whole, decimals) = mantissa.split_once([',', '.']).unwrap_or((mantissa, "0"));
    is_number(whole) && is_number(decimals) && is_number(exponent)
}
