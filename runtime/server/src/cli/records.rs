//! `champollion records`.

use champollion_delivery::{Cursor, GroupId};
use clap::{Args, Subcommand};
use reqwest::Method;
use serde_json::{Value as Json, json};

use super::{
    Failure,
    client::{self, Connection},
    output,
};

/// Pulls and acknowledges records.
#[derive(Args)]
pub(super) struct Records {
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
    /// Get records; they stay until they are acknowledged
    Pull {
        /// Go on after this cursor
        #[arg(long)]
        after: Option<Cursor>,
        /// How many at most
        #[arg(long, default_value_t = 100)]
        limit: usize,
    },
    /// Remove records that were processed
    Ack {
        /// The cursor of the last one
        cursor: Cursor,
    },
}

impl Records {
    pub(super) async fn run(self) -> Result<(), Failure> {
        match self.action {
            Action::Pull { after, limit } => self.pull(after, limit).await,
            Action::Ack { cursor } => self.acknowledge(cursor).await,
        }
    }

    async fn pull(&self, after: Option<Cursor>, limit: usize) -> Result<(), Failure> {
        let mut query = vec![("limit", limit.to_string())];
        query.extend(after.map(|cursor| ("after", cursor.to_string())));
        query.extend(self.group.as_ref().map(|group| ("group", group.to_string())));
        let query: Vec<String> =
            query.into_iter().map(|(name, value)| format!("{name}={value}")).collect();
        let page: Json = self.connection.get(&format!("/v1/records?{}", query.join("&"))).await?;
        if self.json {
            return output::json(&page);
        }
        let records = page["records"].as_array().into_iter().flatten();
        let rows = records.map(|pulled| {
            let record = &pulled["record"];
            let reading = match &record["decoded"] {
                Json::Null => format!("not decoded: {}", text(&record["decodeError"]["message"])),
                decoded => decoded["data"].to_string(),
            };
            [
                text(&pulled["cursor"]),
                text(&record["receivedAt"]),
                text(&record["device"]["devEui"]),
                record["uplink"]["fCnt"].to_string(),
                reading,
            ]
        });
        output::table(["cursor", "received at", "DevEUI", "FCnt", "data"], rows);
        output::line(format_args!("next: {}", text(&page["next"])));
        Ok(())
    }

    async fn acknowledge(&self, cursor: Cursor) -> Result<(), Failure> {
        let body = json!({ "cursor": cursor, "group": self.group });
        let request = self.connection.request(Method::POST, "/v1/records/ack")?.json(&body);
        let answer: Json = client::read(client::send(request).await?).await?;
        if self.json {
            return output::json(&answer);
        }
        output::line(format_args!("removed {} records", answer["removed"]));
        Ok(())
    }
}

fn text(json: &Json) -> String {
    json.as_str().unwrap_or_default().to_owned()
}
