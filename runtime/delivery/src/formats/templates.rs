//! Columns of the recipient's own: a name and an expression each, `point;date;index=value * 1000`.

use std::{
    fmt,
    sync::{Arc, LazyLock},
};

use champollion_sandbox::{Repetition, check_repetition};
use jiff::{Timestamp, civil, fmt::strtime, tz::TimeZone};
use minijinja::{
    Environment, Error, ErrorKind, UndefinedBehavior, Value,
    value::{Serde, ValueKind},
};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use utoipa::{
    PartialSchema, ToSchema,
    openapi::{ObjectBuilder, RefOr, Schema, Type},
};

use super::{
    cell::Cell,
    error::FormatError,
    row::Row,
    seen_row::{NAMES, Seen},
    sheet::{ColumnType, Heading},
};

/// Longest text of all columns in bytes.
const BYTES: usize = 4_000;

/// Most columns of one table.
const COLUMNS: usize = 32;

/// Fuel of a cell: some hundred steps, or twelve kilobytes of text. A table has many cells.
const FUEL: u64 = 200;

/// Expressions of columns are Jinja's, as those of filters are, with a filter for moments.
static ENVIRONMENT: LazyLock<Environment<'static>> = LazyLock::new(|| {
    let mut environment = Environment::new();
    environment.set_fuel(Some(FUEL));
    // A tag that a device does not have leaves the cell empty.
    environment.set_undefined_behavior(UndefinedBehavior::Chainable);
    environment.add_filter("date", date);
    environment
});

/// Columns of the recipient's own, in their order: `point;date;index=value * 1000`.
///
/// Each is a name with an expression, or a name that is one. An expression may speak of the names of `NAMES`.
#[derive(Clone)]
pub struct Templates {
    text: String,
    columns: Vec<Template>,
}

/// A column of the recipient's own.
#[derive(Clone)]
struct Template {
    title: String,
    expression: Result<Arc<minijinja::Expression<'static, 'static>>, Repetition>,
}

/// A fault of columns of the recipient's own.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "the column {column:?} cannot be read: {reason}. Columns are written like point;date;index=value * 1000"
)]
pub struct TemplatesError {
    column: String,
    reason: String,
}

impl Templates {
    /// Reads columns out of their text.
    ///
    /// # Errors
    /// Names the column that cannot be read, or multiplies what may be large, and the reason.
    pub fn new(text: &str) -> Result<Self, TemplatesError> {
        let columns = Self::kept(text)?;
        match columns.repetition() {
            None => Ok(columns),
            Some((column, repeated)) => Err(refused(column, repeated.to_string())),
        }
    }

    /// Reads columns that were taken once. One that multiplies what may be large, as earlier versions let it, is empty:
    /// a store that holds one is read all the same.
    fn kept(text: &str) -> Result<Self, TemplatesError> {
        if text.len() > BYTES {
            return Err(refused(text, format!("all of them have more than {BYTES} bytes")));
        }
        let parts = separated(text);
        if parts.len() > COLUMNS {
            return Err(refused(text, format!("there are more than {COLUMNS} columns")));
        }
        let mut columns: Vec<Template> = Vec::with_capacity(parts.len());
        for part in parts {
            let (title, expression) = named(part);
            if title.is_empty() || expression.is_empty() {
                return Err(refused(part, "it has no name, or no expression".to_owned()));
            }
            if columns.iter().any(|column| column.title == title) {
                return Err(refused(part, "another column has the same name".to_owned()));
            }
            let title = title.to_owned();
            if let Err(repeated) = check_repetition(expression) {
                columns.push(Template { title, expression: Err(repeated) });
                continue;
            }
            let compiled =
                ENVIRONMENT.compile_expression_owned(expression.to_owned()).map_err(|error| {
                    let reason = error.detail().map_or_else(|| error.to_string(), str::to_owned);
                    refused(part, reason)
                })?;
            let mut unknown: Vec<String> =
                compiled.undeclared_variables(false).into_iter().collect();
            unknown.retain(|name| !NAMES.contains(&name.as_str()));
            unknown.sort_unstable();
            if let Some(name) = unknown.first() {
                let reason = format!("there is no {name}, but {}", NAMES.join(", "));
                return Err(refused(part, reason));
            }
            columns.push(Template { title, expression: Ok(Arc::new(compiled)) });
        }
        Ok(Self { text: text.to_owned(), columns })
    }

    /// The first column that multiplies what may be large, and the reason for which it is empty.
    pub(crate) fn repetition(&self) -> Option<(&str, &Repetition)> {
        self.columns
            .iter()
            .find_map(|column| Some((&*column.title, column.expression.as_ref().err()?)))
    }

