//! Rules of alerts and schedules of commands under torture. Meters go past limits and back by the frames that they send;
//! each alert must be there once, fit the frames that were acknowledged, be told by mail and by webhook, and command once.

mod levels;
mod mail_server;
mod messages;
mod rows;
mod schedules;
mod tellings;
mod told;

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, atomic::AtomicBool},
    thread,
    time::Instant,
};

use anyhow::{Context, Result, ensure};
use champollion_client::{AlertState, Blocking, Client, ClientError, Downlink, DownlinkListing};
use serde::Deserialize;
use serde_json::{Value as Json, json};

pub(super) use self::{
    levels::Levels,
    rows::Row,
    told::{ToldAlerts, ToldOutcome},
};
use self::{
    levels::{BACK, GROUP, LIMIT},
    mail_server::MailServer,
    rows::Sent,
    schedules::Schedules,
    tellings::{TOLD, Tellings},
    told::RETRY,
};
use super::{
    chance::Chance,
    commands::{dimming, lamp, register},
    ledger::Ledger,
    lock,
    recipient::{Posted, Recipient},
};
use crate::say;

/// The addresses that are told, and the name of the system in the account.
const ADDRESSES: [&str; 2] = ["ada@city.example", "bea@city.example"];
const WEBHOOK: &str = "webhook";

/// The number of rules that command, each of one meter and one lamp.
const COMMANDING: u64 = 8;

/// The first of the lamps that they command.
const FIRST_LAMP: u64 = 200;

/// The rules of a run, and the account of what they bring about.
pub(super) struct Rules {
    seed: u64,
    /// The port of the mail server, and the address of the system.
    mail: u16,
    webhook: String,
    tellings: Arc<Mutex<Tellings>>,
}

/// The rules once they are armed.
pub(super) struct Armed {
    told: ToldAlerts,
    /// The meter that each of the rules that command is of.
    commanding: BTreeMap<String, String>,
    schedules: Schedules,
}

/// The account of a run, as it is at a moment.
pub(super) struct Outcome {
    pub(super) violations: Vec<String>,
    /// All commands of alerts and of schedules.
    pub(super) commands: Vec<Downlink>,
    told: ToldOutcome,
    by_alerts: usize,
}

/// The answer of the server, with more of each alert than its client has.
#[derive(Deserialize)]
struct Listed {
    alerts: Vec<Row>,
}

impl Rules {
    /// Has a mail server and a system listen that are told of alerts, and misbehave.
    pub(super) fn listen(seed: u64, calm: &Arc<AtomicBool>) -> Result<Self> {
        let tellings = Arc::<Mutex<Tellings>>::default();
        let of_mail = Chance::of(seed, 5_000).below(u64::MAX);
        let mail = MailServer::listen(of_mail, calm, &tellings)?;
        let account = Arc::clone(&tellings);
        let note = move |posted: &Posted, takes| note(&mut lock(&account), posted, takes);
        let of_webhook = Chance::of(seed, 5_001).below(u64::MAX);
        let webhook = Recipient::listen_with(of_webhook, calm, Box::new(note))?;
        Ok(Self { seed, mail, webhook, tellings })
    }

    /// The settings that have the server send mails here, and try again soon.
    pub(super) fn settings(&self) -> String {
        format!(
            "\n[outbox]\nfirst-pause-seconds = 1\nlongest-pause-seconds = 1\ngathering-seconds = 0\n\
             [quotas]\nmails-per-hour = 1000000\nmails-per-day = 1000000\n\
             [mail]\nhost = \"127.0.0.1\"\nport = {}\nsecurity = \"none\"\nfrom = \"champollion@city.example\"\n\
             [sign-in]\npublic-address = \"https://champollion.city.example\"\n",
            self.mail
        )
    }

    /// The levels that meters tell.
    pub(super) const fn levels(&self) -> Levels {
        Levels::of(self.seed)
    }

    /// Arms the rules on the meters of the group, before the first of them sends; and makes the schedules.
    pub(super) fn arm(self, admin: &Blocking, ledger: &Ledger, minutes: u32) -> Result<Armed> {
        let lamps = FIRST_LAMP..FIRST_LAMP + COMMANDING;
        register(admin, GROUP, lamps.clone())?;
        let told = self.arm_told(admin)?;
        let mut commanding = BTreeMap::new();
        for ((meter, _), number) in ledger.frames_of(GROUP).into_iter().zip(lamps) {
            let name = format!("light-{number}");
            let command = json!({
                "device": lamp(number), "command": dimming(100), "expiresInSeconds": 86_400,
            });
            put(admin, &name, json!({ "scope": { "device": meter }, "command": command }))?;
            commanding.insert(name, meter);
        }
        let schedules = Schedules::make(admin, minutes)?;
        Ok(Armed { told, commanding, schedules })
    }

