//! Faults of rules, each with its place and what to write instead.

use super::{
    condition::{Condition, Hold, Limit, Range},
    rule::{Definition, MOST_ADDRESSES},
    units::convert,
    value::Value,
};

/// The longest time that a rule may wait for something, in seconds: a month.
const LONGEST_SECONDS: u64 = 31 * 86_400;

/// Most frames that a condition may be asked to hold for.
const MOST_FRAMES: u32 = 1_000;

/// Bytes of a command as JSON: the batch of a frame may raise alerts of all rules of its group.
const COMMAND_BYTES: usize = 2 << 10;

/// The quantity of the charge that is left in a battery, in percent.
const BATTERY_LEVEL: &str = "battery.level";

/// The least and the greatest percentage.
const PERCENT: (f64, f64) = (0.0, 100.0);

/// The longest time that a command may wait, in seconds: within it a command is recognized when it is sent once more.
const LONGEST_EXPIRY_SECONDS: u32 = 24 * 3_600;

/// A term of the vocabulary, as far as rules ask.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KnownQuantity {
    /// The unit of the quantity; empty where there is none.
    pub unit: &'static str,
    /// Whether its values are numbers.
    pub is_number: bool,
    /// Whether its values are whole numbers.
    pub is_whole: bool,
    /// Whether its values are truth values.
    pub is_boolean: bool,
}

/// The vocabulary, and what the decoders of a scope make of it.
pub trait Vocabulary {
    /// Returns a quantity by its name.
    fn quantity(&self, name: &str) -> Option<KnownQuantity>;

    /// Returns the name that was probably meant.
    fn nearest(&self, name: &str) -> Option<String>;

    /// Whether a decoder of the scope declares the quantity; what cannot be known is so.
    fn is_declared(&self, name: &str) -> bool;
}

/// A rule that cannot work.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum RuleFault {
    /// The vocabulary has no such quantity.
    #[error("when.quantity: {quantity:?} is no quantity{}", meant(.nearest))]
    Unknown {
        /// The quantity as it is written.
        quantity: String,
        /// The quantity that was probably meant.
        nearest: Option<String>,
    },
    /// No decoder of the scope makes the quantity.
    #[error(
        "when.quantity: no decoder of the devices in the scope declares {quantity}{}; the catalogue says what each \
         declares",
        meant(.nearest)
    )]
    Undeclared {
        /// The quantity of the rule.
        quantity: String,
        /// The declared quantity that was probably meant.
        nearest: Option<String>,
    },
    /// The unit does not fit the quantity.
    #[error("when.unit: {quantity} is not measured in {unit}: write {}", shown(.right))]
    Unit {
        /// The quantity of the rule.
        quantity: String,
        /// The unit as it is written.
        unit: String,
        /// The unit of the vocabulary.
        right: &'static str,
    },
    /// The values of the quantity are no numbers.
    #[error("when: {0} has no numbers to compare with a limit: use equals or changed")]
    NotNumeric(String),
    /// The quantity is no alarm.
    #[error("when.alarm.quantity: {0} is no alarm: name one that begins with alarm.")]
    NoAlarm(String),
    /// The value is of another type than the quantity.
    #[error("when.equals.value: {0} has values of another type: write {1}")]
    ValueType(String, &'static str),
    /// The way back lies on the wrong side of the limit.
    #[error(
        "when.{member}: {back} is beyond the limit {limit}: write a value {side} it, or leave it out"
    )]
    Crossed {
        /// The member at fault.
        member: &'static str,
        /// The value as it is written.
        back: f64,
        /// The limit of the rule.
        limit: f64,
        /// The side on which it may be.
        side: &'static str,
    },
    /// The range is empty.
    #[error("when.outside: low {low} must be below high {high}")]
    EmptyRange {
        /// The lower end of the range.
        low: f64,
        /// The upper end of the range.
        high: f64,
    },
    /// A number is none that can be compared.
    #[error("when.{0} must be a finite number")]
    NotFinite(&'static str),
    /// A number is out of its bounds.
    #[error("when.{member} must be from {least} to {most}")]
    OutOfBounds {
        /// The member at fault.
        member: &'static str,
        /// The least value that is allowed.
        least: u64,
        /// The greatest value that is allowed.
        most: u64,
    },
    /// No value can ever break the rule.
    #[error("when.{member}: no value of {quantity} is ever so: it goes from {least} to {most}")]
    NeverHolds {
        /// The member at fault.
        member: &'static str,
        /// The quantity of the rule.
        quantity: String,
        /// The least value that there is.
        least: f64,
        /// The greatest value that there is.
        most: f64,
    },
    /// A quantity has whole numbers alone.
    #[error(
        "when.equals.value: {quantity} has whole numbers, and {value} is none: write {instead}"
    )]
    NotWhole {
        /// The quantity of the rule.
        quantity: String,
        /// The value as it is written.
        value: f64,
        /// The whole number that is nearest.
        instead: f64,
    },
    /// A level of a battery is no percentage.
    #[error(
        "when.{member}: {value} is no level of a battery: write a number from 0 to 100, in percent"
    )]
    Percent {
        /// The member at fault.
        member: &'static str,
        /// The value as it is written, in percent.
        value: f64,
    },
    /// Routes are of the whole group.
    #[error("scope: a route is of the whole group: leave the scope out")]
    ScopeOfRoute,
    /// Too many addresses are told.
    #[error(
        "tell.mail has {0} addresses, and {MOST_ADDRESSES} are the limit: use a list of your mail server"
    )]
    TooManyAddresses(usize),
    /// A rule on routes commands nobody.
    #[error("command.device: no device breaks a rule on routes: name the one that is commanded")]
    CommandOfRoute,
    /// The time for which a command is wanted is out of its bounds.
    #[error("command.expiresInSeconds: {0} is none of 60 to {LONGEST_EXPIRY_SECONDS}")]
    CommandExpiry(u32),
    /// The command is longer than one may be.
    #[error("command.command: it has {0} bytes, and {COMMAND_BYTES} are the limit: shorten it")]
    CommandTooLarge(usize),
}

