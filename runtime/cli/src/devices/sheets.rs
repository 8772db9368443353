//! Sheets of devices that are written: `champollion devices template` and `champollion devices export`.

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
};

use champollion_client::{ActivationKind, Client, Device};
use champollion_delivery::names::GroupId;
use champollion_fleet::sheets::{Cell, Column, Field, FileForm, Language, template, write_sheet};
use champollion_sdk::vectors::Setting;
use clap::{Args, ValueEnum};

use super::super::{Failure, output, plural::counted};

/// Writes an empty sheet.
#[derive(Args)]
pub(super) struct Template {
    /// File of the sheet: .xlsx, whose cells offer their words, or .csv
    file: PathBuf,
    /// Language of the headings
    #[arg(long, value_enum, default_value_t = HeadingLanguage::En)]
    language: HeadingLanguage,
}

/// Writes a sheet of devices.
#[derive(Args)]
pub(super) struct Export {
    /// File of the sheet: .xlsx or .csv
    file: PathBuf,
    /// Only devices of this group
    #[arg(long)]
    group: Option<GroupId>,
    /// Language of the headings
    #[arg(long, value_enum, default_value_t = HeadingLanguage::En)]
    language: HeadingLanguage,
}

/// The languages of headings.
#[derive(Clone, Copy, ValueEnum)]
enum HeadingLanguage {
    /// English headings; CSV with commas
    En,
    /// French headings; CSV with semicolons, as a spreadsheet in French opens it
    Fr,
}

impl From<HeadingLanguage> for Language {
    fn from(language: HeadingLanguage) -> Self {
        match language {
            HeadingLanguage::En => Self::English,
            HeadingLanguage::Fr => Self::French,
        }
    }
}

/// The form of a file by the end of its name; CSV has commas.
pub(super) fn form_of(file: &Path) -> Result<FileForm, Failure> {
    form_in(file, Language::English)
}

fn form_in(file: &Path, language: Language) -> Result<FileForm, Failure> {
    let ending = file.extension().and_then(|ending| ending.to_str()).map(str::to_ascii_lowercase);
    match ending.as_deref() {
        Some("xlsx") => Ok(FileForm::Workbook),
        Some("csv") => Ok(FileForm::csv(language)),
        _ => Err(Failure::new(
            format!("{} cannot be written", file.display()),
            "its name must end with .xlsx or .csv",
        )),
    }
}

/// Writes the bytes of a sheet into a file.
pub(super) fn write(file: &Path, bytes: &[u8]) -> Result<(), Failure> {
    std::fs::write(file, bytes)
        .map_err(Failure::of(format!("{} cannot be written", file.display())))
}

impl Template {
    pub(super) fn run(&self) -> Result<(), Failure> {
        let language = self.language.into();
        let written = template(form_in(&self.file, language)?, language);
        let task = format!("{} cannot be written", self.file.display());
        write(&self.file, &written.map_err(|error| Failure::caused(task, &error))?)?;
        output::line(format_args!("wrote {}", self.file.display()));
        Ok(())
    }
}

impl Export {
    pub(super) async fn run(&self, client: &Client) -> Result<(), Failure> {
        let language = self.language.into();
        let form = form_in(&self.file, language)?;
        let mut devices = client.devices().await?.into_value().devices;
        if let Some(group) = &self.group {
            devices.retain(|device| device.group == group.as_str());
        }
        let columns = columns(&devices);
        let headings: Vec<String> = columns.iter().map(|column| column.heading(language)).collect();
        let rows =
            devices.iter().map(|device| columns.iter().map(|column| column.cell(device)).collect());
        let task = format!("{} cannot be written", self.file.display());
        let written = write_sheet(form, &headings, rows);
        write(&self.file, &written.map_err(|error| Failure::caused(task, &error))?)?;
        let devices = counted(devices.len(), "device");
        output::line(format_args!("wrote {devices} into {}", self.file.display()));
        Ok(())
    }
}

/// A column of a sheet that is written.
enum Written {
    Field(Field),
    Tag(String),
    Variable(String),
}

