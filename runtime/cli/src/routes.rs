//! `champollion routes`: routes are made, tried and watched.

use std::{
    fs,
    io::{self, Read},
    path::{Path, PathBuf},
};

use champollion_client::{
    Answer, AttemptOutcome, Beginning, Client, MadeRoute, Route, RouteStatus, SecretRotation,
};
use champollion_delivery::{
    names::{GroupId, RouteName},
    records::Cursor,
};
use clap::{Args, Subcommand, ValueEnum};
use serde_json::{Value as Json, json};

use super::{Failure, connection::Connection, output, own_json::read_own_json};

/// Says which records go to whom, and shows how that goes.
#[derive(Args)]
pub(super) struct Routes {
    #[command(subcommand)]
    action: Action,
    #[command(flatten)]
    connection: Connection,
    /// Group of the routes, where the token is an admin's
    #[arg(long, global = true)]
    group: Option<GroupId>,
    /// Print JSON instead of text for people
    #[arg(long, global = true)]
    json: bool,
}

#[derive(Subcommand)]
enum Action {
    /// List routes with their states
    List,
    /// Show a route as JSON; its secrets are hidden
    Show {
        /// Name of the route
        name: RouteName,
    },
    /// Make a route, or replace its definition; it goes on where it was, and keeps signing secrets that are not said
    Put {
        /// Name of the route
        name: RouteName,
        /// File of the route as JSON; - is standard input. docs/delivery.md explains its members
        file: PathBuf,
        /// First record of a new route
        #[arg(long, value_enum, default_value_t = From_::Now)]
        from: From_,
    },
    /// Change the members of a route that a file names, and keep all others; null takes one away
    Change {
        /// Name of the route
        name: RouteName,
        /// File of the members as JSON; - is standard input
        file: PathBuf,
    },
    /// Rotate the secrets that requests are signed with
    Secrets {
        #[command(subcommand)]
        action: Secrets,
    },
    /// Skip a record that the recipient never takes; the record stays for other routes
    Skip {
        /// Name of the route
        name: RouteName,
        /// Id of the record; `routes show` names those that are refused
        record: String,
    },
    /// List what became of routes: stopped, failing, recovered, behind
    Events {
        /// Cursor to go on after
        #[arg(long)]
        after: Option<Cursor>,
        /// Most events of an answer
        #[arg(long, default_value_t = 100)]
        limit: usize,
    },
    /// Remove a route; its records stay in the mailbox
    Remove {
        /// Name of the route
        name: RouteName,
    },
    /// Pause a route: its records wait, for as long as they are kept
    Pause {
        /// Name of the route
        name: RouteName,
    },
    /// Resume a route that is paused, was stopped by its recipient, or waits after failures
    Resume {
        /// Name of the route
        name: RouteName,
    },
    /// Hand over a test message, to see whether the recipient takes it
    Test {
        /// Name of the route
        name: RouteName,
        /// Record of the group to make the message of: latest, or an id
        #[arg(long, value_name = "latest|ID")]
        record: Option<String>,
    },
    /// List the latest attempts of a route
    Attempts {
        /// Name of the route
        name: RouteName,
        /// Most attempts of an answer
        #[arg(long, default_value_t = 50)]
        limit: usize,
    },
}

#[derive(Subcommand)]
enum Secrets {
    /// Sign with a new secret, and for a while with the old one too
    Rotate {
        /// Name of the route
        name: RouteName,
        /// Hours for which the old secret is used beside the new one, at most 720; 0 for not at all
        #[arg(long, default_value_t = 24)]
        overlap_hours: u32,
        /// File of the new secret, whsec_ and base64; - is standard input. The server makes one without it
        #[arg(long, value_name = "FILE")]
        secret_file: Option<PathBuf>,
    },
    /// End the overlap of a rotation: sign with the new secret alone
    Retire {
        /// Name of the route
        name: RouteName,
    },
}

