//! Alerts in the words of people: the quantity with its value and its unit, the limit as a sentence, and times.

use super::{
    condition::{Battery, Condition, Hold, Limit, Range},
    units::sign,
    value::Value,
};
use crate::outbox::Language;

/// Begins the names of alarms.
const ALARM: &str = "alarm.";

/// The quantity of the charge that is left in a battery.
const BATTERY_LEVEL: &str = "battery.level";

/// The units of times, the longest first, with their seconds.
const TIMES: [(u64, Time); 4] =
    [(86_400, Time::Days), (3_600, Time::Hours), (60, Time::Minutes), (1, Time::Seconds)];

/// The vocabulary as people read it.
pub trait Terms: Send + Sync {
    /// Returns the name of a quantity in a language; the term itself where it has none.
    fn name(&self, term: &str, language: Language) -> String;

    /// Returns the unit of a quantity as UCUM code; nothing where it has none.
    fn unit(&self, term: &str) -> Option<&'static str>;
}

/// The words of a language for alerts.
#[derive(Clone, Copy)]
pub struct Words<'of> {
    terms: &'of dyn Terms,
    language: Language,
}

/// A unit of times.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Time {
    Days,
    Hours,
    Minutes,
    Seconds,
}

/// A side of a limit, or a way to be at it.
#[derive(Clone, Copy)]
enum Relation {
    Above,
    Below,
    Equal,
}

impl<'of> Words<'of> {
    /// The words of a language, with the names that a vocabulary has in it.
    #[must_use]
    pub const fn new(terms: &'of dyn Terms, language: Language) -> Self {
        Self { terms, language }
    }

    /// Says what breaks a condition: the quantity with its value, or words where no value tells.
    #[must_use]
    pub fn broken(&self, when: &Condition, value: Option<&Value>) -> String {
        match (when, value) {
            (Condition::Silent(silence), _) => {
                let time = self.duration(silence.seconds);
                self.either(format!("silent for {time}"), format!("silencieux depuis {time}"))
            }
            (Condition::Battery(_), Some(Value::Number(level))) => self.level(*level),
            (Condition::Battery(_), _) => self.say("low battery", "pile faible"),
            (Condition::Alarm(_), Some(Value::Text(alarm))) => self.name(alarm),
            (Condition::Alarm(alarm), _) => self.alarm(alarm.quantity.as_deref()),
            (Condition::DecoderFailures(_), _) => {
                self.say("frames cannot be decoded", "trames indécodables")
            }
            (Condition::Route(_), _) => {
                self.say("the route does not deliver", "la route ne remet rien")
            }
            (_, value) => self.measured(when, value),
        }
    }

    /// Says what is well again: the quantity with its value now, or words where no value tells.
    #[must_use]
    pub fn well(&self, when: &Condition, value: Option<&Value>) -> String {
        match (when, value) {
            (Condition::Silent(_), _) => self.say("heard again", "de nouveau entendu"),
            (Condition::Battery(_), Some(Value::Number(level))) => self.level(*level),
            (Condition::Battery(_), _) => self.say("battery well again", "pile de nouveau bonne"),
            (Condition::Alarm(alarm), value) => {
                let named = match value {
                    Some(Value::Text(alarm)) => self.name(alarm),
                    _ => self.alarm(alarm.quantity.as_deref()),
                };
                self.either(format!("{named}, over"), format!("{named}, terminée"))
            }
            (Condition::DecoderFailures(_), _) => {
                self.say("frames are decoded again", "trames de nouveau décodées")
            }
            (Condition::Route(_), _) => {
                self.say("the route delivers again", "la route remet de nouveau")
            }
            (_, value) => self.measured(when, value),
        }
    }

    /// Says a limit as a sentence, with the time for which it must be passed.
    #[must_use]
    pub fn limit(&self, when: &Condition) -> String {
        match when {
            Condition::Above(limit) => self.passed(Relation::Above, limit),
            Condition::Below(limit) => self.passed(Relation::Below, limit),
            Condition::Outside(range) => self.outside(range),
            Condition::Equals(equality) => {
                let value = self.value(&equality.quantity, &equality.value);
                format!("{} {value}{}", self.relation(Relation::Equal), self.hold(equality.hold))
            }
            Condition::Changed(_) => {
                self.say("another value than the one before", "une autre valeur que la précédente")
            }
            Condition::Silent(silence) => {
                let time = self.duration(silence.seconds);
                self.either(format!("{time} without a frame"), format!("{time} sans trame"))
            }
            Condition::Battery(Battery { percent, back }) => {
                let unit = Some("%");
                let limit = self.number(*percent, unit);
                format!("{} {limit}{}", self.relation(Relation::Below), self.back(*back, unit))
            }
            Condition::Alarm(_) => {
                self.say("as soon as the device says so", "dès que l'appareil le signale")
            }
            Condition::DecoderFailures(failures) if failures.frames <= 1 => {
                self.say("one frame that cannot be decoded", "une trame indécodable")
            }
            Condition::DecoderFailures(failures) => {
                let frames = self.language.whole(failures.frames.into());
                self.either(
                    format!("{frames} frames in a row that cannot be decoded"),
                    format!("{frames} trames de suite indécodables"),
                )
            }
            Condition::Route(failure) => {
                let time = self.duration(failure.seconds);
                self.either(format!("{time} without a delivery"), format!("{time} sans remise"))
            }
        }
    }

