//! `champollion quotas`: the use and the limit of each quota.

use champollion_client::{QuotaUse, Quotas as OfGroup};
use champollion_delivery::names::GroupId;
use clap::Args;

use super::{Failure, connection::Connection, output};

/// Shows how much a group may have at once, and how much it has.
#[derive(Args)]
pub(super) struct Quotas {
    #[command(flatten)]
    connection: Connection,
    /// Group to show; an admin who leaves it out sees all
    #[arg(long)]
    group: Option<GroupId>,
    /// Print JSON instead of text for people
    #[arg(long)]
    json: bool,
}

impl Quotas {
    pub(super) async fn run(self) -> Result<(), Failure> {
        let client = self.connection.client()?;
        let list = client.quotas(self.group.as_ref().map(GroupId::as_str)).await?;
        if self.json {
            return output::answer(&list);
        }
        output::table(["group", "quota", "used", "limit"], list.quotas.iter().flat_map(rows));
        Ok(())
    }
}

/// The rows of a group, one for each quota.
fn rows(of: &OfGroup) -> Vec<[String; 4]> {
    let row = |name: &str, quota: QuotaUse| {
        [of.group.clone(), name.to_owned(), quota.used.to_string(), quota.limit.to_string()]
    };
    let permitted = if of.high_priority { "yes" } else { "no" };
    let newer = [
        ("alert-rules", of.alert_rules),
        ("waiting-messages", of.waiting_messages),
        ("mails-per-hour", of.mails_per_hour),
        ("mails-per-day", of.mails_per_day),
        ("kept-alerts", of.kept_alerts),
    ];
    let newer = newer.into_iter().filter_map(|(name, quota)| Some(row(name, quota?)));
    let mut rows = vec![
        row("waiting-commands", of.waiting_commands),
        row("open-commands", of.open_commands),
        row("routes", of.routes),
        row("tokens", of.tokens),
        row("devices", of.devices),
        row("open-streams", of.open_streams),
        row("open-answers", of.open_answers),
        row("route-tests-per-minute", of.route_tests_per_minute),
        row("route-changes-per-minute", of.route_changes_per_minute),
        [of.group.clone(), "high-priority".to_owned(), String::new(), permitted.to_owned()],
    ];
    rows.extend(newer);
    rows
}
