//! Reads texts of dates as `Date.parse` of V8 does: ISO 8601 strictly, and everything else by the rules that
//! browsers have kept since the first ones.
//!
//! The old rules in short: words before the first number say nothing; what stands in parentheses says nothing; a
//! number before a colon is a time; a sign after a time begins an offset from UTC; other numbers are month, day and
//! year, or year, month and day where the first cannot be a day; of a word its first three letters count.
//! The local time is UTC. `date_tokens.rs` takes a text apart.

use crate::date_tokens::{SIGNIFICANT_DIGITS, Scanner, Token, Word};

/// Milliseconds of a day.
const DAY_MS: f64 = 86_400_000.0;

/// The largest distance from 1970 that a date can have, in milliseconds.
const LARGEST_MS: f64 = 8.64e15;

/// Returns the moment of a text in milliseconds since 1970; `None` where it is no date.
pub(crate) fn parse(text: &str) -> Option<f64> {
    let mut scanner = Scanner::of(text);
    let mut parts = Parts::default();
    match parts.read_iso(&mut scanner) {
        Iso::Whole => {}
        Iso::Invalid => return None,
        Iso::Else(token) => parts.read_rest(token, &mut scanner)?,
    }
    parts.moment()
}

/// The outcome of reading ISO 8601.
enum Iso {
    Whole,
    Invalid,
    /// It is none from this token on, which is the next to be read.
    Else(Token),
}

/// The parts of a date that were read so far.
#[derive(Default)]
struct Parts {
    day: Vec<i32>,
    is_iso: bool,
    month: Option<i32>,
    time: Vec<i32>,
    half_of_day: Option<i32>,
    sign: Option<i32>,
    zone_hour: Option<i32>,
    zone_minute: Option<i32>,
}

impl Parts {
    fn read_iso(&mut self, scanner: &mut Scanner<'_>) -> Iso {
        if let Some(sign) = scanner.peek().sign() {
            let token = scanner.take();
            let Some(year) = scanner.fixed(6, 0, 999_999) else { return Iso::Else(token) };
            // There is no year -0, and V8 passes its digits over.
            if sign < 0 && year == 0 {
                return Iso::Else(token);
            }
            self.day.push(sign * year);
        } else if let Some(year) = scanner.peek().fixed(4) {
            scanner.take();
            self.day.push(year);
        } else {
            return Iso::Else(scanner.take());
        }
        for most in [12, 31] {
            if !scanner.skip('-') {
                break;
            }
            match scanner.fixed(2, 1, most) {
                Some(number) => self.day.push(number),
                None => return Iso::Else(scanner.take()),
            }
        }
        if scanner.peek() != Token::Word(Word::TimeFollows) {
            if scanner.peek() != Token::End {
                return Iso::Else(scanner.take());
            }
        } else if self.read_iso_time(scanner).is_none() {
            return Iso::Invalid;
        }
        self.is_iso = true;
        Iso::Whole
    }

    /// Reads `T` and what follows up to the end.
    fn read_iso_time(&mut self, scanner: &mut Scanner<'_>) -> Option<()> {
        scanner.take();
        let hour = scanner.fixed(2, 0, 24)?;
        // 24:00 is the end of a day, and there is nothing after it.
        let most = if hour == 24 { 0 } else { 59 };
        self.time.push(hour);
        if !scanner.skip(':') {
            return None;
        }
        self.time.push(scanner.fixed(2, 0, most)?);
        if scanner.skip(':') {
            self.time.push(scanner.fixed(2, 0, most)?);
            if scanner.skip('.') {
                let Token::Number { value, digits } = scanner.take() else { return None };
                if most == 0 && value > 0 {
                    return None;
                }
                self.time.push(milliseconds(value, digits));
            }
        }
        if scanner.peek().is_z() {
            scanner.take();
            self.set_zone(0);
        } else if let Some(sign) = scanner.peek().sign() {
            scanner.take();
            self.sign = Some(sign);
            let (hour, minute) = match scanner.peek().fixed(4) {
                Some(both) => {
                    scanner.take();
                    (both / 100, both % 100)
                }
                None => {
                    let hour = scanner.fixed(2, 0, 23)?;
                    if !scanner.skip(':') {
                        return None;
                    }
                    (hour, scanner.fixed(2, 0, 59)?)
                }
            };
            if hour > 23 || minute > 59 {
                return None;
            }
            (self.zone_hour, self.zone_minute) = (Some(hour), Some(minute));
        }
        (scanner.peek() == Token::End).then_some(())
    }

