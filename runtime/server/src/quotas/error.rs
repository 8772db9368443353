//! A quota that is used up, and who can raise it.

use champollion_delivery::names::GroupId;

/// The things that a group has a quota of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Quota {
    /// Commands that wait to be handed over to a network server.
    WaitingCommands,
    /// Commands that are not at their end.
    OpenCommands,
    /// Routes on which records leave.
    Routes,
    /// Tokens of the role partner.
    Tokens,
    /// Devices that are registered.
    Devices,
    /// Streams and long polls that are open.
    OpenStreams,
    /// The same of one token.
    OpenStreamsOfToken,
    /// Answers with records that are being sent.
    OpenAnswers,
    /// The same of one token.
    OpenAnswersOfToken,
    /// Rules of alerts, armed and paused.
    AlertRules,
    /// Tests of routes in a minute.
    RouteTestsPerMinute,
    /// Changes of routes in a minute.
    RouteChangesPerMinute,
}

impl Quota {
    /// Returns the name of the setting.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::WaitingCommands => "waiting-commands",
            Self::OpenCommands => "open-commands",
            Self::Routes => "routes",
            Self::Tokens => "tokens",
            Self::Devices => "devices",
            Self::OpenStreams => "open-streams",
            Self::OpenStreamsOfToken => "open-streams-of-token",
            Self::OpenAnswers => "open-answers",
            Self::OpenAnswersOfToken => "open-answers-of-token",
            Self::AlertRules => "alert-rules",
            Self::RouteTestsPerMinute => "route-tests-per-minute",
            Self::RouteChangesPerMinute => "route-changes-per-minute",
        }
    }
}

/// A quota that is used up.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "the group {group} has {used} of {limit} ({}), and {wanted} more would be beyond its quota: the operator \
     of the server raises it by {} under [quotas.groups.{group}] in the settings",
    .quota.as_str(), .quota.as_str()
)]
pub struct QuotaExceeded {
    /// The group in question.
    pub group: GroupId,
    /// The quota that is used up.
    pub quota: Quota,
    /// The number that the group has, or that are under way.
    pub used: usize,
    /// The number that was asked for.
    pub wanted: usize,
    /// The most that it may have.
    pub limit: usize,
}
