//! The declaration of a partner, under the six headings of the agreement.

use std::collections::BTreeSet;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::Paragraph;
use crate::objects::FieldText;

/// Most steps in which a number of objects grows.
const STAGES: usize = 24;

/// Most objects of one partner.
const OBJECTS: u32 = 100_000_000;

/// Most messages of an object within a time.
const MESSAGES: u32 = 100_000;

/// The declaration of a partner: what it does with its objects, where, when and how often.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Declaration {
    /// The mission of public service that the objects serve.
    pub mission: Paragraph,
    /// The duration, and its calendar.
    pub period: Period,
    /// The places in which the objects must be heard, one at least.
    pub coverage: BTreeSet<Coverage>,
    /// The number of objects and their places, one step after the other.
    pub objects: Vec<Stage>,
    /// The direction of the messages.
    pub direction: Direction,
    /// The frequency of the messages of one object.
    pub frequency: Frequency,
}

/// The duration of a use, and its calendar.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = DeclaredPeriod)]
pub struct Period {
    /// The first day of the use.
    pub from: Date,
    /// The last day; absent where none is foreseen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Date>,
    /// The calendar within the period, as of works or seasons.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub calendar: Option<Paragraph>,
}

/// A kind of place in which objects must be heard.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, utoipa::ToSchema,
)]
#[serde(rename_all = "kebab-case")]
#[schema(as = DeclaredCoverage)]
pub enum Coverage {
    /// Under the open sky.
    Outdoor,
    /// The rooms within buildings.
    Indoor,
    /// In cellars, pits and shafts.
    DeepIndoor,
}

/// A number of objects from a day on, and the places of them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = DeclaredStage)]
pub struct Stage {
    /// The first day of the number.
    pub from: Date,
    /// The number of all objects of the partner from that day on.
    #[schema(maximum = 100_000_000)]
    pub number: u32,
    /// The places of the objects: districts, buildings, roads.
    pub places: FieldText,
}

/// The direction of messages, as the partner's applications see it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "kebab-case")]
#[schema(as = DeclaredDirection)]
pub enum Direction {
    /// Objects tell, and are not commanded.
    Up,
    /// Objects are commanded, and tell nothing.
    Down,
    /// Objects tell and are commanded.
    Both,
}

/// The frequency of the messages of one object, in each direction that there is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = DeclaredFrequency)]
pub struct Frequency {
    /// The frequency of what an object tells.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub up: Option<Rate>,
    /// The frequency of commands to an object.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub down: Option<Rate>,
}

/// So many messages in a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = DeclaredRate)]
pub struct Rate {
    /// The number of messages.
    #[schema(minimum = 1, maximum = 100_000)]
    pub messages: u32,
    /// The time in which they are counted.
    pub per: Per,
}

/// A time in which messages are counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "kebab-case")]
#[schema(as = DeclaredTime)]
pub enum Per {
    /// A time of sixty minutes.
    Hour,
    /// A time of twenty-four hours.
    Day,
    /// A time of seven days.
    Week,
    /// A month of the calendar.
    Month,
}

/// The reason why a declaration makes no sense.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DeclarationFault {
    /// The period ends before it begins.
    #[error("period: it ends on {until}, before it begins on {from}")]
    PeriodBackwards {
        /// The first day of the period.
        from: Date,
        /// The last day of the period.
        until: Date,
    },
    /// No coverage is named.
    #[error("coverage: name one at least of outdoor, indoor and deep-indoor")]
    NoCoverage,
    /// There are no numbers of objects, or too many.
    #[error("objects: {count} steps are declared, and there are 1 to {STAGES}")]
    Stages {
        /// The number of steps.
        count: usize,
    },
    /// A step does not come after the one before.
    #[error("objects[{index}]: it begins on {from}, which is not after the step before it")]
    StageOrder {
        /// The place of the step, from 0.
        index: usize,
        /// The first day of the step.
        from: Date,
    },
    /// A step begins outside of the period.
    #[error("objects[{index}]: it begins on {from}, which is not within the period")]
    StageOutside {
        /// The place of the step, from 0.
        index: usize,
        /// The first day of the step.
        from: Date,
    },
    /// No object is declared, or more than a partner can have.
    #[error("objects: the largest number is {number}, and must be 1 to {OBJECTS}")]
    Number {
        /// The largest number that is declared.
        number: u32,
    },
    /// The frequency of a direction is missing.
    #[error("frequency: {0} is missing, which the direction says that there is")]
    RateMissing(&'static str),
    /// There is a frequency of a direction that there is not.
    #[error("frequency: {0} is there, and the direction says that there is none")]
    RateTooMany(&'static str),
    /// A rate is none.
    #[error("frequency: {messages} messages are not from 1 to {MESSAGES}")]
    Rate {
        /// The number of messages.
        messages: u32,
    },
}

impl DeclarationFault {
    /// The most steps of a declaration.
    pub const STAGES: usize = STAGES;

    /// The most objects of a partner.
    pub const OBJECTS: u32 = OBJECTS;

    /// The most messages of a rate.
    pub const MESSAGES: u32 = MESSAGES;
}

impl Declaration {
    /// Checks that the parts go together.
    ///
    /// # Errors
    /// [`DeclarationFault`] names the part that does not.
    pub fn check(&self) -> Result<(), DeclarationFault> {
        let Period { from, until, .. } = self.period;
        if let Some(until) = until.filter(|until| *until < from) {
            return Err(DeclarationFault::PeriodBackwards { from, until });
        }
        if self.coverage.is_empty() {
            return Err(DeclarationFault::NoCoverage);
        }
        self.check_stages()?;
        let Frequency { up, down } = self.frequency;
        check_rate("up", up, self.direction != Direction::Down)?;
        check_rate("down", down, self.direction != Direction::Up)
    }

    fn check_stages(&self) -> Result<(), DeclarationFault> {
        let count = self.objects.len();
        if !(1..=STAGES).contains(&count) {
            return Err(DeclarationFault::Stages { count });
        }
        let mut before: Option<Date> = None;
        for (index, stage) in self.objects.iter().enumerate() {
            let from = stage.from;
            if before.is_some_and(|before| from <= before) {
                return Err(DeclarationFault::StageOrder { index, from });
            }
            let is_late = self.period.until.is_some_and(|until| from > until);
            if is_late || from < self.period.from {
                return Err(DeclarationFault::StageOutside { index, from });
            }
            before = Some(from);
        }
        let number = self.largest_number();
        match (1..=OBJECTS).contains(&number) {
            true => Ok(()),
            false => Err(DeclarationFault::Number { number }),
        }
    }

    /// The largest number of objects that is declared.
    #[must_use]
    pub fn largest_number(&self) -> u32 {
        self.objects.iter().map(|stage| stage.number).max().unwrap_or_default()
    }
}

fn check_rate(
    name: &'static str,
    rate: Option<Rate>,
    is_there: bool,
) -> Result<(), DeclarationFault> {
    match (rate, is_there) {
        (None, true) => Err(DeclarationFault::RateMissing(name)),
        (Some(_), false) => Err(DeclarationFault::RateTooMany(name)),
        (Some(Rate { messages, .. }), true) if !(1..=MESSAGES).contains(&messages) => {
            Err(DeclarationFault::Rate { messages })
        }
        _ => Ok(()),
    }
}
