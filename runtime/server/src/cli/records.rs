//! `champollion records`.

use std::{
    io::{self, Write as _},
    time::Duration,
};

use champollion_delivery::{
    formats::Format,
    names::{GroupId, RouteName},
    records::Cursor,
};
use clap::{Args, Subcommand};
use reqwest::Method;
use serde_json::{Value as Json, json};

use super::{
    Failure,
    client::{self, Connection},
    output,
    redecode::Redecode,
};

/// A stream of records is begun anew after so long at the latest.
const FOLLOWING: Duration = Duration::from_secs(3_600);

/// After a stream was lost, so long is waited.
const RECONNECT: Duration = Duration::from_secs(1);

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
        /// Seconds to wait for a record where there is none
        #[arg(long, value_name = "SECONDS")]
        wait: Option<u64>,
        /// Print them as they come, and where to go on beside it: json, ndjson, csv-rows, csv-columns,
        /// senml
        #[arg(long)]
        format: Option<Format>,
        #[command(flatten)]
        which: Which,
    },
    /// Print records as they come, each as a line of JSON; they stay until they are acknowledged
    Follow {
        /// Begin after this cursor, and not with the oldest record
        #[arg(long)]
        after: Option<Cursor>,
        #[command(flatten)]
        which: Which,
    },
    /// Show what waits, and when it will be removed undelivered
    Retention,
    /// Decode what is still kept once more, by another version: corrected records, which name those that
    /// they replace
    Redecode(Redecode),
    /// Remove records that were processed
    Ack {
        /// The cursor of the last one
        cursor: Cursor,
        /// Of the route that is fetched from
        #[arg(long)]
        route: Option<RouteName>,
    },
}

/// Which records.
#[derive(Args)]
struct Which {
    /// Those of a route that is fetched from
    #[arg(long)]
    route: Option<RouteName>,
    /// Of these devices; several are separated by commas, as in what follows
    #[arg(long, value_name = "DEVEUI")]
    device: Option<String>,
    /// In these parts of the group
    #[arg(long)]
    sub_group: Option<String>,
    /// Of devices that are there for these
    #[arg(long)]
    use_case: Option<String>,
    /// Decoded by these: vendor/model, or vendor/*
    #[arg(long)]
    decoder: Option<String>,
    /// Sent on these ports
    #[arg(long)]
    port: Option<String>,
    /// Only those that are decoded, or only those that are not
    #[arg(long, value_name = "true|false")]
    decoded: Option<bool>,
    /// For which this is true, as in tags.street == 'Rue X'
    #[arg(long)]
    expression: Option<String>,
    /// In which shape
    #[arg(long, value_parser = ["raw", "decoded", "both"])]
    shape: Option<String>,
}

impl Which {
    /// The same as parameters of a query.
    fn parameters(&self) -> impl Iterator<Item = (&'static str, String)> {
        [
            ("route", self.route.as_ref().map(ToString::to_string)),
            ("device", self.device.clone()),
            ("subGroup", self.sub_group.clone()),
            ("useCase", self.use_case.clone()),
            ("decoder", self.decoder.clone()),
            ("port", self.port.clone()),
            ("decoded", self.decoded.map(|decoded| decoded.to_string())),
            ("expression", self.expression.clone()),
            ("shape", self.shape.clone()),
        ]
        .into_iter()
        .filter_map(|(name, value)| Some((name, value?)))
    }
}

impl Records {
    pub(super) async fn run(self) -> Result<(), Failure> {
        match &self.action {
            Action::Pull { after, limit, wait, format, which } => {
                let mut query = self.query(*after, which);
                query.push(("limit", limit.to_string()));
                query.extend(wait.map(|seconds| ("wait", seconds.to_string())));
                match format {
                    Some(format) => {
                        query.push(("format", format.to_string()));
                        self.print(&query).await
                    }
                    None => self.pull(&query).await,
                }
            }
            Action::Follow { after, which } => self.follow(self.query(*after, which)).await,
            Action::Retention => self.retention().await,
            Action::Ack { cursor, route } => self.acknowledge(*cursor, route.as_ref()).await,
            Action::Redecode(redecode) => {
                redecode.run(&self.connection, self.group.as_ref(), self.json).await
            }
        }
    }