    /// Reads what is no ISO 8601, from a token on that was taken already.
    fn read_rest(&mut self, first: Token, scanner: &mut Scanner<'_>) -> Option<()> {
        let mut has_number = !self.day.is_empty();
        let mut token = first;
        while token != Token::End {
            match token {
                Token::Number { value, .. } => {
                    has_number = true;
                    self.read_number(value, scanner)?;
                }
                Token::Word(Word::HalfOfDay(hours)) if !self.time.is_empty() => {
                    self.half_of_day = Some(hours);
                }
                Token::Word(Word::Month(month)) => {
                    self.month = Some(month);
                    scanner.skip('-');
                }
                Token::Word(Word::Zone(hours, _)) if has_number => self.set_zone(hours),
                // Other words stand before the first number, and apart from it.
                Token::Word(_) => {
                    if has_number || matches!(scanner.peek(), Token::Number { .. }) {
                        return None;
                    }
                }
                Token::Symbol(sign @ ('+' | '-')) if self.is_utc() || !self.time.is_empty() => {
                    has_number = true;
                    self.read_offset(if sign == '+' { 1 } else { -1 }, scanner)?;
                }
                Token::Symbol('+' | '-' | ')') if has_number => return None,
                _ => {}
            }
            token = scanner.take();
        }
        Some(())
    }

    fn read_number(&mut self, number: i32, scanner: &mut Scanner<'_>) -> Option<()> {
        if scanner.skip(':') {
            if scanner.skip(':') {
                if !self.time.is_empty() {
                    return None;
                }
                self.time.extend([number, 0]);
            } else {
                self.add_time(number)?;
                scanner.skip('.');
            }
            return Some(());
        }
        if scanner.skip('.') && self.expects_time(number) {
            self.time.push(number);
            let Token::Number { value, digits } = scanner.take() else { return None };
            // A fraction right behind the minutes is taken for the seconds: V8 does so.
            self.time.push(milliseconds(value, digits));
            self.time.resize(4, 0);
            return Some(());
        }
        if self.zone_hour.is_some() && self.zone_minute.is_none() && (0..60).contains(&number) {
            self.zone_minute = Some(number);
            return Some(());
        }
        if self.expects_time(number) {
            self.time.push(number);
            self.time.resize(4, 0);
            let next = scanner.peek();
            let ends = matches!(next, Token::End | Token::Space) || next.is_z();
            return (ends || next.sign().is_some()).then_some(());
        }
        if self.day.len() == 3 {
            return None;
        }
        self.day.push(number);
        scanner.skip('-');
        Some(())
    }

    fn read_offset(&mut self, sign: i32, scanner: &mut Scanner<'_>) -> Option<()> {
        self.sign = Some(sign);
        let (mut number, mut length) = (0, 0);
        if let Token::Number { value, digits } = scanner.peek() {
            scanner.take();
            (number, length) = (value, digits);
        }
        let (hour, minute) = match length {
            _ if scanner.peek() == Token::Symbol(':') => (number, None),
            1 | 2 => (number, Some(0)),
            3 | 4 => (number / 100, Some(number % 100)),
            _ => return None,
        };
        (self.zone_hour, self.zone_minute) = (Some(hour), minute);
        Some(())
    }