    /// Says a whole condition: what it is about, and its limit.
    #[must_use]
    pub fn condition(&self, when: &Condition) -> String {
        let about = match when {
            Condition::Silent(_) | Condition::DecoderFailures(_) => None,
            Condition::Battery(_) => Some(self.say("battery", "pile")),
            Condition::Alarm(alarm) => Some(self.alarm(alarm.quantity.as_deref())),
            Condition::Route(failure) => Some(match &failure.route {
                Some(route) => format!("route {route}"),
                None => self.say("any route", "n'importe quelle route"),
            }),
            _ => series(when).map(|series| self.series(series)),
        };
        let limit = self.limit(when);
        match (about, when) {
            (None, _) => limit,
            (Some(about), Condition::Alarm(_) | Condition::Route(_) | Condition::Changed(_)) => {
                format!("{about}, {limit}")
            }
            (Some(about), _) => format!("{about} {limit}"),
        }
    }

    /// Says a time by the units that it has: `1 h 30 min`.
    #[must_use]
    pub fn duration(&self, seconds: u64) -> String {
        let mut left = seconds;
        let mut parts = Vec::new();
        for (unit, time) in TIMES {
            let count = left / unit;
            left %= unit;
            if count > 0 || (parts.is_empty() && time == Time::Seconds) {
                parts.push(format!("{} {}", self.language.whole(count), self.time(time, count)));
            }
        }
        parts.join(" ")
    }

    /// Says a value of a quantity, with its unit.
    #[must_use]
    pub fn value(&self, quantity: &str, value: &Value) -> String {
        match value {
            Value::Number(number) => self.number(*number, self.terms.unit(quantity)),
            Value::Boolean(true) => self.say("yes", "oui"),
            Value::Boolean(false) => self.say("no", "non"),
            Value::Text(text) => text.clone(),
        }
    }

    /// The number that a condition compares with, as programs want it beside the sentence: the limit that a value has
    /// passed, the seconds of a time, or the number of frames.
    pub(super) fn limit_value(when: &Condition, value: Option<&Value>) -> Option<f64> {
        #[expect(clippy::cast_precision_loss, reason = "rules have a month at most")]
        let seconds = |seconds: u64| Some(seconds as f64);
        match when {
            Condition::Above(limit) | Condition::Below(limit) => Some(limit.limit),
            Condition::Outside(range) => {
                let is_low = value.and_then(Value::number).is_some_and(|value| value < range.low);
                Some(if is_low { range.low } else { range.high })
            }
            Condition::Equals(equality) => equality.value.number(),
            Condition::Battery(battery) => Some(battery.percent),
            Condition::Silent(silence) => seconds(silence.seconds),
            Condition::Route(failure) => seconds(failure.seconds),
            Condition::DecoderFailures(failures) => Some(failures.frames.into()),
            Condition::Changed(_) | Condition::Alarm(_) => None,
        }
    }