    fn query(&self, after: Option<Cursor>, which: &Which) -> Vec<(&'static str, String)> {
        let mut query: Vec<_> = which.parameters().collect();
        query.extend(after.map(|cursor| ("after", cursor.to_string())));
        query.extend(self.group.as_ref().map(|group| ("group", group.to_string())));
        query
    }

    /// Prints records in a format, byte by byte, and where to go on beside it.
    async fn print(&self, query: &[(&'static str, String)]) -> Result<(), Failure> {
        let request = self.connection.request(Method::GET, "/v1/records")?.query(query);
        let response = client::send(request).await?;
        let next = response.headers().get("next-cursor").cloned();
        let body = response.bytes().await.map_err(Failure::of("the answer breaks off"))?;
        let mut out = io::stdout().lock();
        let written = out.write_all(&body).and_then(|()| out.flush());
        written.map_err(Failure::of("the records cannot be printed"))?;
        if let Some(next) = next.as_ref().and_then(|next| next.to_str().ok()) {
            output::note(format_args!("next: {}", output::quoted(next)));
        }
        Ok(())
    }

    /// Prints what comes. Where the connection is lost it is made again, after what was printed last.
    async fn follow(&self, mut query: Vec<(&'static str, String)>) -> Result<(), Failure> {
        loop {
            let request = self.connection.request(Method::GET, "/v1/records/stream")?.query(&query);
            let mut events = client::send(request.timeout(FOLLOWING)).await?;
            let mut lines = Lines::default();
            while let Ok(Some(chunk)) = events.chunk().await {
                for line in lines.of(&chunk) {
                    if let Some(record) = line.strip_prefix("data: ") {
                        output::line(record);
                    } else if let Some(cursor) = line.strip_prefix("id: ") {
                        query.retain(|(name, _)| *name != "after");
                        query.push(("after", cursor.to_owned()));
                    }
                }
            }
            tokio::time::sleep(RECONNECT).await;
        }
    }

    async fn pull(&self, query: &[(&str, String)]) -> Result<(), Failure> {
        let request = self.connection.request(Method::GET, "/v1/records")?.query(query);
        let page: Json = client::read(client::send(request).await?).await?;
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

    async fn retention(&self) -> Result<(), Failure> {
        let path = client::of_group("/v1/retention", self.group.as_ref());
        let retention: Json = self.connection.get(&path).await?;
        if self.json {
            return output::json(&retention);
        }
        let backlogs = retention["backlogs"].as_array().into_iter().flatten();
        let rows = backlogs.map(|backlog| {
            let older = backlog["older"].as_array().into_iter().flatten();
            let older = older.map(|older| format!("{} h: {}", older["hours"], older["records"]));
            [
                text(&backlog["group"]),
                backlog["route"].as_str().unwrap_or("(inbox)").to_owned(),
                backlog["waiting"].to_string(),
                older.collect::<Vec<_>>().join(", "),
                text(&backlog["nextExpiry"]),
                backlog["expired"].to_string(),
            ]
        });
        output::table(
            ["group", "route", "waiting", "older than", "next removal", "removed undelivered"],
            rows,
        );
        Ok(())
    }

    async fn acknowledge(&self, cursor: Cursor, route: Option<&RouteName>) -> Result<(), Failure> {
        let body = json!({ "cursor": cursor, "group": self.group, "route": route });
        let request = self.connection.request(Method::POST, "/v1/records/ack")?.json(&body);
        let answer: Json = client::read(client::send(request).await?).await?;
        if self.json {
            return output::json(&answer);
        }
        output::line(format_args!("removed {} records", answer["removed"]));
        Ok(())
    }
}

/// The lines of a text that comes in pieces.
#[derive(Default)]
struct Lines {
    begun: Vec<u8>,
}

impl Lines {
    /// The lines that a piece brings to their end.
    fn of(&mut self, piece: &[u8]) -> Vec<String> {
        self.begun.extend_from_slice(piece);
        let Some(end) = self.begun.iter().rposition(|&byte| byte == b'\n') else {
            return Vec::new();
        };
        let whole: Vec<u8> = self.begun.drain(..=end).collect();
        String::from_utf8_lossy(&whole).lines().map(str::to_owned).collect()
    }
}

fn text(json: &Json) -> String {
    json.as_str().unwrap_or_default().to_owned()
}
