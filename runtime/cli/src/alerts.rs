//! `champollion alerts`: rules are made and tried, and alerts are looked after.

use std::{
    fs,
    io::{self, Read},
    path::{Path, PathBuf},
};

use champollion_client::{Alert, AlertRule, AlertState, AlertTrial, Answer, Client};
use champollion_delivery::names::GroupId;
use clap::{Args, Subcommand, ValueEnum};
use serde_json::{Value as Json, json};

use super::{
    Failure, connection::Connection, output, own_json::read_own_json, table_file::TableOut,
};

/// The members that a rule is shown with beside its definition.
const BESIDE_THE_DEFINITION: [&str; 4] = ["group", "name", "changedAt", "signingSecret"];

/// Says when something is wrong with devices and routes, and shows what is.
#[derive(Args)]
pub(super) struct Alerts {
    #[command(subcommand)]
    action: Action,
    #[command(flatten)]
    connection: Connection,
    /// Group of the alerts, where the token is an admin's
    #[arg(long, global = true)]
    group: Option<GroupId>,
    /// Print JSON instead of text for people
    #[arg(long, global = true)]
    json: bool,
}

#[derive(Subcommand)]
enum Action {
    /// List alerts, the latest first
    List {
        /// State of the alerts
        #[arg(long, value_enum, default_value_t = Listed::Open)]
        state: Listed,
        /// Most alerts that are listed
        #[arg(long, default_value_t = 100, conflicts_with = "out")]
        limit: usize,
        #[command(flatten)]
        table: TableOut,
    },
    /// Show an alert as JSON
    Show {
        /// Id of the alert
        id: String,
    },
    /// Acknowledge an alert: you look after it
    Acknowledge {
        /// Id of the alert
        id: String,
        /// Note for the others
        #[arg(long, default_value = "")]
        note: String,
    },
    /// List the rules of a group
    Rules,
    /// Show a rule as JSON; its secrets are hidden
    Rule {
        /// Name of the rule
        name: String,
    },
    /// Make a rule, or replace its definition; secrets that are not said stay
    Put {
        /// Name of the rule
        name: String,
        /// File of the rule as JSON; - is standard input. docs/alerts.md explains its members
        file: PathBuf,
    },
    /// Remove a rule; its alerts end and stay in the list
    Remove {
        /// Name of the rule
        name: String,
    },
    /// Try a rule on the records that are kept; nobody is told
    Try {
        /// File of the rule as JSON; - is standard input
        file: PathBuf,
    },
}

/// The state of alerts that are listed.
#[derive(Clone, Copy, ValueEnum)]
enum Listed {
    /// Those that are not over
    Open,
    /// Those that are not over and that nobody has acknowledged
    Unacknowledged,
    /// All that are kept
    All,
}

impl Listed {
    fn state(self) -> AlertState {
        match self {
            Self::Open => AlertState::Open,
            Self::Unacknowledged => AlertState::Unacknowledged,
            Self::All => AlertState::All,
        }
    }
}

impl Alerts {
    pub(super) async fn run(self) -> Result<(), Failure> {
        let client = self.connection.client()?;
        let group = self.group.as_ref().map(GroupId::as_str);
        match &self.action {
            Action::List { state, limit, table } => {
                let Some(file) = table.file()? else {
                    return self.list(&client, *state, *limit).await;
                };
                let table = client.alerts_table(group, state.state(), file.form).await?;
                file.write(&table, self.json)
            }
            Action::Show { id } => output::answer(&client.alert(group, id).await?),
            Action::Acknowledge { id, note } => {
                let alert = client.acknowledge_alert(group, id, note).await?;
                self.said(&alert, format_args!("acknowledged {id}"))
            }
            Action::Rules => self.rules(&client).await,
            Action::Rule { name } => output::answer(&client.alert_rule(group, name).await?),
            Action::Put { name, file } => {
                let rule = read_rule(file)?;
                self.made(name, &client.put_alert_rule(group, name, &rule).await?)
            }
            Action::Remove { name } => {
                client.remove_alert_rule(group, name).await?;
                if self.json {
                    return output::json(&json!({ "removed": name }));
                }
                output::line(format_args!("removed {name}"));
                Ok(())
            }
            Action::Try { file } => {
                let rule = read_rule(file)?;
                self.tried(&client.try_alert_rule(group, &rule).await?)
            }
        }
    }

