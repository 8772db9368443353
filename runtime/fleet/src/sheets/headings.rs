//! The headings of a sheet: where they are, and the field of each column.

use std::collections::{BTreeMap, HashMap};

use super::{
    cell::{letters, may_be_key},
    error::SheetError,
    field::{Field, Language},
    grid::{Grid, GridRow},
};
use crate::plain_text::plain;

/// Rows that are looked at for headings: above them stand titles and legends.
pub(super) const LOOKED_AT: usize = 30;

/// The heading of the column of verdicts.
pub(super) const VERDICT: &str = "Verdict";

/// Headings that begin so are those of tags and variables, whatever follows.
const TAG: &str = "tag:";
const VARIABLE: &str = "variable:";

/// The meaning of a column.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Column {
    /// A field of the device.
    Field(Field),
    /// A word of the partner's own.
    Tag(String),
    /// A setting of the device's decoder.
    Variable(String),
    /// The column is not read.
    Ignored,
}

impl Column {
    /// The column of a heading that nobody has mapped.
    fn of_heading(heading: &str) -> Self {
        if let Some(name) = after(heading, TAG) {
            return Self::Tag(name.to_owned());
        }
        if let Some(name) = after(heading, VARIABLE) {
            return Self::Variable(name.to_owned());
        }
        match Field::of_heading(heading) {
            Some(field) => Self::Field(field),
            None if heading.is_empty() || heading.eq_ignore_ascii_case(VERDICT) => Self::Ignored,
            None => Self::Tag(heading.to_owned()),
        }
    }

    /// The column that a name says: a field of the API, `tag:NAME`, `variable:NAME`, or nothing.
    fn named(name: &str) -> Result<Self, SheetError> {
        let name = name.trim();
        if name.is_empty() {
            return Ok(Self::Ignored);
        }
        let named = after(name, TAG).map(|name| Self::Tag(name.to_owned()));
        let named = named.or_else(|| Some(Self::Variable(after(name, VARIABLE)?.to_owned())));
        named.or_else(|| Field::named(name).map(Self::Field)).ok_or_else(|| {
            let fields = Field::ALL.iter().map(|field| field.name()).collect();
            SheetError::UnknownField { target: name.to_owned(), fields }
        })
    }

    /// The heading that a column of a tag or a variable is written under, so that it is read as such.
    #[must_use]
    pub fn of_tag(name: &str) -> String {
        match Self::of_heading(name) {
            Self::Tag(own) if own == name => own,
            _ => format!("{TAG}{name}"),
        }
    }

    /// The heading that a column of a variable is written under.
    #[must_use]
    pub fn of_variable(name: &str) -> String {
        format!("{VARIABLE}{name}")
    }

    fn word(&self) -> String {
        match self {
            Self::Field(field) => field.name().to_owned(),
            Self::Tag(name) => format!("{TAG}{name}"),
            Self::Variable(name) => format!("{VARIABLE}{name}"),
            Self::Ignored => String::new(),
        }
    }
}

/// The text that follows a beginning, which may be written in any case.
fn after<'text>(text: &'text str, beginning: &str) -> Option<&'text str> {
    let (head, rest) = text.split_at_checked(beginning.len())?;
    let rest = rest.trim();
    (head.eq_ignore_ascii_case(beginning) && !rest.is_empty()).then_some(rest)
}

/// A column of a sheet: its place, its heading, and its meaning.
#[derive(Clone, Debug)]
pub(super) struct HeadedColumn {
    pub(super) place: usize,
    pub(super) heading: String,
    pub(super) column: Column,
}

/// The headings of a sheet.
#[derive(Clone, Debug)]
pub(super) struct Headings {
    /// The place of the row of headings in the grid; of two the lower one.
    pub(super) row: usize,
    pub(super) columns: Vec<HeadedColumn>,
}

/// The meanings that somebody gave to headings.
pub(super) struct Mapping(Vec<(String, Column)>);

impl Mapping {
    pub(super) fn new(columns: &BTreeMap<String, String>) -> Result<Self, SheetError> {
        let mapped = columns
            .iter()
            .map(|(heading, target)| Ok((heading.trim().to_owned(), Column::named(target)?)));
        mapped.collect::<Result<_, _>>().map(Self)
    }

    /// The meaning of a heading.
    fn of(&self, heading: &str) -> Column {
        let mapped = self.0.iter().find(|(own, _)| is_same(own, heading));
        mapped.map_or_else(|| Column::of_heading(heading), |(_, column)| column.clone())
    }

    /// Whether a heading is that of a field, and not that of a tag, which any text may be.
    fn knows(&self, heading: &str) -> bool {
        matches!(self.of(heading), Column::Field(_))
    }

    fn is_dev_eui(&self, heading: &str) -> bool {
        self.of(heading) == Column::Field(Field::DevEui)
    }

