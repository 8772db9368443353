//! Columns of a table, and their names.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use champollion_sandbox::vocabulary::{ValueKind, quantities, quantity};

use super::{
    cell::Cell,
    fields::{FIRST, Field, LAST, MEASUREMENT, MEASUREMENT_MORE},
    layout::Layout,
    options::{KnownQuantity, TableOptions},
    row::Row,
    rows::RowsOf,
    sheet::{ColumnType, Heading},
    view::View,
};

/// Most tags that have columns of their own where the recipient does not name them: beyond, all are in one column.
const TAGS: usize = 64;

/// A column of a table.
#[derive(Debug)]
pub(super) enum Column<'view> {
    Field(Field),
    /// A tag of the device.
    Tag(&'view str),
    /// All tags of the device, `name=value;…`.
    Tags,
    /// All tags of the device, as JSON.
    TagsAsJson,
    /// A quantity of a channel, or of the channel that the row is of.
    Quantity {
        name: &'view str,
        unit: &'view str,
        channel: Option<u16>,
    },
}

/// Returns the columns of a table.
pub(super) fn of<'view>(
    views: &'view [View<'view>],
    rows_of: RowsOf,
    options: &'view TableOptions,
    is_local: bool,
) -> Vec<Column<'view>> {
    let is_asked_for = |field: &Field| {
        field.detail().is_none_or(|detail| options.content.details.contains(&detail))
    };
    let fields = |fields: &[Field]| -> Vec<Column<'view>> {
        fields.iter().copied().filter(is_asked_for).map(Column::Field).collect()
    };
    let mut columns = fields(&FIRST);
    columns.extend(tags(views, options));
    columns.extend(fields(&[Field::ReceivedAt, Field::MeasuredAt]));
    match rows_of {
        RowsOf::Measurements => columns.extend(fields(&MEASUREMENT)),
        RowsOf::Records => columns.extend(occurring(views, options)),
        RowsOf::RecordsByChannel => {
            columns.extend(fields(&[Field::Channel]));
            columns.extend(fixed(options));
        }
    }
    columns.extend(fields(&LAST));
    if rows_of == RowsOf::Measurements {
        columns.extend(fields(&MEASUREMENT_MORE));
    }
    if is_local {
        // The hour that comes twice when clocks are put back is told apart by it.
        columns.extend(fields(&[Field::UtcOffset]));
    }
    columns
}

/// The columns of tags: those that are named, or else those that occur; in a table for databases, whose columns
/// do not depend on what is in it, one of all.
fn tags<'view>(views: &'view [View<'view>], options: &'view TableOptions) -> Vec<Column<'view>> {
    if !options.content.tags.is_empty() {
        return options.content.tags.iter().map(|name| Column::Tag(name)).collect();
    }
    if options.layout == Layout::Database {
        return vec![Column::TagsAsJson];
    }
    let names: BTreeSet<&str> =
        views.iter().flat_map(|view| view.device.tags.keys()).map(String::as_str).collect();
    if names.len() > TAGS {
        return vec![Column::Tags];
    }
    names.into_iter().map(Column::Tag).collect()
}

/// The columns of quantities that occur, in the order of the vocabulary, which is that of the names, and of the
/// channels; of quantities that are named, in their order, the first channel whether it occurs or not.
fn occurring<'view>(
    views: &'view [View<'view>],
    options: &'view TableOptions,
) -> Vec<Column<'view>> {
    let mut found: BTreeMap<(&str, u16), &str> = BTreeMap::new();
    for measured in views.iter().flat_map(View::measurements) {
        found.insert((&measured.quantity, measured.channel), &measured.unit);
    }
    let named = &options.content.quantities;
    let of_channel = |name, channel, unit| Column::Quantity { name, unit, channel: Some(channel) };
    if named.is_empty() {
        return found
            .into_iter()
            .map(|((name, channel), unit)| of_channel(name, channel, unit))
            .collect();
    }
    let mut columns = Vec::new();
    for quantity in named {
        let name = quantity.name();
        let further = found.keys().filter(|(found, channel)| *found == name && *channel > 0);
        let channels = std::iter::once(0).chain(further.map(|(_, channel)| *channel));
        columns.extend(channels.map(|channel| of_channel(name, channel, quantity.unit())));
    }
    columns
}

/// The columns of quantities that do not depend on what was measured: those that are named, or else all.
fn fixed(options: &TableOptions) -> Vec<Column<'static>> {
    let named = &options.content.quantities;
    let all: Vec<KnownQuantity> = if named.is_empty() {
        quantities().map(KnownQuantity::from).collect()
    } else {
        named.clone()
    };
    let column = |quantity: KnownQuantity| Column::Quantity {
        name: quantity.name(),
        unit: quantity.unit(),
        channel: None,
    };
    all.into_iter().map(column).collect()
}

