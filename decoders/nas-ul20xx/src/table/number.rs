//! Numbers in their units.

use champollion_sdk::{Json, decimal, prelude::*, quoted};

/// A number in its unit.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Number {
    /// Bytes of the number, 1 to 4.
    pub(super) width: usize,
    /// Units for each that is counted.
    pub(super) step: i32,
    /// Parts of a unit that are counted; 1 where units or more are.
    pub(super) parts: i32,
    /// The lowest and the highest number, as they are counted.
    pub(super) range: (i64, i64),
    /// Numbers that are none, and their words.
    pub(super) words: &'static [(i64, &'static str)],
}

impl Number {
    /// Whole units in so many bytes.
    pub(crate) const fn whole(width: usize, lowest: i64, highest: i64) -> Self {
        Self { width, step: 1, parts: 1, range: (lowest, highest), words: &[] }
    }

    /// The same, where some numbers are words.
    pub(crate) const fn or(self, words: &'static [(i64, &'static str)]) -> Self {
        Self { words, ..self }
    }

    pub(super) fn read(&self, payload: &mut Reader<'_>) -> Result<Json, Failure> {
        let read = if self.range.0 < 0 {
            payload.signed_le(self.width)?
        } else {
            payload.unsigned_le(self.width)?.map(u64::cast_signed)
        };
        if let Some((_, word)) = self.words.iter().find(|(number, _)| *number == *read) {
            return Ok(Json::from(*word));
        }
        if !(self.range.0..=self.range.1).contains(&*read) {
            return Err(Failure::invalid_value(self.beyond(&read.to_string())).at(read.span));
        }
        Ok(match self.parts {
            1 => Json::from(*read * i64::from(self.step)),
            parts => Json::from(*read.divided_by(f64::from(parts))),
        })
    }

    /// The number that stands for a value in payloads; the error says what it must be.
    pub(super) fn counted_of(&self, value: &Json) -> Result<i64, String> {
        let word = self.words.iter().find(|(_, word)| value.as_str() == Some(word));
        if let Some((number, _)) = word {
            return Ok(*number);
        }
        let counted = value.as_f64().map(|units| units * self.counted());
        // Parts of a unit are rounded, as a map's coordinates have more digits than the device; their limits are not.
        let counted = counted.filter(|counted| {
            let (lowest, highest) = self.limits();
            let whole = counted.round();
            let compared = if self.parts > 1 { *counted } else { whole };
            let is_counted = self.parts > 1 || (counted - whole).abs() < 1e-6;
            is_counted && (lowest..=highest).contains(&compared)
        });
        #[expect(clippy::cast_possible_truncation, reason = "no number has more than 32 bits")]
        counted.map(|counted| counted.round() as i64).ok_or_else(|| self.expected())
    }

    /// The number that is counted for a unit.
    fn counted(&self) -> f64 {
        f64::from(self.parts) / f64::from(self.step)
    }

    #[expect(clippy::cast_precision_loss, reason = "no number has more than 32 bits")]
    fn limits(&self) -> (f64, f64) {
        (self.range.0 as f64, self.range.1 as f64)
    }

    #[cold]
    #[inline(never)]
    fn beyond(&self, number: &str) -> String {
        let (lowest, highest) = self.range;
        format!("{number} is not a whole number from {lowest} to {highest}")
    }

    #[cold]
    #[inline(never)]
    fn expected(&self) -> String {
        let (lowest, highest) = self.limits();
        let [lowest, highest] = [lowest, highest].map(|limit| decimal(limit / self.counted()));
        let kind = if self.parts == 1 { "a whole number" } else { "a number" };
        let mut text = format!("must be {kind} from {lowest} to {highest}");
        if self.step != 1 {
            text += &format!(" by {}", self.step);
        }
        for (_, word) in self.words {
            text += " or ";
            text += &quoted(word);
        }
        text
    }
}