/// The members that a route is shown with beside its definition.
const BESIDE_THE_DEFINITION: [&str; 5] = ["group", "name", "madeBy", "changedBy", "status"];

/// Where a new route begins.
#[derive(Clone, Copy, ValueEnum)]
enum From_ {
    /// The first that comes from now on
    Now,
    /// The oldest that is kept
    Oldest,
}

impl From_ {
    fn beginning(self) -> Beginning {
        match self {
            Self::Now => Beginning::Now,
            Self::Oldest => Beginning::Oldest,
        }
    }
}

impl Routes {
    pub(super) async fn run(self) -> Result<(), Failure> {
        let client = self.connection.client()?;
        let group = self.group();
        match &self.action {
            Action::List => self.list(&client).await,
            Action::Show { name } => output::answer(&client.route(group, name).await?),
            Action::Put { name, file, from } => self.put(&client, name, file, *from).await,
            Action::Remove { name } => {
                client.remove_route(group, name).await?;
                if self.json {
                    return output::json(&json!({ "removed": name }));
                }
                output::line(format_args!("removed {name}"));
                Ok(())
            }
            Action::Pause { name } => self.changed(name, &client.pause_route(group, name).await?),
            Action::Resume { name } => self.changed(name, &client.resume_route(group, name).await?),
            Action::Test { name, record } => self.test(&client, name, record.as_deref()).await,
            Action::Change { name, file } => {
                let patch = read_json(file)?;
                self.made(name, &client.change_route(group, name, &patch).await?)
            }
            Action::Secrets { action: Secrets::Rotate { name, overlap_hours, secret_file } } => {
                let secret = secret_file.as_deref().map(read).transpose()?;
                let rotation = SecretRotation {
                    secret: secret.map(|text| text.trim().to_owned()),
                    overlap_hours: Some(*overlap_hours),
                };
                self.made(name, &client.rotate_route_secrets(group, name, &rotation).await?)
            }
            Action::Secrets { action: Secrets::Retire { name } } => {
                self.changed(name, &client.retire_route_secrets(group, name).await?)
            }
            Action::Skip { name, record } => {
                self.changed(name, &client.skip_record(group, name, record).await?)
            }
            Action::Events { after, limit } => self.events(&client, *after, *limit).await,
            Action::Attempts { name, limit } => self.attempts(&client, name, *limit).await,
        }
    }

    fn group(&self) -> Option<&str> {
        self.group.as_ref().map(GroupId::as_str)
    }

    async fn list(&self, client: &Client) -> Result<(), Failure> {
        let list = client.routes(self.group()).await?;
        if self.json {
            return output::answer(&list);
        }
        let rows = list.routes.iter().map(|route| {
            let status = &route.status;
            [
                route.group.clone(),
                route.name.clone(),
                route.to.keys().next().cloned().unwrap_or_default(),
                status.state.as_str().to_owned(),
                status.waiting.to_string(),
                status.oldest_waiting.map(output::moment).unwrap_or_default(),
                status.delivered.to_string(),
                status.expired.to_string(),
                last_answer(status),
                status.why.clone().unwrap_or_default(),
            ]
        });
        output::table(
            [
                "group",
                "name",
                "to",
                "state",
                "waiting",
                "oldest",
                "delivered",
                "expired",
                "last answer",
                "why",
            ],
            rows,
        );
        Ok(())
    }

    async fn put(
        &self,
        client: &Client,
        name: &RouteName,
        file: &Path,
        from: From_,
    ) -> Result<(), Failure> {
        let mut route = read_json(file)?;
        // A route that was shown can be sent back: what stands beside its definition is left out.
        if let Some(members) = route.as_object_mut() {
            members.retain(|member, _| !BESIDE_THE_DEFINITION.contains(&member.as_str()));
        }
        self.made(name, &client.put_route(self.group(), name, &route, from.beginning()).await?)
    }

