//! Alerts: rules on what devices measure and on whether they and the routes work, and what is told when one is broken.
//!
//! The state of a rule is a row of its device, and changes in the batch of the frame that it is judged by: an alert is
//! raised once and ends once, whatever is killed when. A frame that changes nothing of it writes nothing.

mod alert;
mod alert_key;
mod book;
mod command;
mod condition;
mod fault;
mod judge;
mod open;
mod place;
mod recent;
mod rule;
mod short;
mod state;
mod states;
mod telling;
mod trial;
mod units;
mod value;
mod words;

pub use alert::{Acknowledgement, Alert, Commanded};
pub use book::{AlertBook, AlertsError, RuleBook, Trimmed};
pub use command::{AlertCommands, NotCommanded, WaitingCommand};
pub use condition::{
    AlarmWatch, Battery, Change, Condition, DecoderFailures, Equality, Hold, Limit, Range,
    RouteFailure, RouteName, Silence,
};
pub use fault::{KnownQuantity, RuleFault, Vocabulary};
pub use judge::{Judge, NamedRule};
pub use place::{Place, Subject};
pub use recent::JudgedStates;
pub use rule::{
    Definition, MOST_ADDRESSES, MOST_WATCHING, MqttTarget, Rule, RuleCommand, RuleKey, RuleName,
    Scope, Tell, WebhookTarget,
};
pub use state::{Event, Frame, Measured, Sight, State, Unheard, Verdict};
pub use states::StoredStates;
pub use trial::{Trial, TrialAlert, Trials};
pub use units::{convert, sign};
pub use value::Value;
pub use words::{Terms, Words};
