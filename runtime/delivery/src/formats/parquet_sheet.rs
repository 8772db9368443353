//! A table as a file of Apache Parquet, with a type for each column and nothing where a cell is empty.

use std::sync::Arc;

use parquet::{
    basic::{Compression, LogicalType, Repetition, TimeUnit, Type as Stored},
    data_type::{BoolType, ByteArray, ByteArrayType, DoubleType, Int64Type},
    errors::ParquetError,
    file::{
        properties::WriterProperties,
        writer::{SerializedColumnWriter, SerializedFileWriter},
    },
    schema::types::{Type, TypePtr},
};

use super::{
    cell::Cell,
    error::FormatError,
    sheet::{ColumnType, Heading, Sheet},
};

/// Rows of a group: those that are held in memory before they are encoded and compressed.
const ROWS_OF_A_GROUP: usize = 20_000;

/// The name of the program in the file.
const CREATED_BY: &str = concat!("champollion version ", env!("CARGO_PKG_VERSION"));

/// The definition level of a cell that holds something; that of an empty one is 0.
const DEFINED: i16 = 1;

/// A file of Parquet that is being written.
pub(super) struct ParquetSheet {
    writer: Option<SerializedFileWriter<Vec<u8>>>,
    columns: Vec<Column>,
    rows: usize,
}

/// The cells of a column that are not written yet.
struct Column {
    values: Values,
    /// A definition level for each row; values there are only of the rows that have one.
    levels: Vec<i16>,
}

/// Values of a column, in the type in which it is stored.
enum Values {
    Texts(Vec<ByteArray>),
    Wholes(Vec<i64>),
    Numbers(Vec<f64>),
    Truths(Vec<bool>),
    /// Milliseconds since 1970, in UTC.
    Moments(Vec<i64>),
}

impl ParquetSheet {
    pub(super) fn new() -> Self {
        Self { writer: None, columns: Vec::new(), rows: 0 }
    }

    /// Returns the bytes of the file.
    pub(super) fn finish(mut self) -> Result<Vec<u8>, FormatError> {
        self.write_group()?;
        let Some(writer) = self.writer else { return Ok(Vec::new()) };
        Ok(writer.into_inner()?)
    }

    /// Writes the rows that are held as a group of their own.
    fn write_group(&mut self) -> Result<(), FormatError> {
        let Some(writer) = self.writer.as_mut().filter(|_| self.rows > 0) else { return Ok(()) };
        let mut group = writer.next_row_group()?;
        let mut columns = self.columns.iter_mut();
        while let (Some(to), Some(column)) = (group.next_column()?, columns.next()) {
            column.write(to)?;
        }
        group.close()?;
        self.rows = 0;
        Ok(())
    }
}

impl Sheet for ParquetSheet {
    fn begin(&mut self, headings: &[Heading]) -> Result<(), FormatError> {
        let fields = headings.iter().map(field).collect::<Result<_, _>>()?;
        let schema = Type::group_type_builder("records").with_fields(fields).build()?;
        let properties = WriterProperties::builder()
            .set_created_by(CREATED_BY.to_owned())
            .set_compression(Compression::SNAPPY)
            .build();
        let writer = SerializedFileWriter::new(Vec::new(), Arc::new(schema), Arc::new(properties))?;
        self.writer = Some(writer);
        self.columns = headings.iter().map(|heading| Column::new(heading.kind)).collect();
        Ok(())
    }

    fn row(&mut self, cells: &[Cell<'_>]) -> Result<(), FormatError> {
        for (column, cell) in self.columns.iter_mut().zip(cells) {
            let is_there = column.values.take(cell);
            column.levels.push(if is_there { DEFINED } else { 0 });
        }
        self.rows += 1;
        if self.rows < ROWS_OF_A_GROUP {
            return Ok(());
        }
        self.write_group()
    }
}

/// The description of a column in the file.
fn field(heading: &Heading) -> Result<TypePtr, ParquetError> {
    let (stored, meaning) = match heading.kind {
        ColumnType::Text => (Stored::BYTE_ARRAY, Some(LogicalType::String)),
        ColumnType::Whole => (Stored::INT64, None),
        ColumnType::Number => (Stored::DOUBLE, None),
        ColumnType::Truth => (Stored::BOOLEAN, None),
        ColumnType::Moment => (Stored::INT64, Some(LogicalType::timestamp(true, TimeUnit::MILLIS))),
    };
    let field = Type::primitive_type_builder(&heading.title, stored)
        .with_repetition(Repetition::OPTIONAL)
        .with_logical_type(meaning);
    Ok(Arc::new(field.build()?))
}

impl Column {
    fn new(kind: ColumnType) -> Self {
        let values = match kind {
            ColumnType::Text => Values::Texts(Vec::new()),
            ColumnType::Whole => Values::Wholes(Vec::new()),
            ColumnType::Number => Values::Numbers(Vec::new()),
            ColumnType::Truth => Values::Truths(Vec::new()),
            ColumnType::Moment => Values::Moments(Vec::new()),
        };
        Self { values, levels: Vec::new() }
    }

