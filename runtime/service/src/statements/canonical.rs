//! The canonical text of a statement, and its digest.
//!
//! The text has a line for each fact, in a fixed order, each ended by a line break, so that `sha256sum` of the
//! text is the digest. It has what is counted and charged, and not since when a number or a price is in force: the text of
//! a statement that was issued stays the same when dates are written beside the numbers.

use std::fmt::{self, Write};

use data_encoding::HEXLOWER;
use sha2::{Digest, Sha256};

use super::Statement;

/// Stands for what is absent.
const NONE: &str = "-";

/// Returns the digest of a statement, in hexadecimal digits.
pub(super) fn digest(statement: &Statement) -> String {
    HEXLOWER.encode(&Sha256::digest(text(statement)))
}

/// Returns the canonical text of a statement.
pub(super) fn text(statement: &Statement) -> String {
    let mut text = String::new();
    // Writing into a text does not fail.
    let _ = write_all(&mut text, statement);
    text
}

fn write_all(text: &mut String, statement: &Statement) -> fmt::Result {
    writeln!(text, "champollion statement 1")?;
    writeln!(text, "partner {}", statement.partner)?;
    writeln!(text, "date {}", statement.date)?;
    writeln!(text, "counted {}", statement.counted_at)?;
    writeln!(text, "currency {}", statement.currency)?;
    for object in &*statement.objects {
        let use_case = object.use_case.as_ref().map_or(NONE, |use_case| use_case.as_str());
        writeln!(text, "object {} {} {use_case}", object.dev_eui, object.group)?;
    }
    for line in &statement.lines {
        let use_case = line.use_case.as_ref().map_or(NONE, |use_case| use_case.as_str());
        let price = line.price.map_or_else(|| NONE.to_owned(), |price| price.to_string());
        let tariff = line.tariff.as_deref().unwrap_or(NONE);
        writeln!(text, "line {use_case} {} {price} {} {tariff}", line.objects, line.amount)?;
    }
    if let Some(line) = &statement.subscription {
        let (counted, price, amount) = (line.counted, line.per_inhabitant, line.amount);
        writeln!(
            text,
            "subscription {} {counted} {price} {amount} {}",
            line.inhabitants, line.name
        )?;
    }
    writeln!(text, "total {}", statement.total)
}
