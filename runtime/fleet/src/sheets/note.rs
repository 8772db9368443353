//! Notes about sheets: what is understood though it is not as it should be, and what is not read.

use std::fmt;

/// A note about a sheet, or about a row of it, which is taken all the same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SheetNote {
    /// The columns whose headings are no field become tags.
    BecomeTags(Vec<String>),
    /// The column of these letters has cells and no heading, and is not read.
    NoHeading(String),
    /// The identifier got back the zeros that a spreadsheet had taken away.
    Completed {
        /// The kind of the identifier, such as DevEUI.
        what: &'static str,
        /// All of its digits.
        digits: String,
    },
    /// The name is taken in a plain form.
    MadePlain {
        /// The field of the name.
        field: &'static str,
        /// The name in the cell.
        shown: String,
        /// The plain form of the name.
        plain: String,
    },
}

impl fmt::Display for SheetNote {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::BecomeTags(names) => {
                write!(formatter, "columns that are no field become tags: {}", names.join(", "))
            }
            Self::NoHeading(column) => {
                write!(formatter, "the column {column} has no heading and is not read")
            }
            Self::Completed { what, digits } => {
                write!(formatter, "the {what} was completed to {digits}")
            }
            Self::MadePlain { field, shown, plain } => {
                write!(formatter, "{field}: {shown:?} is {plain} here")
            }
        }
    }
}
