//! `champollion parked`.

use clap::{Args, Subcommand};
use reqwest::Method;
use serde_json::{Value as Json, json};
use uuid::Uuid;

use super::{
    Failure,
    client::{self, Connection},
    output,
};

/// Looks after messages of brokers that could not be read.
#[derive(Args)]
pub(super) struct Parked {
    #[command(subcommand)]
    action: Action,
    #[command(flatten)]
    connection: Connection,
    /// Print JSON
    #[arg(long, global = true)]
    json: bool,
}

#[derive(Subcommand)]
enum Action {
    /// List them, the oldest first
    List,
    /// Show what one says, and what is wrong with it
    Show {
        /// Its id
        id: Uuid,
    },
    /// Forget one
    Drop {
        /// Its id
        id: Uuid,
    },
    /// Take one once more; it is forgotten where that succeeds
    Retry {
        /// Its id
        id: Uuid,
    },
}

impl Parked {
    pub(super) async fn run(self) -> Result<(), Failure> {
        match self.action {
            Action::List => self.list().await,
            Action::Show { id } => self.show(id).await,
            Action::Drop { id } => {
                let path = format!("/v1/parked/{id}");
                client::send(self.connection.request(Method::DELETE, &path)?).await?;
                self.done(&json!({ "dropped": id }), format!("dropped {id}"))
            }
            Action::Retry { id } => {
                let path = format!("/v1/parked/{id}/retry");
                let request = self.connection.request(Method::POST, &path)?;
                let answer: Json = client::read(client::send(request).await?).await?;
                let said = format!("{}: {id}", text(&answer["result"]));
                self.done(&answer, said)
            }
        }
    }

    async fn list(&self) -> Result<(), Failure> {
        let list: Json = self.connection.get("/v1/parked").await?;
        if self.json {
            return output::json(&list);
        }
        let rows = list["parked"].as_array().into_iter().flatten().map(|parked| {
            [
                text(&parked["id"]),
                text(&parked["lastAt"]),
                parked["times"].to_string(),
                text(&parked["topic"]),
                text(&parked["detail"]),
            ]
        });
        output::table(["id", "last at", "times", "topic", "what is wrong"], rows);
        Ok(())
    }

    async fn show(&self, id: Uuid) -> Result<(), Failure> {
        let parked: Json = self.connection.get(&format!("/v1/parked/{id}")).await?;
        if self.json {
            return output::json(&parked);
        }
        output::line(format_args!("{}: {}", text(&parked["topic"]), text(&parked["detail"])));
        let says = parked["text"].as_str().or(parked["base64"].as_str()).unwrap_or_default();
        output::line(says);
        Ok(())
    }

    fn done(&self, json: &Json, said: String) -> Result<(), Failure> {
        if self.json {
            return output::json(json);
        }
        output::line(said);
        Ok(())
    }
}

fn text(json: &Json) -> String {
    json.as_str().map(output::quoted).unwrap_or_default()
}
