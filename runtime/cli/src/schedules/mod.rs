//! `champollion schedules`: commands at moments that are said before.

mod changes;

use champollion_client::{
    Client, PlannedPayload, Schedule, ScheduleDryRun, SchedulePlan, ScheduleRun,
};
use clap::{Args, Subcommand};
use serde_json::Value as Json;
use uuid::Uuid;

use super::{
    Failure, clocks::Clocks, connection::Connection, output, plural::counted, table_file::TableOut,
};
use changes::Changes;

/// The schedules of commands, and the way to the server.
#[derive(Args)]
pub(super) struct Schedules {
    #[command(subcommand)]
    action: Action,
    #[command(flatten)]
    connection: Connection,
    /// Print JSON instead of text for people
    #[arg(long, global = true)]
    json: bool,
}

#[derive(Subcommand)]
enum Action {
    /// Make a schedule of a command to a device or a group
    Add {
        /// Name of the schedule for people
        name: String,
        #[command(flatten)]
        changes: Box<Changes>,
    },
    /// List schedules with their next moments
    List {
        #[command(flatten)]
        table: TableOut,
    },
    /// Show a schedule with what became of its last moments
    Show {
        /// Id of the schedule
        id: Uuid,
    },
    /// Change a schedule: what is not said stays as it is
    Edit {
        /// Id of the schedule
        id: Uuid,
        /// Another name of the schedule
        #[arg(long)]
        name: Option<String>,
        #[command(flatten)]
        changes: Box<Changes>,
    },
    /// Remove a schedule; commands that it has sent go on
    Remove {
        /// Id of the schedule
        id: Uuid,
    },
    /// Show the next ten moments and every payload, without sending anything
    Next {
        /// Id of the schedule
        id: Uuid,
    },
}

impl Schedules {
    pub(super) async fn run(self) -> Result<(), Failure> {
        let client = self.connection.client()?;
        match self.action {
            Action::Add { name, changes } => {
                let plan = SchedulePlan { name, ..SchedulePlan::default() };
                let made = client.add_schedule(&changes.made_to(plan)?).await?;
                one(&client, &made.into_value(), self.json).await
            }
            Action::List { table } => {
                if let Some(file) = table.file()? {
                    return file.write(&client.schedules_table(file.form).await?, self.json);
                }
                let found = client.schedules().await?;
                if self.json {
                    return output::answer(&found);
                }
                list(&found.schedules, &Clocks::of(&client).await?);
                Ok(())
            }
            Action::Show { id } => {
                one(&client, &client.schedule(id).await?.into_value(), self.json).await
            }
            Action::Edit { id, name, changes } => {
                let before = client.schedule(id).await?.into_value().plan;
                let name = name.unwrap_or_else(|| before.name.clone());
                let plan = changes.made_to(SchedulePlan { name, ..before })?;
                let changed = client.change_schedule(id, &plan).await?;
                one(&client, &changed.into_value(), self.json).await
            }
            Action::Remove { id } => {
                client.remove_schedule(id).await?;
                if self.json {
                    return output::json(&serde_json::json!({ "removed": id }));
                }
                output::line(format_args!("removed {id}"));
                Ok(())
            }
            Action::Next { id } => {
                let planned = client.schedule_dry_run(id).await?;
                if self.json {
                    return output::answer(&planned);
                }
                moments(&planned);
                Ok(())
            }
        }
    }
}

fn list(schedules: &[Schedule], clocks: &Clocks) {
    let rows = schedules.iter().map(|schedule| {
        [
            schedule.id.to_string(),
            output::quoted(&schedule.plan.name),
            whom(schedule),
            rule(&schedule.plan, clocks),
            Json::Object(schedule.plan.command.clone()).to_string(),
            next(schedule, clocks),
        ]
    });
    output::table(["id", "name", "to", "when", "command", "next"], rows);
}

fn whom(schedule: &Schedule) -> String {
    match schedule.plan.device {
        Some(dev_eui) => dev_eui.to_string(),
        None => {
            let tags = schedule.plan.tags.iter().map(|(name, value)| format!(" {name}={value}"));
            format!("{}{}", schedule.group, tags.collect::<String>())
        }
    }
}

/// The rule of a schedule in few words.
fn rule(plan: &SchedulePlan, clocks: &Clocks) -> String {
    let when = &plan.when;
    let mut words: Vec<String> = Vec::new();
    words.extend(when.cron.clone());
    words.extend(when.sun.clone());
    words.extend(when.offset_minutes.map(|minutes| format!("{minutes:+} min")));
    words.extend(when.at.map(|at| clocks.moment(at)));
    words.extend(when.time_zone.clone());
    if !when.exceptions.is_empty() {
        words.push(format!("but on {}", counted(when.exceptions.len(), "day")));
    }
    words.join(" ")
}

fn next(schedule: &Schedule, clocks: &Clocks) -> String {
    match (schedule.next, &schedule.problem) {
        (Some(next), _) => clocks.moment(next),
        (None, Some(problem)) => output::quoted(problem),
        (None, None) if schedule.plan.paused => "paused".to_owned(),
        (None, None) => "none".to_owned(),
    }
}

async fn one(client: &Client, schedule: &Schedule, json: bool) -> Result<(), Failure> {
    if json {
        return output::json(schedule);
    }
    let clocks = Clocks::of(client).await?;
    output::line(format_args!(
        "{} {}: {} to {}, next {}",
        schedule.id,
        output::quoted(&schedule.plan.name),
        rule(&schedule.plan, &clocks),
        whom(schedule),
        next(schedule, &clocks)
    ));
    if schedule.runs.is_empty() {
        return Ok(());
    }
    output::table(
        ["moment", "outcome", "queued", "refused", "problem"],
        schedule.runs.iter().map(|of| run(of, &clocks)),
    );
    Ok(())
}

fn run(run: &ScheduleRun, clocks: &Clocks) -> [String; 5] {
    let outcome = match (run.moments, run.made_up) {
        (Some(moments), _) if moments > 1 => format!("{} ({moments} moments)", run.state),
        (_, true) => format!("{} (made up for)", run.state),
        _ => run.state.clone(),
    };
    let problem = run.problem.as_ref().map(output::quoted).unwrap_or_default();
    [clocks.moment(run.at), outcome, run.queued.to_string(), run.refused.to_string(), problem]
}

fn moments(planned: &ScheduleDryRun) {
    let rows = planned.moments.iter().flat_map(|moment| {
        moment.payloads.iter().map(|payload| {
            let port = payload.f_port.map(|port| port.to_string()).unwrap_or_default();
            [moment.local.clone(), payload.devices.to_string(), port, bytes(payload)]
        })
    });
    output::table(["moment", "devices", "FPort", "payload"], rows);
    if planned.moments.is_empty() {
        output::note("no moment comes");
    }
}

fn bytes(payload: &PlannedPayload) -> String {
    match (&payload.payload, &payload.problem) {
        (Some(bytes), _) => bytes.to_string(),
        (None, Some(problem)) => output::quoted(&problem.detail),
        (None, None) => String::new(),
    }
}
