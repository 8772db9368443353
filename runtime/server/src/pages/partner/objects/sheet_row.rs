//! An object as a sheet of one row: the form of an object is imported as such a sheet, so that a field which is left alone
//! stays as it is, keys stay what they are, and a refusal names its field.

use champollion_fleet::sheets::{
    Cell, Field, FileForm, Language as SheetLanguage, WriteError, write_sheet,
};
use serde_json::Value as Json;

use crate::pages::{language::Language, told::Told};

/// The fields of the form, in their order. Keys are beside them in the form of a new object alone.
pub(super) const FIELDS: [Field; 20] = [
    Field::Name,
    Field::Group,
    Field::SubGroup,
    Field::UseCase,
    Field::SerialNumber,
    Field::Reference,
    Field::Equipment,
    Field::Address,
    Field::Geolocation,
    Field::Latitude,
    Field::Longitude,
    Field::LifeCycle,
    Field::Class,
    Field::Offer,
    Field::Decoder,
    Field::Firmware,
    Field::Lorawan,
    Field::NetworkServer,
    Field::DeviceId,
    Field::JoinEui,
];

/// A refusal of one field of a form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct FieldRefusal {
    /// The name of the field in the interface.
    pub(super) field: &'static str,
    /// The reason, and the remedy.
    pub(super) reason: Told,
}

/// Writes the sheet of one object. A field whose text is `None` has no column, and stays as it is.
pub(super) fn sheet_of<'text>(
    dev_eui: &str,
    text: impl Fn(Field) -> Option<&'text str>,
    fields: impl IntoIterator<Item = Field>,
) -> Result<Vec<u8>, WriteError> {
    let said = fields.into_iter().filter_map(|field| Some((field, text(field)?)));
    let said: Vec<(Field, &str)> = [(Field::DevEui, dev_eui)].into_iter().chain(said).collect();
    let heading = |(field, _): &(Field, &str)| field.heading(SheetLanguage::English).to_owned();
    let headings: Vec<String> = said.iter().map(heading).collect();
    let row = said.iter().map(|(field, text)| cell(*field, text)).collect();
    write_sheet(FileForm::csv(SheetLanguage::English), &headings, [row])
}

/// The cell of a text. Degrees are numbers: a text that begins with a minus would be taken for a formula.
fn cell(field: Field, text: &str) -> Cell {
    let text = text.trim();
    if text.is_empty() {
        return Cell::Empty;
    }
    if matches!(field, Field::Latitude | Field::Longitude)
        && let Ok(degrees) = text.replace(',', ".").parse::<f64>()
    {
        return Cell::Number(degrees);
    }
    Cell::text(text)
}

/// The refusals of the only row of a sheet, each with its field; those of no field are of the DevEUI.
pub(super) fn refusals(verdicts: &Json, language: Language) -> Vec<FieldRefusal> {
    let rows = verdicts.as_array().into_iter().flatten();
    let cells = rows.filter_map(|row| row.get("refusals")?.as_array()).flatten();
    let text = |cell: &Json, name: &str| {
        cell.get(name).and_then(Json::as_str).unwrap_or_default().to_owned()
    };
    let refusal = |cell: &Json| {
        let field = Field::of_heading(&text(cell, "column")).unwrap_or(Field::DevEui);
        let reason = Told::of_answer(language, &cell["fault"], text(cell, "reason"));
        FieldRefusal { field: field.name(), reason }
    };
    cells.map(refusal).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_form_is_a_sheet_of_one_row() {
        let text = |field: Field| match field {
            Field::Name => Some("Meter, \"north\""),
            Field::Latitude => Some("-48,5"),
            Field::Offer => Some(""),
            _ => None,
        };
        let sheet = sheet_of("70B3D5499A000001", text, FIELDS).unwrap();
        let sheet = String::from_utf8(sheet).unwrap();
        let lines: Vec<&str> = sheet.trim_start_matches('\u{feff}').lines().collect();
        assert_eq!(lines[0], "DevEUI,Name,Latitude,Offer");
        assert!(
            lines[1].starts_with("70B3D5499A000001,\"Meter, \"\"north\"\"\",-48.5,"),
            "{sheet}"
        );
    }

    #[test]
    fn a_refusal_stands_at_its_field() {
        let verdicts = json!([{ "row": 2, "refusals": [
            { "cell": "C2", "column": "Latitude", "reason": "it is none" },
            { "cell": "2", "column": "Rows", "reason": "there is no place" },
        ] }]);
        let refused = refusals(&verdicts, Language::English);
        assert_eq!((refused[0].field, refused[1].field), ("latitude", "devEui"));
        let said = refused[1].reason.shown().into_string();
        assert_eq!(said, "<span lang=\"en\">there is no place</span>");
    }
}