/// The columns of devices: all fields but keys, and the tags and variables that they have.
fn columns(devices: &[Device]) -> Vec<Written> {
    let tags: BTreeSet<&String> = devices.iter().flat_map(|device| device.tags.keys()).collect();
    let variables: BTreeSet<&String> =
        devices.iter().flat_map(|device| device.variables.keys()).collect();
    let fields = Field::ALL.iter().copied().filter(|field| !field.is_key()).map(Written::Field);
    let tags = tags.into_iter().map(|name| Written::Tag(name.clone()));
    let variables = variables.into_iter().map(|name| Written::Variable(name.clone()));
    fields.chain(tags).chain(variables).collect()
}

impl Written {
    fn heading(&self, language: Language) -> String {
        match self {
            Self::Field(field) => field.heading(language).to_owned(),
            Self::Tag(name) => Column::of_tag(name),
            Self::Variable(name) => Column::of_variable(name),
        }
    }

    fn cell(&self, device: &Device) -> Cell {
        match self {
            Self::Field(field) => cell(*field, device),
            Self::Tag(name) => device.tags.get(name).map_or(Cell::Empty, Cell::text),
            Self::Variable(name) => match device.variables.get(name) {
                None => Cell::Empty,
                Some(Setting::Text(text)) => Cell::text(text),
                Some(Setting::Boolean(truth)) => Cell::Truth(*truth),
                Some(Setting::Integer(number)) => Cell::text(number.to_string()),
                Some(Setting::Number(number)) => Cell::text(number.to_string()),
            },
        }
    }
}

/// The cell of a field as an import reads it; that of a key is empty.
fn cell(field: Field, device: &Device) -> Cell {
    let object = &device.object;
    let text = |text: &Option<String>| text.as_ref().map_or(Cell::Empty, Cell::text);
    let degrees = |degrees: Option<f64>| degrees.map_or(Cell::Empty, Cell::Number);
    match field {
        Field::DevEui => Cell::text(device.dev_eui.to_string()),
        Field::Name => Cell::text(&device.name),
        Field::SerialNumber => text(&object.serial_number),
        Field::Reference => text(&object.reference),
        Field::Equipment => text(&object.equipment),
        Field::Address => text(&object.address),
        Field::Geolocation => text(&object.geolocation),
        Field::Latitude => degrees(object.latitude),
        Field::Longitude => degrees(object.longitude),
        Field::LifeCycle => text(&object.life_cycle),
        Field::Group => Cell::text(&device.group),
        Field::SubGroup => text(&device.sub_group),
        Field::Offer => text(&object.offer),
        Field::Class => text(&object.class),
        Field::JoinEui => device.join_eui.map_or(Cell::Empty, |eui| Cell::text(eui.to_string())),
        Field::Lorawan => Cell::text(device.lorawan.to_string()),
        Field::Activation => Cell::text(device.activation.to_string()),
        // The address of a session that a device joined for is not part of its registration.
        Field::DevAddr if device.activation == ActivationKind::Abp => {
            device.dev_addr.map_or(Cell::Empty, |address| Cell::text(address.to_string()))
        }
        Field::DevAddr => Cell::Empty,
        Field::Decoder => text(&device.assignment.decoder),
        Field::Firmware => text(&device.assignment.firmware),
        Field::UseCase => text(&device.use_case),
        Field::NetworkServer => text(&device.network_server),
        Field::DeviceId => text(&device.device_id),
        Field::AppKey
        | Field::NwkKey
        | Field::NwkSKey
        | Field::AppSKey
        | Field::FNwkSIntKey
        | Field::SNwkSIntKey
        | Field::NwkSEncKey => Cell::Empty,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_form_of_a_file_is_that_of_its_name() {
        assert_eq!(form_of(Path::new("a.XLSX")).unwrap(), FileForm::Workbook);
        assert_eq!(form_of(Path::new("a.csv")).unwrap(), FileForm::csv(Language::English));
        for name in ["a.ods", "a", "csv"] {
            assert!(form_of(Path::new(name)).unwrap_err().to_string().contains(".xlsx or .csv"));
        }
    }
}