    /// Prints an answer as JSON, or a line for people.
    fn said<T>(&self, answer: &Answer<T>, line: impl std::fmt::Display) -> Result<(), Failure> {
        if self.json {
            return output::answer(answer);
        }
        output::line(line);
        Ok(())
    }

    async fn list(&self, client: &Client, state: Listed, limit: usize) -> Result<(), Failure> {
        let group = self.group.as_ref().map(GroupId::as_str);
        let list = client.alerts(group, state.state(), Some(limit)).await?;
        if self.json {
            return output::answer(&list);
        }
        let header = ["id", "rule", "where", "what", "limit", "since", "ended", "acknowledged by"];
        output::table(header, list.alerts.iter().map(row));
        Ok(())
    }

    async fn rules(&self, client: &Client) -> Result<(), Failure> {
        let list = client.alert_rules(self.group.as_ref().map(GroupId::as_str)).await?;
        if self.json {
            return output::answer(&list);
        }
        let rows = list.rules.iter().map(|rule| {
            let when = Json::Object(rule.when.clone()).to_string();
            [rule.group.clone(), rule.name.clone(), when, state_of(rule).to_owned()]
        });
        output::table(["group", "name", "when", "state"], rows);
        Ok(())
    }

    fn made(&self, name: &str, made: &Answer<AlertRule>) -> Result<(), Failure> {
        self.said(made, format_args!("the rule {name} is {}", state_of(made)))?;
        if let (Some(secret), false) = (&made.signing_secret, self.json) {
            output::line(format_args!("requests are signed with {secret}, which is shown once"));
        }
        Ok(())
    }

    fn tried(&self, trial: &Answer<AlertTrial>) -> Result<(), Failure> {
        let AlertTrial { frames, devices, raised, ended, .. } = &**trial;
        self.said(
            trial,
            format_args!(
                "the rule would have been raised {raised} times, of which {ended} are over, in {frames} frames of \
                 {devices} devices"
            ),
        )?;
        if !self.json && !trial.alerts.is_empty() {
            let rows = trial.alerts.iter().map(|alert| {
                let device = alert.device.map(|device| device.to_string()).unwrap_or_default();
                let ended = alert.ended_at.map(output::moment).unwrap_or_default();
                let raised = output::moment(alert.raised_at);
                [device, alert.name.clone(), value(alert.value.as_ref()), raised, ended]
            });
            output::table(["device", "name", "value", "raised", "over"], rows);
        }
        Ok(())
    }
}

fn state_of(rule: &AlertRule) -> &'static str {
    if rule.paused { "paused" } else { "armed" }
}

fn row(alert: &Alert) -> [String; 8] {
    let device = alert.device.map(|device| device.to_string());
    let name = Some(alert.name.clone()).filter(|name| !name.is_empty());
    let place = name.or(alert.point.clone()).or(device).or(alert.route.clone());
    let quantity = alert.quantity.clone().unwrap_or_default();
    let by = alert.acknowledged.as_ref().map(|acknowledged| acknowledged.by.clone());
    [
        alert.id.clone(),
        alert.rule.clone(),
        place.unwrap_or_default(),
        format!("{quantity} {}", value(alert.value.as_ref())).trim().to_owned(),
        alert.limit.clone(),
        output::moment(alert.since),
        alert.ended_at.map(output::moment).unwrap_or_default(),
        by.unwrap_or_default(),
    ]
}

/// A value as people read it: a text without its quotes.
fn value(value: Option<&Json>) -> String {
    match value {
        None => String::new(),
        Some(Json::String(text)) => text.clone(),
        Some(value) => value.to_string(),
    }
}

/// A rule out of a file. One that was shown can be sent back: what stands beside its definition is left out.
fn read_rule(file: &Path) -> Result<Json, Failure> {
    let text = if file.as_os_str() == "-" {
        let mut text = String::new();
        io::stdin().read_to_string(&mut text).map(|_| text)
    } else {
        fs::read_to_string(file)
    };
    let unreadable = || format!("{} cannot be read", file.display());
    let text = text.map_err(Failure::of(unreadable()))?;
    let mut rule: Json = read_own_json(&text).map_err(Failure::of(unreadable()))?;
    if let Some(members) = rule.as_object_mut() {
        members.retain(|member, _| !BESIDE_THE_DEFINITION.contains(&member.as_str()));
    }
    Ok(rule)
}