    /// Writes the cells of a group, and forgets them.
    fn write(&mut self, mut to: SerializedColumnWriter<'_>) -> Result<(), ParquetError> {
        let levels = Some(&*self.levels);
        match &mut self.values {
            Values::Texts(texts) => {
                to.typed::<ByteArrayType>().write_batch(texts, levels, None)?;
                texts.clear();
            }
            Values::Wholes(numbers) | Values::Moments(numbers) => {
                to.typed::<Int64Type>().write_batch(numbers, levels, None)?;
                numbers.clear();
            }
            Values::Numbers(numbers) => {
                to.typed::<DoubleType>().write_batch(numbers, levels, None)?;
                numbers.clear();
            }
            Values::Truths(truths) => {
                to.typed::<BoolType>().write_batch(truths, levels, None)?;
                truths.clear();
            }
        }
        self.levels.clear();
        to.close()
    }
}

impl Values {
    /// Takes the value of a cell, where it has one of the type; false where it has none.
    fn take(&mut self, cell: &Cell<'_>) -> bool {
        match self {
            Self::Texts(texts) => taken(texts, text(cell).map(|text| text.into_bytes().into())),
            Self::Wholes(numbers) => taken(numbers, whole(cell)),
            Self::Numbers(numbers) => taken(numbers, number(cell)),
            Self::Truths(truths) => taken(truths, truth(cell)),
            Self::Moments(moments) => taken(moments, moment(cell)),
        }
    }
}

fn taken<T>(values: &mut Vec<T>, value: Option<T>) -> bool {
    let is_there = value.is_some();
    values.extend(value);
    is_there
}

fn text(cell: &Cell<'_>) -> Option<String> {
    match cell {
        Cell::Empty => None,
        Cell::Text(text) | Cell::Json(text) | Cell::Number(text) => Some(text.to_string()),
        Cell::Truth(is_true) => Some(is_true.to_string()),
        Cell::Moment(moment) => Some(format!("{:.3}", moment.timestamp())),
    }
}

fn whole(cell: &Cell<'_>) -> Option<i64> {
    let Cell::Number(text) = cell else { return None };
    // Decoders may write a whole number as 12.0.
    let digits = text.split_once('.').filter(|(_, rest)| rest.bytes().all(|digit| digit == b'0'));
    digits.map_or(&**text, |(whole, _)| whole).parse().ok()
}

/// A number; a truth value counts as 1 or 0 where a column holds values of all quantities.
fn number(cell: &Cell<'_>) -> Option<f64> {
    match cell {
        Cell::Number(text) => text.parse().ok().filter(|number: &f64| number.is_finite()),
        Cell::Truth(is_true) => Some(f64::from(u8::from(*is_true))),
        Cell::Empty | Cell::Text(_) | Cell::Json(_) | Cell::Moment(_) => None,
    }
}

fn truth(cell: &Cell<'_>) -> Option<bool> {
    let Cell::Truth(is_true) = cell else { return None };
    Some(*is_true)
}

fn moment(cell: &Cell<'_>) -> Option<i64> {
    let Cell::Moment(moment) = cell else { return None };
    Some(moment.timestamp().as_millisecond())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn number_cell(text: &str) -> Cell<'_> {
        Cell::Number(text.into())
    }

    #[test]
    fn numbers_are_taken_as_their_column_holds_them() {
        assert_eq!(whole(&number_cell("-9223372036854775808")), Some(i64::MIN));
        assert_eq!(whole(&number_cell("12.0")), Some(12));
        assert_eq!(whole(&number_cell("12.5")), None);
        assert_eq!(whole(&Cell::Truth(true)), None);
        assert_eq!(number(&number_cell("1e400")), None);
        assert_eq!(number(&number_cell("-97.5")), Some(-97.5));
        assert_eq!(number(&Cell::Truth(true)), Some(1.0));
        assert_eq!(number(&Cell::Text("12".into())), None);
    }

    #[test]
    fn a_text_column_holds_cells_of_every_kind() {
        let moment = "2026-11-25T09:00:00+01:00[Europe/Paris]".parse().unwrap();
        for (cell, expected) in [
            (Cell::Empty, None),
            (Cell::Text("=1+1".into()), Some("=1+1")),
            (number_cell("1.50"), Some("1.50")),
            (Cell::Truth(false), Some("false")),
            (Cell::Moment(moment), Some("2026-11-25T08:00:00.000Z")),
        ] {
            assert_eq!(text(&cell).as_deref(), expected, "{cell:?}");
        }
    }
}