    fn made(&self, name: &RouteName, made: &Answer<MadeRoute>) -> Result<(), Failure> {
        if self.json {
            return output::answer(made);
        }
        let route = &made.route;
        let state = route.status.state.as_str();
        output::line(format_args!("the route {}/{name} is {state}", route.group));
        if let Some(secret) = &made.signing_secret {
            output::line(format_args!("signing secret: {secret}"));
            output::note("This is the only time that the secret is shown.");
        }
        Ok(())
    }

    fn changed(&self, name: &RouteName, route: &Answer<Route>) -> Result<(), Failure> {
        if self.json {
            return output::answer(route);
        }
        output::line(format_args!("the route {name} is {}", route.status.state.as_str()));
        Ok(())
    }

    async fn events(
        &self,
        client: &Client,
        after: Option<Cursor>,
        limit: usize,
    ) -> Result<(), Failure> {
        let after = after.map(|cursor| cursor.to_string());
        let list = client.events(self.group(), after.as_deref(), limit).await?;
        if self.json {
            return output::answer(&list);
        }
        let rows = list.events.iter().map(|event| {
            [
                event.cursor.clone(),
                output::moment(event.at),
                event.route.as_deref().unwrap_or("(inbox)").to_owned(),
                event.kind.clone(),
                event.message.clone(),
            ]
        });
        output::table(["cursor", "at", "route", "event", "message"], rows);
        Ok(())
    }

    async fn test(
        &self,
        client: &Client,
        name: &RouteName,
        record: Option<&str>,
    ) -> Result<(), Failure> {
        let attempt = client.test_route(self.group(), name, record).await?;
        if self.json {
            output::answer(&attempt)?;
        }
        if attempt.outcome != AttemptOutcome::Taken {
            return Err(Failure::new("the recipient did not take it", &attempt.message));
        }
        if !self.json {
            let (id, took) = (&attempt.id, attempt.milliseconds);
            output::line(format_args!("the recipient took {id} in {took} ms"));
            if !attempt.message.is_empty() {
                output::note(output::quoted(&attempt.message));
            }
        }
        Ok(())
    }

    async fn attempts(
        &self,
        client: &Client,
        name: &RouteName,
        limit: usize,
    ) -> Result<(), Failure> {
        let list = client.route_attempts(self.group(), name, Some(limit)).await?;
        if self.json {
            return output::answer(&list);
        }
        let rows = list.attempts.iter().map(|attempt| {
            [
                output::moment(attempt.at),
                attempt.id.clone(),
                attempt.count.to_string(),
                attempt.outcome.as_str().to_owned(),
                attempt.status.map(|status| status.to_string()).unwrap_or_default(),
                attempt.milliseconds.to_string(),
                attempt.message.clone(),
            ]
        });
        output::table(["at", "id", "records", "outcome", "status", "ms", "what was said"], rows);
        Ok(())
    }
}

/// The text of a file, or of standard input.
fn read(file: &Path) -> Result<String, Failure> {
    let text = if file.as_os_str() == "-" {
        let mut text = String::new();
        io::stdin().read_to_string(&mut text).map(|_| text)
    } else {
        fs::read_to_string(file)
    };
    text.map_err(Failure::of(format!("{} cannot be read", file.display())))
}

fn read_json(file: &Path) -> Result<Json, Failure> {
    let text = read(file)?;
    read_own_json(&text).map_err(Failure::of(format!("{} cannot be read", file.display())))
}

/// The last answer of a recipient: its status, or the outcome where it has none, and when.
fn last_answer(status: &RouteStatus) -> String {
    let both = [&status.last_success, &status.last_failure];
    let last = both.into_iter().flatten().max_by_key(|attempt| attempt.at);
    let said = last.map(|attempt| {
        let answer = attempt.status.map(|status| status.to_string());
        let answer = answer.unwrap_or_else(|| attempt.outcome.as_str().to_owned());
        format!("{answer} at {:.0}", attempt.at)
    });
    said.unwrap_or_default()
}