    /// The unit of a condition's value and of the number that it compares with.
    pub(super) fn unit(&self, when: &Condition) -> Option<&'static str> {
        match when {
            Condition::Battery(_) => Some("%"),
            Condition::Silent(_) | Condition::Route(_) => Some("s"),
            Condition::Alarm(_) | Condition::DecoderFailures(_) => None,
            _ => when.quantity().and_then(|quantity| self.terms.unit(quantity)),
        }
    }

    fn say(&self, english: &str, french: &str) -> String {
        match self.language {
            Language::En => english.to_owned(),
            Language::Fr => french.to_owned(),
        }
    }

    fn either(&self, english: String, french: String) -> String {
        match self.language {
            Language::En => english,
            Language::Fr => french,
        }
    }

    fn name(&self, term: &str) -> String {
        self.terms.name(term, self.language)
    }

    fn alarm(&self, term: Option<&str>) -> String {
        term.map_or_else(
            || self.say("any alarm", "n'importe quelle alarme"),
            |term| self.name(term),
        )
    }

    fn level(&self, level: f64) -> String {
        format!("{} {}", self.name(BATTERY_LEVEL), self.number(level, Some("%")))
    }

    /// The quantity of a condition with a value, where there is one.
    fn measured(&self, when: &Condition, value: Option<&Value>) -> String {
        let Some((quantity, channel)) = series(when) else { return self.limit(when) };
        let name = self.series((quantity, channel));
        match value {
            None => name,
            Some(value @ Value::Number(_)) => format!("{name} {}", self.value(quantity, value)),
            Some(Value::Boolean(true)) if quantity.starts_with(ALARM) => name,
            Some(value) => {
                let value = self.value(quantity, value);
                self.either(format!("{name}: {value}"), format!("{name} : {value}"))
            }
        }
    }

    /// The name of a quantity, and its channel where it is not the first one.
    fn series(&self, (quantity, channel): (&str, u16)) -> String {
        let name = self.name(quantity);
        match channel {
            0 => name,
            _ => self
                .either(format!("{name} (channel {channel})"), format!("{name} (voie {channel})")),
        }
    }

    fn passed(&self, relation: Relation, limit: &Limit) -> String {
        let Limit { quantity, limit, back, unit, hold, .. } = limit;
        let unit = unit.as_deref().or_else(|| self.terms.unit(quantity));
        let limit = self.number(*limit, unit);
        let (relation, back) = (self.relation(relation), self.back(*back, unit));
        format!("{relation} {limit}{}{back}", self.hold(*hold))
    }

    fn outside(&self, range: &Range) -> String {
        let Range { quantity, low, high, unit, hold, .. } = range;
        let unit = unit.as_deref().or_else(|| self.terms.unit(quantity));
        let (low, high) = (self.number(*low, None), self.number(*high, unit));
        let range =
            self.either(format!("outside of {low} to {high}"), format!("hors de {low} à {high}"));
        format!("{range}{}", self.hold(*hold))
    }

    /// The value at which all is well again, where it is another than the limit.
    fn back(&self, back: Option<f64>, unit: Option<&str>) -> String {
        let Some(back) = back.map(|back| self.number(back, unit)) else { return String::new() };
        self.either(format!(" (over at {back})"), format!(" (terminée à {back})"))
    }

    fn hold(&self, Hold { seconds, frames }: Hold) -> String {
        let mut said = String::new();
        if seconds > 0 {
            let time = self.duration(seconds);
            said += &self.either(format!(" for {time}"), format!(" pendant {time}"));
        }
        if frames > 1 {
            let frames = self.language.whole(frames.into());
            said += &self.either(
                format!(" in {frames} frames in a row"),
                format!(" sur {frames} trames de suite"),
            );
        }
        said
    }

    fn relation(&self, relation: Relation) -> &'static str {
        match (relation, self.language) {
            (Relation::Above, Language::En) => "above",
            (Relation::Below, Language::En) => "below",
            (Relation::Equal, Language::En) => "equal to",
            (Relation::Above, Language::Fr) => "au-dessus de",
            (Relation::Below, Language::Fr) => "au-dessous de",
            (Relation::Equal, Language::Fr) => "égale à",
        }
    }

    fn time(&self, time: Time, count: u64) -> &'static str {
        match (time, self.language, count) {
            (Time::Days, Language::En, 1) => "day",
            (Time::Days, Language::En, _) => "days",
            (Time::Days, Language::Fr, 0 | 1) => "jour",
            (Time::Days, Language::Fr, _) => "jours",
            (Time::Hours, ..) => "h",
            (Time::Minutes, ..) => "min",
            (Time::Seconds, ..) => "s",
        }
    }

    fn number(&self, number: f64, unit: Option<&str>) -> String {
        let number = self.language.measured(number);
        match unit.map(sign).unwrap_or_default() {
            "" => number,
            "°" => format!("{number}°"),
            sign => format!("{number} {sign}"),
        }
    }
}

/// The quantity and the channel that a condition compares.
fn series(when: &Condition) -> Option<(&str, u16)> {
    match when {
        Condition::Above(limit) | Condition::Below(limit) => Some((&limit.quantity, limit.channel)),
        Condition::Outside(range) => Some((&range.quantity, range.channel)),
        Condition::Equals(equality) => Some((&equality.quantity, equality.channel)),
        Condition::Changed(change) => Some((&change.quantity, change.channel)),
        _ => None,
    }
}

#[cfg(test)]
pub(super) mod tests;
