//! `champollion parked`: messages of brokers that cannot be read are looked after.

use champollion_client::Client;
use clap::{Args, Subcommand};
use serde_json::json;
use uuid::Uuid;

use super::{Failure, connection::Connection, output};

/// Looks after messages of brokers that could not be read.
#[derive(Args)]
pub(super) struct Parked {
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
    /// List parked messages, the oldest first
    List,
    /// Show the text of a message, and what is wrong with it
    Show {
        /// Id of the message
        id: Uuid,
    },
    /// Forget a message without reading it
    Drop {
        /// Id of the message
        id: Uuid,
    },
    /// Take a message once more; it is forgotten where that succeeds
    Retry {
        /// Id of the message
        id: Uuid,
    },
}

impl Parked {
    pub(super) async fn run(self) -> Result<(), Failure> {
        let client = self.connection.client()?;
        match self.action {
            Action::List => self.list(&client).await,
            Action::Show { id } => self.show(&client, id).await,
            Action::Drop { id } => {
                client.drop_parked(id).await?;
                if self.json {
                    return output::json(&json!({ "dropped": id }));
                }
                output::line(format_args!("dropped {id}"));
                Ok(())
            }
            Action::Retry { id } => {
                let retried = client.retry_parked(id).await?;
                if self.json {
                    return output::answer(&retried);
                }
                output::line(format_args!("{}: {id}", output::quoted(&retried.result)));
                Ok(())
            }
        }
    }

    async fn list(&self, client: &Client) -> Result<(), Failure> {
        let list = client.parked().await?;
        if self.json {
            return output::answer(&list);
        }
        let rows = list.parked.iter().map(|parked| {
            [
                parked.id.to_string(),
                output::moment(parked.last_at),
                parked.times.to_string(),
                output::quoted(&parked.topic),
                output::quoted(&parked.detail),
            ]
        });
        output::table(["id", "last at", "times", "topic", "what is wrong"], rows);
        Ok(())
    }

    async fn show(&self, client: &Client, id: Uuid) -> Result<(), Failure> {
        let parked = client.parked_message(id).await?;
        if self.json {
            return output::answer(&parked);
        }
        let (topic, detail) = (&parked.message.topic, &parked.message.detail);
        output::line(format_args!("{}: {}", output::quoted(topic), output::quoted(detail)));
        let says = parked.text.as_deref().or(parked.base64.as_deref()).unwrap_or_default();
        output::line(says);
        Ok(())
    }
}