impl RuleFault {
    /// The most bytes of a command as JSON.
    pub const COMMAND_BYTES: usize = COMMAND_BYTES;

    /// The longest time that a command may wait, in seconds.
    pub const COMMAND_SECONDS: u32 = LONGEST_EXPIRY_SECONDS;
}

fn meant(nearest: &Option<String>) -> String {
    nearest.as_ref().map(|name| format!(": did you mean {name}?")).unwrap_or_default()
}

fn shown(unit: &str) -> String {
    if unit.is_empty() { "no unit".to_owned() } else { unit.to_owned() }
}

impl Definition {
    /// Checks a rule, and writes its limits in the units of the vocabulary.
    ///
    /// # Errors
    /// [`RuleFault`] says what cannot be, and what to write instead.
    pub fn checked(mut self, vocabulary: &dyn Vocabulary) -> Result<Self, RuleFault> {
        let addresses = self.tell.mail.len();
        if addresses > MOST_ADDRESSES {
            return Err(RuleFault::TooManyAddresses(addresses));
        }
        if matches!(self.when, Condition::Route(_)) && !self.scope.is_whole_group() {
            return Err(RuleFault::ScopeOfRoute);
        }
        check_command(&self)?;
        check_quantity(&self.when, vocabulary)?;
        check_hold(self.when.hold())?;
        check_condition(&mut self.when, vocabulary)?;
        Ok(self)
    }
}

fn check_quantity(condition: &Condition, vocabulary: &dyn Vocabulary) -> Result<(), RuleFault> {
    let Some(name) = condition.quantity() else { return Ok(()) };
    if vocabulary.quantity(name).is_none() {
        let nearest = vocabulary.nearest(name);
        return Err(RuleFault::Unknown { quantity: name.to_owned(), nearest });
    }
    if !vocabulary.is_declared(name) {
        let nearest = vocabulary.nearest(name).filter(|near| vocabulary.is_declared(near));
        return Err(RuleFault::Undeclared { quantity: name.to_owned(), nearest });
    }
    Ok(())
}

