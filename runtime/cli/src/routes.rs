//! `champollion routes`: routes are made, tried and watched.

use std::{
    fs,
    io::{self, Read},
    path::PathBuf,
};

use champollion_client::{Answer, AttemptOutcome, Beginning, Client, Route};
use champollion_delivery::names::{GroupId, RouteName};
use clap::{Args, Subcommand, ValueEnum};
use serde_json::{Value as Json, json};

use super::{Failure, connection::Connection, output};

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
    /// Make a route, or change one; a changed route goes on where it was
    Put {
        /// Name of the route
        name: RouteName,
        /// File of the route as JSON; - is standard input. docs/delivery.md explains its members
        file: PathBuf,
        /// First record of a new route
        #[arg(long, value_enum, default_value_t = From_::Now)]
        from: From_,
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
            Action::Test { name } => self.test(&client, name).await,
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
            ]
        });
        output::table(
            ["group", "name", "to", "state", "waiting", "oldest", "delivered", "expired"],
            rows,
        );
        Ok(())
    }

    async fn put(
        &self,
        client: &Client,
        name: &RouteName,
        file: &PathBuf,
        from: From_,
    ) -> Result<(), Failure> {
        let text = if file.as_os_str() == "-" {
            let mut text = String::new();
            io::stdin().read_to_string(&mut text).map(|_| text)
        } else {
            fs::read_to_string(file)
        };
        let task = format!("{} cannot be read", file.display());
        let text = text.map_err(Failure::of(task.clone()))?;
        let route: Json = serde_json::from_str(&text).map_err(Failure::of(task))?;
        let made = client.put_route(self.group(), name, &route, from.beginning()).await?;
        if self.json {
            return output::answer(&made);
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

    async fn test(&self, client: &Client, name: &RouteName) -> Result<(), Failure> {
        let attempt = client.test_route(self.group(), name).await?;
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
