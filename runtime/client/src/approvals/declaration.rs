//! The declaration of a partner under the six headings of the agreement.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

/// A request for the approval of a partner that is to be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApprovalRequest {
    /// The name of the partner to be, for people.
    pub name: String,
    /// The person who asks, and is to be the first owner.
    pub applicant: Applicant,
    /// The groups that are wished for.
    #[serde(default)]
    pub groups: Vec<String>,
    /// The declaration under the six headings of the agreement.
    pub declaration: Declaration,
}

/// The person who asks for a partner to be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Applicant {
    /// The name of the person.
    pub name: String,
    /// The first name of the person.
    pub first_name: String,
    /// The personal e-mail address.
    pub email: String,
}

/// The declaration of a partner.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Declaration {
    /// The mission of public service that the objects serve.
    pub mission: String,
    /// The duration, and its calendar.
    pub period: DeclaredPeriod,
    /// The places in which the objects must be heard: outdoor, indoor, deep-indoor.
    pub coverage: Vec<String>,
    /// The number of objects and their places, one step after the other.
    pub objects: Vec<DeclaredStage>,
    /// The direction of the messages: up, down or both.
    pub direction: String,
    /// The frequency of the messages of one object.
    pub frequency: DeclaredFrequency,
}

/// The duration of a use, and its calendar.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeclaredPeriod {
    /// The first day of the use.
    pub from: Date,
    /// The last day; absent where none is foreseen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Date>,
    /// The calendar within the period.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub calendar: Option<String>,
}

/// A number of objects from a day on, and the places of them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeclaredStage {
    /// The first day of the number.
    pub from: Date,
    /// The number of all objects from that day on.
    pub number: u32,
    /// The places of the objects.
    pub places: String,
}

/// The frequency of the messages of one object, in each direction that there is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeclaredFrequency {
    /// The frequency of what an object tells.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub up: Option<DeclaredRate>,
    /// The frequency of commands to an object.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub down: Option<DeclaredRate>,
}

/// So many messages in a time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeclaredRate {
    /// The number of messages.
    pub messages: u32,
    /// The time: hour, day, week or month.
    pub per: String,
}