    /// Returns the names of the columns.
    pub(super) fn headings(&self) -> Vec<Heading> {
        // An expression may give a text in one row and a number in the next.
        let heading =
            |column: &Template| Heading { title: column.title.clone(), kind: ColumnType::Text };
        self.columns.iter().map(heading).collect()
    }

    /// Returns the cells of a row. One that cannot be evaluated, such as an amount of what was not measured, is
    /// empty.
    ///
    /// # Errors
    /// An expression takes more than a cell may.
    pub(super) fn cells(&self, row: &Row<'_>) -> Result<Vec<Cell<'static>>, FormatError> {
        let context: Value = Serde(&Seen::new(row)?).into();
        let cell = |column: &Template| {
            let Ok(expression) = &column.expression else { return Ok(Cell::Empty) };
            match expression.eval(context.clone()) {
                Ok(value) => Ok(cell(&value, row.zone)),
                Err(error) if error.kind() == ErrorKind::OutOfFuel => {
                    Err(FormatError::TooExpensive { column: column.title.clone() })
                }
                Err(_) => Ok(Cell::Empty),
            }
        };
        self.columns.iter().map(cell).collect()
    }
}

fn refused(column: &str, reason: String) -> TemplatesError {
    TemplatesError { column: column.chars().take(80).collect(), reason }
}

/// The parts between semicolons, but for those within a text of an expression.
fn separated(text: &str) -> Vec<&str> {
    let (mut parts, mut begin) = (Vec::new(), 0);
    let (mut quote, mut is_escaped) = (None, false);
    for (at, character) in text.char_indices() {
        match (quote, character) {
            (Some(_), _) if is_escaped => is_escaped = false,
            (Some(_), '\\') => is_escaped = true,
            (Some(open), _) if open == character => quote = None,
            (None, '\'' | '"') => quote = Some(character),
            (None, ';') => {
                parts.push(text[begin..at].trim());
                begin = at + 1;
            }
            _ => {}
        }
    }
    parts.push(text[begin..].trim());
    parts
}

/// The name and the expression of a column; without a name the expression is its own.
fn named(part: &str) -> (&str, &str) {
    let Some((title, expression)) = part.split_once('=') else { return (part, part) };
    // A comparison is no name.
    let is_comparison = expression.starts_with('=') || title.ends_with(['!', '<', '>']);
    if is_comparison || title.contains(['\'', '"', '(']) {
        return (part, part);
    }
    (title.trim(), expression.trim())
}

/// A moment of an expression in another form: `measuredAtLocal|date('%d/%m/%Y')`.
fn date(moment: String, pattern: String) -> Result<String, Error> {
    let refused = |error: jiff::Error| Error::new(ErrorKind::InvalidOperation, error.to_string());
    let shown = moment.strip_suffix('Z').unwrap_or(&moment);
    let shown: civil::DateTime = shown.parse().map_err(refused)?;
    strtime::format(&pattern, shown).map_err(refused)
}

/// A value of an expression as a cell.
fn cell(value: &Value, zone: &TimeZone) -> Cell<'static> {
    match value.kind() {
        ValueKind::Undefined | ValueKind::None => Cell::Empty,
        ValueKind::Bool => Cell::Truth(value.is_true()),
        ValueKind::Number => {
            let number = value.to_string();
            // What is not finite is no number to others.
            if !number.parse::<f64>().is_ok_and(f64::is_finite) {
                return Cell::Empty;
            }
            let whole = number.strip_suffix(".0").unwrap_or(&number);
            Cell::Number(whole.to_owned().into())
        }
        _ => {
            let text = value.to_string();
            if text.is_empty() {
                return Cell::Empty;
            }
            match text.parse::<Timestamp>() {
                Ok(moment) => Cell::moment(moment, zone),
                Err(_) => Cell::Text(text.into()),
            }
        }
    }
}

impl fmt::Debug for Templates {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.text, formatter)
    }
}

impl PartialEq for Templates {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl Eq for Templates {}

impl std::str::FromStr for Templates {
    type Err = TemplatesError;

    fn from_str(text: &str) -> Result<Self, TemplatesError> {
        Self::new(text)
    }
}

impl PartialSchema for Templates {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new()
            .schema_type(Type::String)
            .description(Some(
                "Columns of a table, separated by semicolons: a name and an expression each, or a name that \
                 is one.",
            ))
            .examples(["point;date;index=value * 1000"])
            .into()
    }
}

impl ToSchema for Templates {}

impl Serialize for Templates {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.text)
    }
}

impl<'de> Deserialize<'de> for Templates {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::kept(&String::deserialize(deserializer)?).map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::formats::{options::TableContent, rows, view::View};

