//! `champollion routes`.

use std::{
    fs,
    io::{self, Read},
    path::PathBuf,
};

use champollion_delivery::names::{GroupId, RouteName};
use clap::{Args, Subcommand, ValueEnum};
use reqwest::Method;
use serde_json::{Value as Json, json};

use super::{
    Failure,
    client::{self, Connection},
    output,
};

/// Says which records go to whom, and shows how that goes.
#[derive(Args)]
pub(super) struct Routes {
    #[command(subcommand)]
    action: Action,
    #[command(flatten)]
    connection: Connection,
    /// Whose, where the token is an admin's
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
        /// How many at most
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
    fn word(self) -> &'static str {
        match self {
            Self::Now => "now",
            Self::Oldest => "oldest",
        }
    }
}

impl Routes {
    pub(super) async fn run(self) -> Result<(), Failure> {
        match &self.action {
            Action::List => self.list().await,
            Action::Show { name } => {
                output::json(&self.connection.get::<Json>(&self.path(name, "", "")).await?)
            }
            Action::Put { name, file, from } => self.put(name, file, *from).await,
            Action::Remove { name } => {
                let path = self.path(name, "", "");
                client::send(self.connection.request(Method::DELETE, &path)?).await?;
                self.done(&json!({ "removed": name }), format_args!("removed {name}"))
            }
            Action::Pause { name } => self.change(name, "pause").await,
            Action::Resume { name } => self.change(name, "resume").await,
            Action::Test { name } => self.test(name).await,
            Action::Attempts { name, limit } => self.attempts(name, *limit).await,
        }
    }

    /// The path of a route.
    fn path(&self, name: &RouteName, below: &str, query: &str) -> String {
        let group = self.group.as_ref().map(|group| format!("group={group}"));
        let query: Vec<&str> = group
            .as_deref()
            .into_iter()
            .chain(Some(query))
            .filter(|part| !part.is_empty())
            .collect();
        let mark = if query.is_empty() { "" } else { "?" };
        format!("/v1/routes/{name}{below}{mark}{}", query.join("&"))
    }

    fn done(&self, json: &Json, line: std::fmt::Arguments<'_>) -> Result<(), Failure> {
        if self.json {
            return output::json(json);
        }
        output::line(line);
        Ok(())
    }

    async fn list(&self) -> Result<(), Failure> {
        let path = client::of_group("/v1/routes", self.group.as_ref());
        let list: Json = self.connection.get(&path).await?;
        if self.json {
            return output::json(&list);
        }
        let routes = list["routes"].as_array().into_iter().flatten();
        let rows = routes.map(|route| {
            let status = &route["status"];
            let to = route["to"].as_object().and_then(|to| to.keys().next());
            [
                text(&route["group"]),
                text(&route["name"]),
                to.cloned().unwrap_or_default(),
                text(&status["state"]),
                status["waiting"].to_string(),
                text(&status["oldestWaiting"]),
                status["delivered"].to_string(),
                status["expired"].to_string(),
            ]
        });
        output::table(
            ["group", "name", "to", "state", "waiting", "oldest", "delivered", "expired"],
            rows,
        );
        Ok(())
    }

    async fn put(&self, name: &RouteName, file: &PathBuf, from: From_) -> Result<(), Failure> {
        let text = if file.as_os_str() == "-" {
            let mut text = String::new();
            io::stdin().read_to_string(&mut text).map(|_| text)
        } else {
            fs::read_to_string(file)
        };
        let task = format!("{} cannot be read", file.display());
        let text = text.map_err(Failure::of(task.clone()))?;
        let route: Json = serde_json::from_str(&text).map_err(Failure::of(task))?;
        let path = self.path(name, "", &format!("from={}", from.word()));
        let request = self.connection.request(Method::PUT, &path)?.json(&route);
        let made: Json = client::read(client::send(request).await?).await?;
        if self.json {
            return output::json(&made);
        }
        output::line(format_args!(
            "the route {}/{name} is {}",
            text_of(&made["group"]),
            state(&made)
        ));
        if let Some(secret) = made["signingSecret"].as_str() {
            output::line(format_args!("signing secret: {secret}"));
            output::note("This is the only time that the secret is shown.");
        }
        Ok(())
    }

    async fn change(&self, name: &RouteName, what: &str) -> Result<(), Failure> {
        let path = self.path(name, &format!("/{what}"), "");
        let request = self.connection.request(Method::POST, &path)?;
        let route: Json = client::read(client::send(request).await?).await?;
        self.done(&route, format_args!("the route {name} is {}", state(&route)))
    }

    async fn test(&self, name: &RouteName) -> Result<(), Failure> {
        let path = self.path(name, "/test", "");
        let request = self.connection.request(Method::POST, &path)?;
        let attempt: Json = client::read(client::send(request).await?).await?;
        if attempt["outcome"] != "taken" {
            if self.json {
                output::json(&attempt)?;
            }
            return Err(Failure::new("the recipient did not take it", text(&attempt["message"])));
        }
        let took = &attempt["milliseconds"];
        self.done(
            &attempt,
            format_args!("the recipient took {} in {took} ms", text(&attempt["id"])),
        )
    }

    async fn attempts(&self, name: &RouteName, limit: usize) -> Result<(), Failure> {
        let path = self.path(name, "/attempts", &format!("limit={limit}"));
        let list: Json = self.connection.get(&path).await?;
        if self.json {
            return output::json(&list);
        }
        let attempts = list["attempts"].as_array().into_iter().flatten();
        let rows = attempts.map(|attempt| {
            [
                text(&attempt["at"]),
                text(&attempt["id"]),
                attempt["count"].to_string(),
                text(&attempt["outcome"]),
                attempt["status"].as_u64().map(|status| status.to_string()).unwrap_or_default(),
                attempt["milliseconds"].to_string(),
                text(&attempt["message"]),
            ]
        });
        output::table(["at", "id", "records", "outcome", "status", "ms", "what was said"], rows);
        Ok(())
    }
}

fn state(route: &Json) -> String {
    text(&route["status"]["state"])
}

fn text_of(json: &Json) -> &str {
    json.as_str().unwrap_or_default()
}

fn text(json: &Json) -> String {
    text_of(json).to_owned()
}
