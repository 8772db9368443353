//! Fields of a meter, as the TICs'O packs them.

use champollion_sdk::{
    clocks, families::watteco::Json, hex_capitals, prelude::*, shortest_decimal,
};

/// Milliseconds of a second.
const SECOND: u64 = 1_000;

/// A field of a kind of meter.
pub(crate) struct Field {
    pub(crate) name: &'static str,
    pub(crate) form: Form,
}

/// A field of a table.
pub(crate) const fn field(name: &'static str, form: Form) -> Field {
    Field { name, form }
}

/// The form that a field has in a report.
#[derive(Clone, Copy)]
pub(crate) enum Form {
    /// No bytes: the name says all.
    Empty,
    /// One character of a text.
    Character,
    /// Characters up to a zero.
    Text,
    /// A length, and bytes that are told as hexadecimal digits.
    Bytes,
    /// A number of so many bytes without a sign.
    Unsigned(usize),
    /// A number of so many bytes with a sign.
    Signed(usize),
    /// A floating point number.
    Float,
    /// Day, month, year, hour, minute and second on the meter's clock.
    DayFirst,
    /// Season, and year, month, day, hour, minute and second on the meter's clock.
    Season,
    /// The same with a number of so many bytes.
    SeasonWith(usize),
    /// Seconds since 2000, in UTC.
    Seconds,
    /// Seconds since 2000, and one of these texts.
    SecondsWith(&'static [&'static str]),
    /// One of these texts by its number, or a text with its length.
    Choice(&'static [&'static str]),
    /// A number of three bytes, and one of these texts.
    NumberWith(&'static [&'static str]),
    /// A word of 32 bits, as hexadecimal digits.
    Word,
    /// Eleven times of a day, each with a word of 16 bits or not in use.
    Times,
}

/// A field that was read.
pub(crate) struct Value {
    pub(crate) json: Json,
    /// The number, where the field is one.
    pub(crate) number: Option<Spanned<f64>>,
}

impl Value {
    fn plain(json: impl Into<Json>) -> Self {
        Self { json: json.into(), number: None }
    }
}

impl Form {
    /// Reads a field; one without bytes has no value.
    pub(crate) fn read(self, payload: &mut Reader<'_>) -> Result<Option<Value>, Failure> {
        let value = match self {
            Self::Empty => return Ok(None),
            Self::Character => Value::plain(text(&payload.bytes(1)?)),
            Self::Text => {
                let mut bytes = Vec::new();
                loop {
                    match *payload.u8()? {
                        0 => break,
                        byte => bytes.push(byte),
                    }
                }
                Value::plain(text(&bytes))
            }
            Self::Bytes => {
                let length = *payload.u8()?;
                Value::plain(hex_capitals(&payload.bytes(length.into())?))
            }
            Self::Unsigned(width) => {
                let number = payload.unsigned_be(width)?;
                Value { json: (*number).into(), number: Some(number.divided_by(1.0)) }
            }
            Self::Signed(width) => {
                let number = payload.signed_be(width)?;
                Value { json: (*number).into(), number: Some(number.divided_by(1.0)) }
            }
            Self::Float => {
                let single = payload.f32_be()?.map(shortest_decimal);
                Value { json: (*single).into(), number: Some(single) }
            }
            Self::DayFirst => {
                let sent = *payload.array()?;
                let [day, month, year, hour, minute, second] = sent;
                let date = date([year, month, day, hour, minute, second]);
                Value::plain(date.unwrap_or_else(|| hex_capitals(&sent)))
            }
            Self::Season => {
                let season = text(&payload.bytes(1)?);
                let date = year_first(*payload.array()?);
                object([("season", season.into()), ("date", date.into())])
            }
            Self::SeasonWith(width) => {
                let season = text(&payload.bytes(1)?);
                let date = year_first(*payload.array()?);
                let number = payload.unsigned_be(width)?;
                object([
                    ("season", season.into()),
                    ("date", date.into()),
                    ("value", (*number).into()),
                ])
            }
            Self::Seconds => Value::plain(seconds(payload)?),
            Self::SecondsWith(texts) => {
                let seconds = seconds(payload)?;
                let choice = choice(texts, payload)?;
                object([("time", seconds.into()), ("value", choice.into())])
            }
            Self::Choice(texts) => Value::plain(choice(texts, payload)?),
            Self::NumberWith(texts) => {
                let number = *payload.u24_be()?;
                let choice = choice(texts, payload)?;
                object([("value", number.into()), ("unit", choice.into())])
            }
            Self::Word => Value::plain(hex_capitals(&payload.bytes(4)?)),
            Self::Times => Value::plain(times(payload)?),
        };
        Ok(Some(value))
    }
}