    /// Arms the rule alone whose alerts are told.
    pub(super) fn arm_told(self, admin: &Blocking) -> Result<ToldAlerts> {
        let webhook = json!({ "url": self.webhook });
        let tell = json!({ "mail": ADDRESSES, "language": "en", "webhook": webhook });
        put(admin, TOLD, json!({ "tell": tell }))?;
        Ok(ToldAlerts::new(self.levels(), self.tellings))
    }
}

impl Armed {
    /// Waits until all alerts fit the frames, are told and have commanded; gives the account as it is then.
    pub(super) fn settle(
        &self,
        admin: &Blocking,
        ledger: &Mutex<Ledger>,
        deadline: Instant,
    ) -> Result<Outcome> {
        loop {
            let outcome = self.judge(admin, ledger)?;
            if outcome.violations.is_empty() || Instant::now() >= deadline {
                return Ok(outcome);
            }
            thread::sleep(RETRY);
        }
    }

    /// Holds what the server lists, and what recipients were told, against the frames that were acknowledged.
    pub(super) fn judge(&self, admin: &Blocking, ledger: &Mutex<Ledger>) -> Result<Outcome> {
        let courses = self.told.courses(ledger);
        let rows = admin.ask(listed)?;
        let mut told = self.told.judge(&rows, &courses);
        let commands = commands(admin)?;
        let sent: Vec<Sent> = commands.iter().map(sent).collect();
        let mut violations = std::mem::take(&mut told.violations);
        for (rule, meter) in &self.commanding {
            let own = courses.get(meter).cloned().unwrap_or_default();
            violations.extend(rows::judge(rule, &rows, &BTreeMap::from([(meter.clone(), own)])));
            violations.extend(rows::judge_commands(rule, &rows, &sent));
        }
        violations.extend(self.schedules.judge(admin, &sent)?);
        Ok(Outcome {
            violations,
            told,
            by_alerts: sent.iter().filter(|sent| sent.by.starts_with("alert ")).count(),
            commands,
        })
    }
}

impl Outcome {
    /// Says in a line what came of the rules.
    ///
    /// # Errors
    /// Nothing came of them, so that nothing was tried.
    pub(super) fn say(&self) -> Result<()> {
        let Self { told, by_alerts, .. } = self;
        let (line, by_schedules) = (told.line(), self.commands.len() - by_alerts);
        say(format_args!("{line}; {by_alerts} commands by alerts, {by_schedules} by schedules"));
        told.check()?;
        ensure!(*by_alerts > 0 && by_schedules > 0, "no alert or no schedule has commanded");
        Ok(())
    }
}

/// Makes a rule on the volume of the meters.
fn put(admin: &Blocking, name: &str, mut rule: Json) -> Result<()> {
    let limit = json!({ "quantity": "water.volume", "limit": LIMIT, "back": BACK });
    rule["when"] = json!({ "above": limit });
    let put = admin.ask(|server| server.put_alert_rule(Some(GROUP), name, &rule));
    put.with_context(|| format!("the rule {name} is not taken"))?;
    Ok(())
}

/// Notes a request of the system.
fn note(tellings: &mut Tellings, Posted { id, body }: &Posted, takes: bool) {
    match messages::of_request(body) {
        Some(transition) => tellings.arrive(WEBHOOK, id, vec![transition], takes),
        None => {
            let body = String::from_utf8_lossy(body);
            tellings.violate(format!("{WEBHOOK} got a request that tells nothing: {body}"));
        }
    }
}

/// All alerts that a server lists.
pub(super) async fn listed(client: &Client) -> Result<Vec<Row>, ClientError> {
    let listed = client.alerts(Some(GROUP), AlertState::All, None).await?;
    Ok(listed.read_as::<Listed>()?.alerts)
}

/// All commands to the lamps of alerts and of schedules.
fn commands(admin: &Blocking) -> Result<Vec<Downlink>> {
    let mut all = Vec::new();
    for number in (FIRST_LAMP..FIRST_LAMP + COMMANDING).chain(schedules::LAMPS) {
        let listing = DownlinkListing::default();
        let list = admin.ask(|server| server.downlinks_of_device(lamp(number), &listing))?;
        all.extend(list.into_value().downlinks);
    }
    Ok(all)
}

/// A command as far as it is looked at.
fn sent(command: &Downlink) -> Sent {
    Sent {
        id: command.id.to_string(),
        device: command.dev_eui.to_string(),
        by: command.requested_by.clone(),
        expires_at: command.expires_at,
    }
}
