//! `champollion routes`.

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
    /// Print JSON
    #[arg(long, global = true)]
    json: bool,
}

#[derive(Subcommand)]
enum Action {
    /// List routes, and how each is
    List,
    /// Show one whole; its secrets are hidden
    Show { name: RouteName },
    /// Make a route, or change one; what it is done with stays done
    Put {
        name: RouteName,
        /// A file of the route as JSON; - is standard input. docs/delivery.md says what may stand in it
        file: PathBuf,
        /// Where a new route begins
        #[arg(long, value_enum, default_value_t = From_::Now)]
        from: From_,
    },
    /// Remove a route
    Remove { name: RouteName },
    /// Hand nothing over for a while; records wait, for as long as they are kept
    Pause { name: RouteName },
    /// Go on: also where the recipient wanted nothing any more, or is left alone after failures
    Resume { name: RouteName },
    /// Hand over something that is no record, to see whether the recipient takes it
    Test { name: RouteName },
    /// Show what was tried of late
    Attempts {
        name: RouteName,
        /// Most attempts of an answer
        #[arg(long, default_value_t = 50)]
        limit: usize,
    },
}

/// Where a new route begins.
#[derive(Clone, Copy, ValueEnum)]
enum From_ {
    /// With the records that come from now on
    Now,
    /// With the oldest that is kept
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
                status.oldest_waiting.map(|at| at.to_string()).unwrap_or_default(),
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
                attempt.at.to_string(),
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