    /// The number of fields that a row of headings would name.
    pub(super) fn known(&self, grid: &Grid) -> usize {
        let known =
            |row: &GridRow| row.cells.iter().filter(|cell| self.knows(cell.heading())).count();
        grid.rows.iter().take(LOOKED_AT).map(known).max().unwrap_or_default()
    }
}

fn is_same(one: &str, other: &str) -> bool {
    one == other || one.to_lowercase() == other.to_lowercase()
}

impl Headings {
    /// Finds the headings of a grid.
    ///
    /// # Errors
    /// There are none, or they contradict each other.
    pub(super) fn find(grid: &Grid, mapping: &Mapping) -> Result<Self, SheetError> {
        let rows = &grid.rows[..grid.rows.len().min(LOOKED_AT)];
        let names = |row: &GridRow| row.cells.iter().any(|cell| mapping.is_dev_eui(cell.heading()));
        let Some(first) = rows.iter().position(names) else {
            return Err(no_dev_eui(rows));
        };
        let (upper, row) = Self::merged(rows, first, mapping);
        let mut columns = Vec::new();
        for place in 0..grid.width() {
            let lower = rows[row].cell(place).heading();
            // A heading that is merged with the cell below it stands in the upper row.
            let above = upper.map(|upper| rows[upper].cell(place).heading()).unwrap_or_default();
            let heading = if lower.is_empty() { above } else { lower };
            let column = mapping.of(heading);
            columns.push(HeadedColumn { place, heading: heading.to_owned(), column });
        }
        let headings = Self { row, columns };
        headings.check(mapping)?;
        Ok(headings)
    }

    /// The rows of headings: with the one that names the DevEUI one above or below it, where some headings are merged
    /// over both rows and others are not.
    fn merged(rows: &[GridRow], first: usize, mapping: &Mapping) -> (Option<usize>, usize) {
        let adjoins = |upper: usize, lower: usize| rows[upper].number + 1 == rows[lower].number;
        let below = first + 1;
        let dev_eui = rows[first].cells.iter().position(|cell| mapping.is_dev_eui(cell.heading()));
        if below < rows.len() && adjoins(first, below) {
            let row = &rows[below];
            let is_merged = dev_eui.is_some_and(|place| row.cell(place).is_empty());
            if is_merged && row.cells.iter().any(|cell| mapping.knows(cell.heading())) {
                return (Some(first), below);
            }
        }
        let above = first.checked_sub(1).filter(|above| adjoins(*above, first));
        let above = above
            .filter(|above| rows[*above].cells.iter().any(|cell| mapping.knows(cell.heading())));
        (above, first)
    }

    fn check(&self, mapping: &Mapping) -> Result<(), SheetError> {
        let mut seen: HashMap<&Column, &HeadedColumn> = HashMap::new();
        for headed in &self.columns {
            if headed.column == Column::Ignored {
                continue;
            }
            if let Some(first) = seen.insert(&headed.column, headed) {
                return Err(SheetError::Twice {
                    field: headed.column.word(),
                    first: letters(first.place),
                    first_heading: first.heading.clone(),
                    second: letters(headed.place),
                    second_heading: headed.heading.clone(),
                });
            }
        }
        let there = || self.columns.iter().map(|headed| &headed.heading);
        for (heading, _) in &mapping.0 {
            if !there().any(|own| is_same(own, heading)) {
                let there = there().filter(|own| !own.is_empty()).cloned().collect();
                return Err(SheetError::NoSuchHeading { heading: heading.clone(), there });
            }
        }
        Ok(())
    }

    /// The language of the headings: French where one is that is no heading in English.
    pub(super) fn language(&self) -> Language {
        let is_in = |headed: &HeadedColumn, language: Language| match &headed.column {
            Column::Field(field) => plain(field.heading(language)) == plain(&headed.heading),
            _ => false,
        };
        let is_french = |headed: &HeadedColumn| {
            is_in(headed, Language::French) && !is_in(headed, Language::English)
        };
        if self.columns.iter().any(is_french) { Language::French } else { Language::English }
    }

    /// Whether the sheet has a column of a field.
    pub(super) fn has(&self, field: Field) -> bool {
        self.columns.iter().any(|headed| headed.column == Column::Field(field))
    }
}

fn no_dev_eui(rows: &[GridRow]) -> SheetError {
    let is_like_headings =
        |row: &&GridRow| row.cells.iter().filter(|cell| !cell.heading().is_empty()).count() > 1;
    let row = rows.iter().find(is_like_headings).or_else(|| rows.first());
    let headings = row.map(|row| {
        // What stands there may be a device instead of headings, and its keys are not shown.
        let shown = row.cells.iter().map(|cell| cell.heading()).filter(|text| !text.is_empty());
        shown.map(|text| if may_be_key(text) { "…".to_owned() } else { text.to_owned() }).collect()
    });
    SheetError::NoDevEui { rows: LOOKED_AT, headings: headings.unwrap_or_default() }
}
