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
    Failure, clocks::Clocks, connection::Connection, output, own_json::read_own_json,
    plural::counted, table_file::TableOut,
};

/// The members that a rule is shown with beside its definition.
const BESIDE_THE_DEFINITION: [&str; 6] =
    ["group", "name", "changedAt", "signingSecret", "inWords", "watched"];

/// Says when something is wrong with devices and routes, and shows what is.
#[derive(Args)]
pub(super) struct Alerts {
    #[command(subcommand)]
    action: Action,
    #[command(flatten)]
    connection: Connection,
    /// Group of the alerts; lists are of all groups that the token sees without it
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
                let trial = client.try_alert_rule(group, &rule).await?;
                self.tried(&client, &trial).await
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
        let clocks = Clocks::of(client).await?;
        let header =
            ["id", "group", "rule", "where", "what", "limit", "since", "ended", "acknowledged by"];
        output::table(header, list.alerts.iter().map(|alert| row(alert, &clocks)));
        Ok(())
    }

    async fn rules(&self, client: &Client) -> Result<(), Failure> {
        let list = client.alert_rules(self.group.as_ref().map(GroupId::as_str)).await?;
        if self.json {
            return output::answer(&list);
        }
        let rows = list.rules.iter().map(|rule| {
            let state = state_of(rule).to_owned();
            [rule.group.clone(), rule.name.clone(), in_words(rule), state]
        });
        output::table(["group", "name", "when", "state"], rows);
        Ok(())
    }

    fn made(&self, name: &str, made: &Answer<AlertRule>) -> Result<(), Failure> {
        self.said(made, format_args!("the rule {name} is {}", state_of(made)))?;
        if let (Some(secret), false) = (&made.signing_secret, self.json) {
            output::line(format_args!("requests are signed with {secret}, which is shown once"));
        }
        if made.watched == Some(0) {
            let what = if made.when.contains_key("route") { "route" } else { "device" };
            output::note(format_args!(
                "no {what} of the group {} is in its scope now: it waits for the first one that fits",
                made.group
            ));
        }
        Ok(())
    }

    async fn tried(&self, client: &Client, trial: &Answer<AlertTrial>) -> Result<(), Failure> {
        let AlertTrial { frames, devices, raised, ended, .. } = &**trial;
        let (raised, frames) = (counted(*raised, "time"), counted(*frames, "frame"));
        let devices = counted(*devices, "device");
        self.said(
            trial,
            format_args!(
                "the rule would have been raised {raised} ({ended} over by now), in {frames} of {devices}"
            ),
        )?;
        if !self.json && !trial.alerts.is_empty() {
            let clocks = Clocks::of(client).await?;
            let rows = trial.alerts.iter().map(|alert| {
                let device = alert.device.map(|device| device.to_string()).unwrap_or_default();
                let ended = clocks.moment_if_any(alert.ended_at);
                let raised = clocks.moment(alert.raised_at);
                let what = what(&alert.what, None, alert.value.as_ref());
                [device, alert.name.clone(), what, raised, ended]
            });
            output::table(["device", "name", "what", "raised", "over"], rows);
        }
        Ok(())
    }
}

fn state_of(rule: &AlertRule) -> &'static str {
    if rule.paused { "paused" } else { "armed" }
}

/// The condition of a rule as the server says it, or as it is where it is one of before that.
fn in_words(rule: &AlertRule) -> String {
    match rule.in_words.is_empty() {
        true => Json::Object(rule.when.clone()).to_string(),
        false => rule.in_words.clone(),
    }
}

fn row(alert: &Alert, clocks: &Clocks) -> [String; 9] {
    let device = alert.device.map(|device| device.to_string());
    let name = Some(alert.name.clone()).filter(|name| !name.is_empty());
    let place = name.or(alert.point.clone()).or(device).or(alert.route.clone());
    let by = alert.acknowledged.as_ref().map(|acknowledged| acknowledged.by.clone());
    [
        alert.id.clone(),
        alert.group.clone(),
        alert.rule.clone(),
        place.unwrap_or_default(),
        what(&alert.what, alert.quantity.as_deref(), alert.value.as_ref()),
        alert.limit.clone(),
        clocks.moment(alert.since),
        clocks.moment_if_any(alert.ended_at),
        by.unwrap_or_default(),
    ]
}

/// The matter of an alert as the server says it, or its quantity and value where it is one of before that.
fn what(said: &str, quantity: Option<&str>, of: Option<&Json>) -> String {
    match said.is_empty() {
        true => format!("{} {}", quantity.unwrap_or_default(), value(of)).trim().to_owned(),
        false => said.to_owned(),
    }
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