fn check_hold(hold: Hold) -> Result<(), RuleFault> {
    bounded("for.frames", u64::from(hold.frames), (1, u64::from(MOST_FRAMES)))?;
    bounded("for.seconds", hold.seconds, (0, LONGEST_SECONDS))
}

fn bounded(member: &'static str, value: u64, (least, most): (u64, u64)) -> Result<(), RuleFault> {
    match (least..=most).contains(&value) {
        true => Ok(()),
        false => Err(RuleFault::OutOfBounds { member, least, most }),
    }
}

fn check_command(definition: &Definition) -> Result<(), RuleFault> {
    let Some(command) = &definition.command else { return Ok(()) };
    if command.device.is_none() && matches!(definition.when, Condition::Route(_)) {
        return Err(RuleFault::CommandOfRoute);
    }
    if let Some(seconds) = command.expires_in_seconds
        && !(60..=LONGEST_EXPIRY_SECONDS).contains(&seconds)
    {
        return Err(RuleFault::CommandExpiry(seconds));
    }
    let bytes = serde_json::to_string(&command.command).map_or(0, |text| text.len());
    if bytes > COMMAND_BYTES {
        return Err(RuleFault::CommandTooLarge(bytes));
    }
    Ok(())
}

fn check_condition(
    condition: &mut Condition,
    vocabulary: &dyn Vocabulary,
) -> Result<(), RuleFault> {
    let known = condition.quantity().and_then(|name| vocabulary.quantity(name));
    match (condition, known) {
        (Condition::Above(limit), Some(known)) => {
            check_limit(limit, known)?;
            can_be("above.limit", &limit.quantity, |(_, most)| limit.limit < most)?;
            let (back, limit) = (limit.back, limit.limit);
            crossed("above.back", back.filter(|back| *back > limit), limit, "below")
        }
        (Condition::Below(limit), Some(known)) => {
            check_limit(limit, known)?;
            can_be("below.limit", &limit.quantity, |(least, _)| limit.limit > least)?;
            let (back, limit) = (limit.back, limit.limit);
            crossed("below.back", back.filter(|back| *back < limit), limit, "above")
        }
        (Condition::Outside(range), Some(known)) => {
            check_range(range, known)?;
            let is_within = |(least, most): (f64, f64)| range.low > least || range.high < most;
            can_be("outside", &range.quantity, is_within)
        }
        (Condition::Equals(equality), Some(known)) => {
            let wanted = match (&equality.value, known) {
                (Value::Boolean(_), KnownQuantity { is_boolean: false, is_number: true, .. }) => {
                    "a number"
                }
                (Value::Number(_) | Value::Text(_), KnownQuantity { is_boolean: true, .. }) => {
                    "true or false"
                }
                (Value::Text(_), KnownQuantity { is_number: true, .. }) => "a number",
                (Value::Number(number), known) => {
                    finite("equals.value", *number)?;
                    if known.is_whole && number.fract() != 0.0 {
                        let (quantity, instead) = (equality.quantity.clone(), number.round());
                        return Err(RuleFault::NotWhole { quantity, value: *number, instead });
                    }
                    return can_be("equals.value", &equality.quantity, |(least, most)| {
                        (least..=most).contains(number)
                    });
                }
                _ => return Ok(()),
            };
            Err(RuleFault::ValueType(equality.quantity.clone(), wanted))
        }
        (Condition::Battery(battery), _) => {
            percent("battery.percent", Some(battery.percent))?;
            percent("battery.back", battery.back)?;
            let (back, limit) = (battery.back, battery.percent);
            crossed("battery.back", back.filter(|back| *back < limit), limit, "above")
        }
        (Condition::Alarm(alarm), Some(known)) => match &alarm.quantity {
            Some(name) if !(name.starts_with("alarm.") && known.is_boolean) => {
                Err(RuleFault::NoAlarm(name.clone()))
            }
            _ => Ok(()),
        },
        (Condition::Silent(silence), _) => {
            bounded("silent.seconds", silence.seconds, (1, LONGEST_SECONDS))
        }
        (Condition::Route(failure), _) => {
            bounded("route.seconds", failure.seconds, (1, LONGEST_SECONDS))
        }
        _ => Ok(()),
    }
}

