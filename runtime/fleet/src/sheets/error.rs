//! Why a file cannot be read as a sheet of devices.

/// Why a file cannot be read as a sheet of devices. Nothing of it is taken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SheetError {
    /// The file is too large.
    #[error(
        "the file has {bytes} bytes, and {limit} are the limit ([sheets] file-bytes): divide it"
    )]
    TooLarge {
        /// The bytes of the file.
        bytes: usize,
        /// The most bytes of a file.
        limit: usize,
    },
    /// The workbook unpacks to too much.
    #[error(
        "the workbook unpacks to more than {limit} bytes, which is the limit ([sheets] unpacked-bytes): divide it, and leave pictures out"
    )]
    UnpacksTooLarge {
        /// The most bytes that it may unpack to.
        limit: usize,
    },
    /// The sheet has too many rows.
    #[error(
        "the sheet has more than {limit} rows, empty ones among them, which is the limit ([sheets] rows): remove the empty ones, or divide it"
    )]
    TooManyRows {
        /// The most rows of a sheet.
        limit: usize,
    },
    /// The sheet has too many cells.
    #[error(
        "the sheet has more than {limit} cells, which is the limit ([sheets] cells): remove columns and rows that say nothing, or divide it"
    )]
    TooManyCells {
        /// The most cells of a sheet.
        limit: usize,
    },
    /// The workbook asks for a password.
    #[error("the workbook is protected by a password: save a copy without one")]
    Password,
    /// The workbook has macros.
    #[error("the workbook has macros ({part}): save it as a workbook without macros (.xlsx)")]
    Macros {
        /// The part of the workbook that holds them.
        part: String,
    },
    /// The workbook is of a form that is not read.
    #[error("the file is {form}, which is not read: save it as .xlsx, .ods or .csv")]
    OtherForm {
        /// The form of the file.
        form: &'static str,
    },
    /// The workbook cannot be read.
    #[error("the workbook is damaged, or not what spreadsheets write: {reason}")]
    Damaged {
        /// The reason, in the words of the library.
        reason: String,
    },
    /// A quotation mark is never closed, so that the rows after it would be one cell.
    #[error(
        "the quotation mark that opens in line {line} is never closed: close it, or write one that belongs to the text twice, between quotation marks"
    )]
    UnclosedQuote {
        /// The line in which it opens.
        line: u32,
    },
    /// The file is no sheet at all.
    #[error("the file is neither a workbook (.xlsx, .ods) nor text (.csv)")]
    NoSheet,
    /// The workbook has no sheet of a name.
    #[error("the workbook has no sheet {name:?}, but {}", list(.there))]
    NoSuchSheet {
        /// The name that was asked for.
        name: String,
        /// The sheets that there are.
        there: Vec<String>,
    },
    /// No heading is that of the DevEUI.
    #[error(
        "no heading of the first {rows} rows is DevEUI; the first row with several cells reads {}: say which column it is, as in \"My heading=devEui\"",
        list(.headings)
    )]
    NoDevEui {
        /// The rows that were looked at.
        rows: usize,
        /// The cells of the first row that may be one of headings.
        headings: Vec<String>,
    },
    /// Two columns are the same field.
    #[error(
        "the columns {first} ({first_heading:?}) and {second} ({second_heading:?}) are both {field}: remove one of them, or say what it is, as in \"{second_heading}=\" for nothing"
    )]
    Twice {
        /// The field or tag that both are.
        field: String,
        /// The letters of the first column.
        first: String,
        /// The heading of the first column.
        first_heading: String,
        /// The letters of the second column.
        second: String,
        /// The heading of the second column.
        second_heading: String,
    },
    /// A column is mapped to what does not exist.
    #[error(
        "{target:?} is no field that a column can be: {}, tag:NAME, variable:NAME, or nothing at all to leave the column out",
        .fields.join(", ")
    )]
    UnknownField {
        /// The name that was given.
        target: String,
        /// The names that there are.
        fields: Vec<&'static str>,
    },
    /// A column that is mapped is not there.
    #[error("no column has the heading {heading:?}; the headings are {}", list(.there))]
    NoSuchHeading {
        /// The heading that was given.
        heading: String,
        /// The headings that there are.
        there: Vec<String>,
    },
    /// The sheet has no rows below its headings.
    #[error("the sheet has headings and no rows below them")]
    NoRows,
}

impl SheetError {
    /// Whether the file is beyond a limit of its size, so that a wider one might let it pass.
    #[must_use]
    pub fn is_of_size(&self) -> bool {
        matches!(
            self,
            Self::TooLarge { .. }
                | Self::UnpacksTooLarge { .. }
                | Self::TooManyRows { .. }
                | Self::TooManyCells { .. }
        )
    }
}

/// Names between quotes, the first of them.
fn list(names: &[String]) -> String {
    const FIRST: usize = 40;
    if names.is_empty() {
        return "none".to_owned();
    }
    let mut quoted: Vec<String> =
        names.iter().take(FIRST).map(|name| format!("{name:?}")).collect();
    if names.len() > FIRST {
        quoted.push("…".to_owned());
    }
    quoted.join(", ")
}