impl Column<'_> {
    /// Returns the cell of a row.
    pub(super) fn cell<'row>(&self, row: &Row<'row>) -> Result<Cell<'row>, serde_json::Error> {
        let tags = &row.view.device.tags;
        Ok(match self {
            Self::Field(field) => field.cell(row)?,
            Self::Tag(name) => tags.get(*name).map_or(Cell::Empty, |value| Cell::text(value)),
            Self::Tags if tags.is_empty() => Cell::Empty,
            Self::Tags => {
                let pairs: Vec<String> =
                    tags.iter().map(|(name, value)| format!("{name}={value}")).collect();
                Cell::Text(pairs.join(";").into())
            }
            Self::TagsAsJson => Cell::Json(serde_json::to_string(tags)?.into()),
            Self::Quantity { name, channel, .. } => {
                let channel = channel.or(row.channel).unwrap_or_default();
                match row.measured_of(name, channel) {
                    Some(measured) => Cell::value(measured.value)?,
                    None => Cell::Empty,
                }
            }
        })
    }

    /// Returns the type of all its cells.
    fn kind(&self) -> ColumnType {
        match self {
            Self::Field(field) => field.kind(),
            Self::Tag(_) | Self::Tags | Self::TagsAsJson => ColumnType::Text,
            Self::Quantity { name, .. } => match quantity(name).map(|quantity| quantity.kind) {
                Some(ValueKind::Boolean) => ColumnType::Truth,
                Some(ValueKind::Integer) => ColumnType::Whole,
                Some(ValueKind::Number) => ColumnType::Number,
                Some(ValueKind::Text) | None => ColumnType::Text,
            },
        }
    }

    /// `water.volume [m3]`; of a channel other than 0 `pulse.count #1 [1]`. A unit that stands in brackets
    /// itself is not put into further ones.
    fn title(&self) -> String {
        match self {
            Self::Field(field) => field.title().to_owned(),
            Self::Tag(name) => format!("tags.{name}"),
            Self::Tags | Self::TagsAsJson => "tags".to_owned(),
            Self::Quantity { name, unit, channel } => {
                let channel = match channel {
                    None | Some(0) => String::new(),
                    Some(channel) => format!(" #{channel}"),
                };
                match *unit {
                    "" => format!("{name}{channel}"),
                    unit if unit.starts_with('[') => format!("{name}{channel} {unit}"),
                    unit => format!("{name}{channel} [{unit}]"),
                }
            }
        }
    }
}

/// Returns the heads of columns in a layout.
pub(super) fn headings(columns: &[Column<'_>], layout: Layout) -> Vec<Heading> {
    let titles = titles(columns, layout).into_iter();
    titles.zip(columns).map(|(title, column)| Heading { title, kind: column.kind() }).collect()
}

/// The names of columns in a layout.
fn titles(columns: &[Column<'_>], layout: Layout) -> Vec<String> {
    if layout != Layout::Database {
        return columns.iter().map(Column::title).collect();
    }
    let mut taken = HashSet::new();
    columns
        .iter()
        .map(|column| {
            let plain = match column {
                Column::Quantity { name, .. } => identifier(name),
                _ => identifier(&column.title()),
            };
            let mut name = plain.clone();
            let mut number = 2;
            // Two tags may differ by a sign alone.
            while !taken.insert(name.clone()) {
                name = format!("{plain}_{number}");
                number += 1;
            }
            name
        })
        .collect()
}

/// A name as databases take it without quotes: `fCnt` as `f_cnt`, `water.volume` as `water_volume`, without the unit.
fn identifier(title: &str) -> String {
    let named = title.split_once(" [").map_or(title, |(name, _)| name);
    let mut identifier = String::with_capacity(named.len() + 4);
    for character in named.chars() {
        if character.is_ascii_uppercase() && !identifier.is_empty() && !identifier.ends_with('_') {
            identifier.push('_');
        }
        if character.is_ascii_alphanumeric() {
            identifier.push(character.to_ascii_lowercase());
        } else if !identifier.ends_with('_') {
            identifier.push('_');
        }
    }
    identifier
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_columns_are_what_databases_take() {
        for (title, expected) in [
            ("fCnt", "f_cnt"),
            ("rssi [dBm]", "rssi"),
            ("water.volume", "water_volume"),
            ("tags.N° de rue", "tags_n_de_rue"),
            ("measuredAt", "measured_at"),
        ] {
            assert_eq!(identifier(title), expected);
        }
        let tags = [Column::Tag("a b"), Column::Tag("a-b"), Column::Tag("a.b")];
        let expected = ["tags_a_b", "tags_a_b_2", "tags_a_b_3"];
        assert_eq!(titles(&tags, Layout::Database), expected);
    }
}