    const RECORD: &str = r#"{
        "id": "a", "group": "water", "receivedAt": "2026-11-25T08:00:00Z",
        "device": { "devEui": "70B3D5E75E000001", "name": "Hall", "tags": { "point": "PDS-7" } },
        "uplink": { "fCnt": 7 }, "radio": { "rssiDbm": -97.5 },
        "decoded": { "measurements": [
            { "quantity": "water.volume", "unit": "m3", "value": 12.5,
              "measuredAt": "2026-11-25T07:00:00Z" }
        ] }
    }"#;

    /// Returns the cells of the only row of the record.
    fn shown(columns: &str, rows_of: rows::RowsOf) -> Vec<String> {
        let view = View::read(RECORD).unwrap();
        let paris = TimeZone::get("Europe/Paris").unwrap();
        let rows = rows::of(&view, rows_of, &TableContent::default(), &paris);
        let cells = Templates::new(columns).unwrap().cells(&rows[0]).unwrap();
        cells
            .iter()
            .map(|cell| match cell {
                Cell::Empty => "-".to_owned(),
                Cell::Text(text) | Cell::Json(text) => format!("text {text}"),
                Cell::Number(number) => format!("number {number}"),
                Cell::Truth(is_true) => format!("truth {is_true}"),
                Cell::Moment(moment) => format!("moment {}", moment.datetime()),
            })
            .collect()
    }

    #[test]
    fn columns_are_names_and_expressions() {
        for (columns, expected) in [
            ("point", "text PDS-7"),
            ("date", "moment 2026-11-25T08:00:00"),
            ("index", "number 12.5"),
            ("litres=value * 1000", "number 12500"),
            ("a=measuredAtLocal|date('%d/%m/%Y; %H:%M')", "text 25/11/2026; 08:00"),
            ("a=quantity == 'water.volume'", "truth true"),
            ("quantity == 'air.co2'", "truth false"),
            ("a=tags.street", "-"),
            ("a=tags.street * 3", "-"),
            ("a=name ~ '/' ~ device", "text Hall/70B3D5E75E000001"),
            ("rssi", "number -97.5"),
            ("a='' ~ values", "text {}"),
        ] {
            assert_eq!(shown(columns, rows::RowsOf::Measurements), [expected], "{columns}");
        }
        let by_record = "volume=values['water.volume'];index;value;other=values['air.co2']";
        let expected = ["number 12.5", "number 12.5", "-", "-"];
        assert_eq!(shown(by_record, rows::RowsOf::Records), expected);
    }

    #[test]
    fn an_expression_that_takes_too_much_is_told_and_not_left_empty() {
        let view = View::read(RECORD).unwrap();
        let (content, utc) = (TableContent::default(), TimeZone::UTC);
        let rows = rows::of(&view, rows::RowsOf::Measurements, &content, &utc);
        for much in
            ["['x' * 9000, 'x' * 9000]|join", "'x' * 20000000", "('x' * 900)|list|join('x' * 900)"]
        {
            let columns = Templates::new(&format!("device;much={much}")).unwrap();
            let refused = columns.cells(&rows[0]).unwrap_err().to_string();
            assert!(refused.contains("\"much\" takes more"), "{much}: {refused}");
        }
    }

    #[test]
    fn a_column_that_was_taken_before_it_was_refused_is_read_and_empty() {
        let text = "device;much=([1] * 9)|string";
        let refused = Templates::new(text).unwrap_err().to_string();
        assert!(refused.contains("\"much\"") && refused.contains("multiplies"), "{refused}");
        let kept: Templates = serde_json::from_value(text.into()).unwrap();
        assert_eq!(kept.repetition(), Some(("much", &Repetition::List)));
        let view = View::read(RECORD).unwrap();
        let (content, utc) = (TableContent::default(), TimeZone::UTC);
        let rows = rows::of(&view, rows::RowsOf::Measurements, &content, &utc);
        let cells = kept.cells(&rows[0]).unwrap();
        assert!(matches!(cells[..], [Cell::Text(_), Cell::Empty]));
        assert_eq!(serde_json::to_value(&kept).unwrap(), text);
    }

    #[test]
    fn what_cannot_be_read_is_refused_with_its_column() {
        for (columns, says) in [
            ("", "no expression"),
            ("point;;date", "no expression"),
            ("point;a=", "no expression"),
            ("=value", "no name"),
            ("point;point=name", "same name"),
            ("a=value *", "cannot be read"),
            ("a=secret", "there is no secret, but channel"),
            (&"a;".repeat(40), "more than 32"),
            (&"a".repeat(4_001), "4000 bytes"),
        ] {
            let refused = Templates::new(columns).unwrap_err().to_string();
            assert!(refused.contains(says) && refused.len() < 700, "{columns}: {refused}");
        }
    }
}