    fn set_zone(&mut self, hours: i32) {
        self.sign = Some(if hours < 0 { -1 } else { 1 });
        (self.zone_hour, self.zone_minute) = (Some(hours.abs()), Some(0));
    }

    fn is_utc(&self) -> bool {
        (self.zone_hour, self.zone_minute) == (Some(0), Some(0))
    }

    fn add_time(&mut self, number: i32) -> Option<()> {
        (self.time.len() < 4).then(|| self.time.push(number))
    }

    /// Whether a number can be the next part of a time that was begun.
    fn expects_time(&self, number: i32) -> bool {
        match self.time.len() {
            1 | 2 => (0..60).contains(&number),
            3 => (0..1_000).contains(&number),
            _ => false,
        }
    }

    fn moment(&self) -> Option<f64> {
        let date = self.days()? * DAY_MS + self.time_of_day()?;
        let moment = date - self.offset_seconds()? * 1_000.0;
        (moment.abs() <= LARGEST_MS).then_some(moment)
    }

    /// The seconds from UTC, computed in 32 bits as V8 does.
    fn offset_seconds(&self) -> Option<f64> {
        let [hours, minutes] = [self.zone_hour, self.zone_minute].map(Option::unwrap_or_default);
        let seconds = hours.wrapping_mul(3_600).wrapping_add(minutes.wrapping_mul(60));
        (seconds >= 0).then(|| f64::from(self.sign.unwrap_or_default()) * f64::from(seconds))
    }

    /// The days from 1970.
    fn days(&self) -> Option<f64> {
        let [first, second, third] = {
            let mut numbers = self.day.clone();
            if numbers.is_empty() {
                return None;
            }
            numbers.resize(3, 1);
            [numbers[0], numbers[1], numbers[2]]
        };
        let is_day = |number: i32| (1..=31).contains(&number);
        let (mut year, month, day) = match self.month {
            Some(month) if is_day(first) => (second, month, first),
            Some(month) => (first, month, second),
            None if self.is_iso || !is_day(first) => (first, second, third),
            None => (third, first, second),
        };
        if !self.is_iso {
            year += match year {
                0..=49 => 2_000,
                50..=99 => 1_900,
                _ => 0,
            };
        }
        ((1..=12).contains(&month) && is_day(day)).then(|| days_from_1970(year, month, day))
    }

    fn time_of_day(&self) -> Option<f64> {
        let mut time = self.time.clone();
        time.resize(4, 0);
        let [mut hour, minute, second, millisecond] = [time[0], time[1], time[2], time[3]];
        if let Some(hours) = self.half_of_day {
            if !(0..=12).contains(&hour) {
                return None;
            }
            hour = hour % 12 + hours;
        }
        let fits = (0..24).contains(&hour)
            && (0..60).contains(&minute)
            && (0..60).contains(&second)
            && (0..1_000).contains(&millisecond);
        if !fits && (hour != 24 || minute > 0 || second > 0 || millisecond > 0) {
            return None;
        }
        let seconds = f64::from(hour) * 3_600.0 + f64::from(minute) * 60.0 + f64::from(second);
        Some(seconds * 1_000.0 + f64::from(millisecond))
    }
}

/// The first three digits of a fraction of a second.
fn milliseconds(value: i32, digits: usize) -> i32 {
    match digits {
        1 => value * 100,
        2 => value * 10,
        _ => value / 10_i32.pow((digits.min(SIGNIFICANT_DIGITS) - 3) as u32),
    }
}

/// The days of the Gregorian calendar from 1970-01-01; a day beyond its month is in the next.
fn days_from_1970(year: i32, month: i32, day: i32) -> f64 {
    // Years begin in March, so that the day that is not always there is their last.
    let year = i64::from(year) - i64::from(month <= 2);
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let day_of_year =
        (153 * (i64::from(month) + if month > 2 { -3 } else { 9 }) + 2) / 5 + i64::from(day) - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    (era * 146_097 + day_of_era - 719_468) as f64
}
