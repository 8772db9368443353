//! The settings of quotas: what every group may have, and what single groups may have instead.

use std::collections::BTreeMap;

use champollion_delivery::names::GroupId;
use champollion_service::outbox::MailLimits;
use serde::Deserialize;

/// The quotas of every group, and those of single groups.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Quotas {
    /// Commands that wait to be handed over to a network server.
    pub waiting_commands: usize,
    /// Commands that are not at their end.
    pub open_commands: usize,
    /// Routes on which records leave.
    pub routes: usize,
    /// Tokens of the role partner.
    pub tokens: usize,
    /// Devices that are registered.
    pub devices: usize,
    /// Rules of alerts, armed and paused.
    pub alert_rules: usize,
    /// Messages of alerts and notices that wait to be sent.
    pub waiting_messages: usize,
    /// Alerts that are kept; those that are not over stay whatever it is.
    pub kept_alerts: usize,
    /// Mails that alerts send in an hour.
    pub mails_per_hour: usize,
    /// The same in a day.
    pub mails_per_day: usize,
    /// Streams and long polls that are open.
    pub open_streams: usize,
    /// The same of one token.
    pub open_streams_of_token: usize,
    /// Answers with records that are being sent.
    pub open_answers: usize,
    /// The same of one token.
    pub open_answers_of_token: usize,
    /// Tests of routes in a minute.
    pub route_tests_per_minute: usize,
    /// Changes of routes in a minute.
    pub route_changes_per_minute: usize,
    /// Whether its tokens may send commands with the priority `high`.
    pub high_priority: bool,
    /// The quotas of single groups, which take the place of those of all.
    #[serde(default)]
    pub groups: BTreeMap<GroupId, GroupQuotas>,
}

/// The quotas of one group, as far as they are not those of every group.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case", default, deny_unknown_fields)]
pub struct GroupQuotas {
    /// Commands that wait to be handed over to a network server.
    pub waiting_commands: Option<usize>,
    /// Commands that are not at their end.
    pub open_commands: Option<usize>,
    /// Routes on which records leave.
    pub routes: Option<usize>,
    /// Tokens of the role partner.
    pub tokens: Option<usize>,
    /// Devices that are registered.
    pub devices: Option<usize>,
    /// Rules of alerts, armed and paused.
    pub alert_rules: Option<usize>,
    /// Messages of alerts and notices that wait to be sent.
    pub waiting_messages: Option<usize>,
    /// Alerts that are kept; those that are not over stay whatever it is.
    pub kept_alerts: Option<usize>,
    /// Mails that alerts send in an hour.
    pub mails_per_hour: Option<usize>,
    /// The same in a day.
    pub mails_per_day: Option<usize>,
    /// Streams and long polls that are open.
    pub open_streams: Option<usize>,
    /// The same of one token.
    pub open_streams_of_token: Option<usize>,
    /// Answers with records that are being sent.
    pub open_answers: Option<usize>,
    /// The same of one token.
    pub open_answers_of_token: Option<usize>,
    /// Tests of routes in a minute.
    pub route_tests_per_minute: Option<usize>,
    /// Changes of routes in a minute.
    pub route_changes_per_minute: Option<usize>,
    /// Whether its tokens may send commands with the priority `high`.
    pub high_priority: Option<bool>,
}

/// The quotas that hold for a group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Commands that wait to be handed over to a network server.
    pub waiting_commands: usize,
    /// Commands that are not at their end.
    pub open_commands: usize,
    /// Routes on which records leave.
    pub routes: usize,
    /// Tokens of the role partner.
    pub tokens: usize,
    /// Devices that are registered.
    pub devices: usize,
    /// Rules of alerts, armed and paused.
    pub alert_rules: usize,
    /// Messages of alerts and notices that wait to be sent.
    pub waiting_messages: usize,
    /// Alerts that are kept; those that are not over stay whatever it is.
    pub kept_alerts: usize,
    /// Mails that alerts send in an hour.
    pub mails_per_hour: usize,
    /// The same in a day.
    pub mails_per_day: usize,
    /// Streams and long polls that are open.
    pub open_streams: usize,
    /// The same of one token.
    pub open_streams_of_token: usize,
    /// Answers with records that are being sent.
    pub open_answers: usize,
    /// The same of one token.
    pub open_answers_of_token: usize,
    /// Tests of routes in a minute.
    pub route_tests_per_minute: usize,
    /// Changes of routes in a minute.
    pub route_changes_per_minute: usize,
    /// Whether its tokens may send commands with the priority `high`.
    pub high_priority: bool,
}

impl Limits {
    /// Returns the most mails of alerts.
    #[must_use]
    pub fn mails(&self) -> MailLimits {
        MailLimits { hour: self.mails_per_hour, day: self.mails_per_day }
    }
}

impl Quotas {
    /// Returns the quotas that hold for a group.
    #[must_use]
    pub fn of(&self, group: &GroupId) -> Limits {
        let none = GroupQuotas::default();
        let own = self.groups.get(group).unwrap_or(&none);
        Limits {
            waiting_commands: own.waiting_commands.unwrap_or(self.waiting_commands),
            open_commands: own.open_commands.unwrap_or(self.open_commands),
            routes: own.routes.unwrap_or(self.routes),
            tokens: own.tokens.unwrap_or(self.tokens),
            devices: own.devices.unwrap_or(self.devices),
            alert_rules: own.alert_rules.unwrap_or(self.alert_rules),
            waiting_messages: own.waiting_messages.unwrap_or(self.waiting_messages),
            kept_alerts: own.kept_alerts.unwrap_or(self.kept_alerts),
            mails_per_hour: own.mails_per_hour.unwrap_or(self.mails_per_hour),
            mails_per_day: own.mails_per_day.unwrap_or(self.mails_per_day),
            open_streams: own.open_streams.unwrap_or(self.open_streams),
            open_streams_of_token: own.open_streams_of_token.unwrap_or(self.open_streams_of_token),
            open_answers: own.open_answers.unwrap_or(self.open_answers),
            open_answers_of_token: own.open_answers_of_token.unwrap_or(self.open_answers_of_token),
            route_tests_per_minute: own
                .route_tests_per_minute
                .unwrap_or(self.route_tests_per_minute),
            route_changes_per_minute: own
                .route_changes_per_minute
                .unwrap_or(self.route_changes_per_minute),
            high_priority: own.high_priority.unwrap_or(self.high_priority),
        }
    }
}