fn crossed(
    member: &'static str,
    back: Option<f64>,
    limit: f64,
    side: &'static str,
) -> Result<(), RuleFault> {
    match back {
        None => Ok(()),
        Some(back) => Err(RuleFault::Crossed { member, back, limit, side }),
    }
}

fn percent(member: &'static str, value: Option<f64>) -> Result<(), RuleFault> {
    match value.filter(|value| !(0.0..=100.0).contains(value)) {
        None => Ok(()),
        Some(value) => Err(RuleFault::Percent { member, value }),
    }
}

/// Checks numbers of a quantity that has bounds of its own: a level of a battery that no battery can have.
fn possible(quantity: &str, numbers: &[(&'static str, Option<f64>)]) -> Result<(), RuleFault> {
    if quantity != BATTERY_LEVEL {
        return Ok(());
    }
    numbers.iter().try_for_each(|(member, value)| percent(member, *value))
}

/// Checks that some value of a quantity can break a rule, where the quantity has bounds.
fn can_be(
    member: &'static str,
    quantity: &str,
    fits: impl Fn((f64, f64)) -> bool,
) -> Result<(), RuleFault> {
    match quantity {
        BATTERY_LEVEL if !fits(PERCENT) => {
            let (least, most) = PERCENT;
            Err(RuleFault::NeverHolds { member, quantity: quantity.to_owned(), least, most })
        }
        _ => Ok(()),
    }
}

fn finite(member: &'static str, number: f64) -> Result<(), RuleFault> {
    if number.is_finite() { Ok(()) } else { Err(RuleFault::NotFinite(member)) }
}

fn check_limit(limit: &mut Limit, known: KnownQuantity) -> Result<(), RuleFault> {
    let all = [Some(&mut limit.limit), limit.back.as_mut()];
    in_unit(&limit.quantity, limit.unit.as_deref(), known, all.into_iter().flatten())?;
    limit.unit = told(known.unit);
    possible(&limit.quantity, &[("limit", Some(limit.limit)), ("back", limit.back)])
}

fn check_range(range: &mut Range, known: KnownQuantity) -> Result<(), RuleFault> {
    let all = [
        Some(&mut range.low),
        Some(&mut range.high),
        range.back_low.as_mut(),
        range.back_high.as_mut(),
    ];
    in_unit(&range.quantity, range.unit.as_deref(), known, all.into_iter().flatten())?;
    range.unit = told(known.unit);
    let Range { low, high, back_low, back_high, .. } = *range;
    possible(&range.quantity, &[("outside.low", Some(low)), ("outside.high", Some(high))])?;
    if low >= high {
        return Err(RuleFault::EmptyRange { low, high });
    }
    crossed("outside.backLow", back_low.filter(|back| *back < low), low, "above")?;
    crossed("outside.backHigh", back_high.filter(|back| *back > high), high, "below")?;
    match (back_low, back_high) {
        (Some(low), Some(high)) if low > high => Err(RuleFault::EmptyRange { low, high }),
        _ => Ok(()),
    }
}

fn told(unit: &'static str) -> Option<String> {
    (!unit.is_empty()).then(|| unit.to_owned())
}

/// Writes numbers in the unit of their quantity.
fn in_unit<'of>(
    quantity: &str,
    unit: Option<&str>,
    known: KnownQuantity,
    numbers: impl Iterator<Item = &'of mut f64>,
) -> Result<(), RuleFault> {
    if !known.is_number {
        return Err(RuleFault::NotNumeric(quantity.to_owned()));
    }
    for number in numbers {
        let from = unit.unwrap_or(known.unit);
        *number = convert(*number, from, known.unit).ok_or_else(|| RuleFault::Unit {
            quantity: quantity.to_owned(),
            unit: from.to_owned(),
            right: known.unit,
        })?;
        finite("limit", *number)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests;
