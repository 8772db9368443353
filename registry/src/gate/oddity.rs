//! Oddities of a package: no reason to refuse it, and worth a look of its author.

use std::fmt;

use serde::{Serialize, Serializer};

use super::misread::Misread;

/// A declared field that no vector holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnseenField {
    /// The name of the field.
    pub name: String,
    /// A field that vectors hold, that nobody declared, and that is nearly the same.
    pub nearly: Option<String>,
}

impl fmt::Display for UnseenField {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.nearly {
            Some(path) => {
                write!(formatter, "{} (did you mean {path}, which they hold?)", self.name)
            }
            None => formatter.write_str(&self.name),
        }
    }
}

/// Something of a package that is odd, and no reason to refuse it. As JSON it is its sentence.
#[derive(Clone, Debug, PartialEq)]
pub enum Oddity {
    /// No vector holds some of the declared fields.
    FieldsWithoutVector {
        /// The first of these fields.
        fields: Vec<UnseenField>,
        /// The number of the others.
        more: usize,
    },
    /// Random payloads used up so much fuel that no more were tried.
    FewRandomPayloads {
        /// The number of payloads that were tried.
        tried: usize,
        /// The fuel that they used up.
        fuel: u64,
    },
    /// No random payload was read.
    NoneRead {
        /// The number of payloads that were tried.
        tried: usize,
    },
    /// The decoder reads on where a payload ends too soon.
    ReadsOn {
        /// The number of payloads that were tried: each vector cut at each length.
        tried: usize,
        /// Those of which the decoder made values that the whole payload does not have.
        misread: usize,
        /// The first of these.
        example: Misread,
    },
}

impl fmt::Display for Oddity {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::FieldsWithoutVector { fields, more } => {
                let named: Vec<String> = fields.iter().map(ToString::to_string).collect();
                write!(formatter, "no vector holds the declared fields {}", named.join(", "))?;
                if *more > 0 {
                    write!(formatter, " and {more} more")?;
                }
                Ok(())
            }
            Self::FewRandomPayloads { tried, fuel } => write!(
                formatter,
                "only {tried} random payloads were tried, since they used up {fuel} units of fuel"
            ),
            Self::NoneRead { tried } => write!(
                formatter,
                "none of {tried} random payloads was read: they show nothing of the code that reads values, so more \
                 vectors are needed that do"
            ),
            Self::ReadsOn { tried, misread, example } => write!(
                formatter,
                "it reads on where a payload ends too soon ({misread} of {tried} payloads that were cut short): \
                 {example}; check the length, and fail with too-short"
            ),
        }
    }
}

impl Serialize for Oddity {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}
