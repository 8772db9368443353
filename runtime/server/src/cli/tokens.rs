//! `champollion tokens`.

use champollion_delivery::names::GroupId;
use clap::{Args, Subcommand};
use jiff::Timestamp;
use reqwest::Method;
use serde_json::{Value as Json, json};

use super::{
    Failure,
    client::{self, Connection},
    output,
};
use crate::lns::NetworkServerName;

/// Makes, lists and revokes tokens.
#[derive(Args)]
pub(super) struct Tokens {
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
    /// Make a token; it is shown once
    Create {
        /// For whom or what it is
        #[arg(long)]
        name: String,
        /// What it lets its holder do
        #[arg(long, value_parser = ["admin", "lns", "publisher", "partner"])]
        role: String,
        /// Whose records a partner gets
        #[arg(long)]
        group: Option<GroupId>,
        /// When it ends, as in 2027-01-31T00:00:00Z
        #[arg(long, value_name = "TIME")]
        expires_at: Option<Timestamp>,
        /// Which network server of the settings hands over frames with it
        #[arg(long, value_name = "NAME")]
        network_server: Option<NetworkServerName>,
    },
    /// List tokens, without their secrets
    List,
    /// End a token at once
    Revoke {
        /// Its id, as the list shows it
        id: String,
    },
}

impl Tokens {
    pub(super) async fn run(self) -> Result<(), Failure> {
        match &self.action {
            Action::Create { name, role, group, expires_at, network_server } => {
                let wanted = json!({
                    "name": name,
                    "role": role,
                    "group": group,
                    "expiresAt": expires_at,
                    "networkServer": network_server,
                });
                self.create(&wanted).await
            }
            Action::List => self.list().await,
            Action::Revoke { id } => self.revoke(id).await,
        }
    }

    async fn create(&self, wanted: &Json) -> Result<(), Failure> {
        let request = self.connection.request(Method::POST, "/v1/tokens")?.json(wanted);
        let created: Json = client::read(client::send(request).await?).await?;
        if self.json {
            return output::json(&created);
        }
        output::line(created["token"].as_str().unwrap_or_default());
        output::note("This is the only time that the token is shown.");
        Ok(())
    }

    async fn list(&self) -> Result<(), Failure> {
        let list: Json = self.connection.get("/v1/tokens").await?;
        if self.json {
            return output::json(&list);
        }
        let columns = ["id", "name", "role", "group", "networkServer", "createdAt", "expiresAt"];
        let tokens = list["tokens"].as_array().into_iter().flatten();
        let rows = tokens.map(|token| {
            columns.map(|column| token[column].as_str().unwrap_or_default().to_owned())
        });
        let heads = ["id", "name", "role", "group", "network server", "made", "expires"];
        output::table(heads, rows);
        Ok(())
    }

    async fn revoke(&self, id: &str) -> Result<(), Failure> {
        let path = format!("/v1/tokens/{id}");
        client::send(self.connection.request(Method::DELETE, &path)?).await?;
        if self.json {
            return output::json(&json!({ "revoked": id }));
        }
        output::line(format_args!("revoked {id}"));
        Ok(())
    }
}