fn object<const N: usize>(members: [(&str, Json); N]) -> Value {
    let members = members.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
    Value { json: Json::Object(members), number: None }
}

fn text(bytes: &[u8]) -> String {
    // Meters write ASCII; a byte that is none is shown as what Latin-1 makes of it.
    bytes.iter().map(|byte| char::from(*byte)).collect()
}

/// A date and a time as the meter's clock shows them, which goes by the time of the place; none where there is no such
/// day or time.
fn date([year, month, day, hour, minute, second]: [u8; 6]) -> Option<String> {
    let of_day = (hour.into(), minute.into(), second.into());
    clocks::moment((2_000 + u32::from(year), month.into(), day.into()), of_day)
        .filter(|_| year < 100)
        .map(|_| format!("20{year:02}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}"))
}

/// A date and a time from the year on, or the bytes of one that cannot be: it keeps nothing else from being read.
fn year_first(sent: [u8; 6]) -> String {
    date(sent).unwrap_or_else(|| hex_capitals(&sent))
}

/// Seconds since 1970 of a moment that is told in seconds since 2000.
fn seconds(payload: &mut Reader<'_>) -> Result<u64, Failure> {
    Ok(*payload.since_2000_be()? / SECOND)
}

fn choice(texts: &[&str], payload: &mut Reader<'_>) -> Result<String, Failure> {
    let head = payload.u8()?;
    let number = *head.bits(0, 7);
    if *head.bit(7) {
        return Ok(text(&payload.bytes(number.into())?));
    }
    let known = texts.get(usize::from(number));
    Ok(known.map_or_else(|| format!("reserved {number}"), |text| (*text).to_owned()))
}

/// Times of a day, of which an unused one is a single byte.
fn times(payload: &mut Reader<'_>) -> Result<Vec<Json>, Failure> {
    const TIMES: usize = 11;
    const UNUSED: u8 = 0xFF;
    let mut times = Vec::new();
    for _ in 0..TIMES {
        let hour = *payload.u8()?;
        if hour == UNUSED {
            times.push("NONUTILE".into());
            continue;
        }
        let minute = *payload.u8()?;
        let word = *payload.u16_be()?;
        times.push(format!("{hour:02}:{minute:02} {word:04X}").into());
    }
    Ok(times)
}

/// Periods of a tariff, by their numbers.
pub(crate) const PERIODS: &[&str] = &[
    "!?!", "*", "", " ? ", "000", "HC", "HCD", "HCE", "HCH", "HH", "HH ", "HP", "HP ", "HPD",
    "HPE", "HPH", "JA", "JA ", "P", "P  ", "PM", "PM ", "XXX",
];

/// Periods of a tariff of a Linky, by their numbers.
pub(crate) const STANDARD_PERIODS: &[&str] = &[
    "!?!",
    "*",
    "",
    " ? ",
    "000",
    "HC",
    "HCD",
    "HCE",
    "HCH",
    "HH",
    "HH ",
    "HP",
    "HP ",
    "HPD",
    "HPE",
    "HPH",
    "JA",
    "JA ",
    "P",
    "P  ",
    "PM",
    "PM ",
    "XXX",
    "INDEX NON CONSO",
    "BASE",
    "HEURE CREUSE",
    "HEURE PLEINE",
    "HEURE NORMALE",
    "HEURE POINTE",
    "HC BLEU",
    "BUHC",
    "HP BLEU",
    "BUHP",
    "HC BLANC",
    "BCHC",
    "HP BLANC",
    "BCHP",
    "HC ROUGE",
    "RHC",
    "HP ROUGE",
    "RHP",
    "HEURE WEEK-END",
];

/// Contracts, by their numbers.
pub(crate) const CONTRACTS: &[&str] = &[
    "!?!",
    "*",
    "",
    "BT 4 SUP36",
    "BT 5 SUP36",
    "HTA 5     ",
    "HTA 8     ",
    "TJ EJP    ",
    "TJ EJP-HH ",
    "TJ EJP-PM ",
    "TJ EJP-SD ",
    "TJ LU     ",
    "TJ LU-CH  ",
    "TJ LU-P   ",
    "TJ LU-PH  ",
    "TJ LU-SD  ",
    "TJ MU     ",
    "TV A5 BASE",
    "TV A8 BASE",
    "BASE",
    "H PLEINE-CREUSE",
    "HPHC",
    "HC",
    "HC et Week-End",
    "EJP",
    "PRODUCTEUR",
];

/// Other texts of a PME-PMI, by their numbers.
pub(crate) const TEXTS: &[&str] = &[
    "!?!", "*", "", " ACTIF", "ACTIF", "CONSO", "CONTROLE", "DEP", "INACTIF", "PROD", "TEST",
    "kVA", "kW",
];
