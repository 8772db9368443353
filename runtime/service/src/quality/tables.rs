//! The tables of figures, with the keys that they have.

use champollion_fleet::names::GroupId;
use champollion_store::{
    Table,
    codec::{BigEndian, Bytes, Json, KeyCodec, Pair, Text},
    tables,
};
use jiff::civil::Date;

use super::{calendar::Calendar, figures::Part, place::Place};

pub(super) const JOURNAL: Table<u64, Vec<u8>, Number, Bytes> = Table::new(tables::QUALITY_JOURNAL);
pub(super) const DAYS: Table<PartKey, Vec<u8>, DayPart, Bytes> = Table::new(tables::QUALITY_DAYS);
pub(super) const CLOSED: Table<(GroupId, Date), Vec<Part>, Pair, Json> =
    Table::new(tables::QUALITY_CLOSED);
pub(super) const PLACES: Table<GroupId, Place> = Table::new(tables::QUALITY_PLACES);
pub(super) const CALENDAR: Table<String, Calendar, Text, Json> =
    Table::new(tables::QUALITY_CALENDAR);

/// The codec of keys that are numbers, in their order.
pub(super) enum Number {}

impl KeyCodec<u64> for Number {
    fn encode(key: &u64) -> Vec<u8> {
        key.to_be_bytes().to_vec()
    }

    fn decode(bytes: &[u8]) -> Result<u64, String> {
        <BigEndian as champollion_store::codec::ValueCodec<u64>>::decode(bytes)
    }
}

/// The key of a part of a day of a group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct PartKey {
    pub(super) group: GroupId,
    pub(super) day: Date,
    pub(super) number: usize,
}

impl PartKey {
    /// The beginning of the keys of all parts of a day.
    pub(super) fn prefix(group: &GroupId, day: Date) -> Vec<u8> {
        format!("{group}/{day}/").into_bytes()
    }
}

/// The codec of keys of parts of days.
pub(super) enum DayPart {}

impl KeyCodec<PartKey> for DayPart {
    fn encode(key: &PartKey) -> Vec<u8> {
        format!("{}/{}/{:04}", key.group, key.day, key.number).into_bytes()
    }

    fn decode(bytes: &[u8]) -> Result<PartKey, String> {
        let text = std::str::from_utf8(bytes).map_err(|error| error.to_string())?;
        let mut parts = text.split('/');
        let mut next = || parts.next().ok_or("the key has not three parts");
        let (group, day, number) = (next()?, next()?, next()?);
        Ok(PartKey {
            group: group.parse().map_err(|error| format!("{error}"))?,
            day: day.parse().map_err(|error: jiff::Error| error.to_string())?,
            number: number.parse().map_err(|error: std::num::ParseIntError| error.to_string())?,
        })
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn parts_of_a_day_lie_together_and_in_their_order() {
        let key =
            |number| PartKey { group: "water".parse().unwrap(), day: date(2026, 3, 1), number };
        let [second, tenth] = [2, 10].map(|number| DayPart::encode(&key(number)));
        assert!(
            second < tenth && second.starts_with(&PartKey::prefix(&key(2).group, date(2026, 3, 1)))
        );
        assert_eq!(DayPart::decode(&tenth), Ok(key(10)));
        for damaged in ["water", "water/2026-03-01", "Water/2026-03-01/0001", "water/March/0001"] {
            assert!(DayPart::decode(damaged.as_bytes()).is_err(), "{damaged}");
        }
        assert!(Number::encode(&255) < Number::encode(&256));
    }
}
