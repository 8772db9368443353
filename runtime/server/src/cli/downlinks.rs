//! `champollion downlinks`.

use std::collections::BTreeMap;

use champollion_delivery::names::GroupId;
use champollion_frames::DevEui;
use clap::{ArgGroup, Args, Subcommand};
use reqwest::Method;
use serde_json::{Map, Value as Json, json};
use uuid::Uuid;

use super::{
    Failure,
    client::{self, Connection},
    output, settings,
};
use crate::downlinks::{Downlink, GroupAnswer};

/// Commands devices.
#[derive(Args)]
pub(super) struct Downlinks {
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
    /// Send a command to a device, or to all of a group
    Send(Box<Sending>),
    /// List the commands of a device, the latest first
    List {
        /// Its DevEUI
        dev_eui: DevEui,
        /// How many at most
        #[arg(long, default_value_t = 100)]
        limit: usize,
        /// Only what came before this command
        #[arg(long, value_name = "ID")]
        before: Option<Uuid>,
    },
    /// Show a command
    Show {
        /// Its id
        id: Uuid,
    },
    /// Take a command back that the network server has not yet
    Cancel {
        /// Its id
        id: Uuid,
    },
}

#[derive(Args)]
#[command(group = ArgGroup::new("whom").required(true).args(["dev_eui", "group"]))]
struct Sending {
    /// The DevEUI of the device
    dev_eui: Option<DevEui>,
    /// All devices of a group
    #[arg(long)]
    group: Option<GroupId>,
    /// Of the group only those that have this tag; may stand several times
    #[arg(long, value_name = "NAME=VALUE", value_parser = settings::pair, requires = "group")]
    tag: Vec<(String, String)>,
    /// What they are told, in the words of their decoder: a JSON object
    #[arg(long, value_name = "JSON", value_parser = object)]
    command: Map<String, Json>,
    /// Ask the device to acknowledge it
    #[arg(long)]
    confirmed: bool,
    /// Give it up after so many seconds
    #[arg(long, value_name = "SECONDS")]
    expires_in: Option<u32>,
    /// high, normal or low
    #[arg(long, default_value = "normal")]
    priority: String,
    /// A name for this request: the same once more is the same command
    #[arg(long, value_name = "KEY")]
    idempotency_key: Option<String>,
}

fn object(text: &str) -> Result<Map<String, Json>, String> {
    serde_json::from_str(text).map_err(|error| format!("it is no JSON object: {error}"))
}

impl Downlinks {
    pub(super) async fn run(self) -> Result<(), Failure> {
        match &self.action {
            Action::Send(send) => self.send(send).await,
            Action::List { dev_eui, limit, before } => {
                let before = before.map(|id| format!("&before={id}")).unwrap_or_default();
                let path = format!("/v1/devices/{dev_eui}/downlinks?limit={limit}{before}");
                self.list(&path).await
            }
            Action::Show { id } => self.one(Method::GET, *id).await,
            Action::Cancel { id } => self.one(Method::DELETE, *id).await,
        }
    }

    async fn send(&self, send: &Sending) -> Result<(), Failure> {
        let mut body = json!({
            "command": send.command,
            "confirmed": send.confirmed,
            "expiresInSeconds": send.expires_in,
            "priority": send.priority,
        });
        let path = match (&send.dev_eui, &send.group) {
            (Some(dev_eui), _) => format!("/v1/devices/{dev_eui}/downlinks"),
            (None, Some(group)) => {
                body["tags"] = json!(send.tag.iter().cloned().collect::<BTreeMap<_, _>>());
                format!("/v1/groups/{group}/downlinks")
            }
            (None, None) => {
                let why = "it needs the DevEUI of a device, or --group";
                return Err(Failure::new("the command cannot be sent", why));
            }
        };
        let mut request = self.connection.request(Method::POST, &path)?.json(&body);
        if let Some(key) = &send.idempotency_key {
            request = request.header("Idempotency-Key", key);
        }
        let response = client::send(request).await?;
        if send.dev_eui.is_some() {
            let downlink: Downlink = client::read(response).await?;
            return self.shown(&downlink, "queued");
        }
        let answer: GroupAnswer = client::read(response).await?;
        if self.json {
            output::json(&answer)?;
        } else {
            self.group(&answer);
        }
        if answer.refused > 0 {
            let why = format!("{} of {} refused it", answer.refused, answer.results.len());
            return Err(Failure::new("not all devices are commanded", why));
        }
        Ok(())
    }

    fn group(&self, answer: &GroupAnswer) {
        let rows = answer.results.iter().map(|result| {
            let id = result.downlink.map(|id| id.to_string()).unwrap_or_default();
            let problem = result.problem.as_ref();
            let problem =
                problem.map(|problem| output::quoted(&problem.detail)).unwrap_or_default();
            [result.dev_eui.to_string(), id, problem]
        });
        output::table(["DevEUI", "command", "problem"], rows);
        output::line(format_args!("queued {}, refused {}", answer.queued, answer.refused));
    }

    async fn list(&self, path: &str) -> Result<(), Failure> {
        let list: Json = self.connection.get(path).await?;
        if self.json {
            return output::json(&list);
        }
        let text = |json: &Json| json.as_str().unwrap_or_default().to_owned();
        let rows = list["downlinks"].as_array().into_iter().flatten().map(|downlink| {
            [
                text(&downlink["id"]),
                text(&downlink["queuedAt"]),
                text(&downlink["state"]),
                downlink["command"].to_string(),
                text(&downlink["problem"]),
            ]
        });
        output::table(["id", "queued at", "state", "command", "problem"], rows);
        Ok(())
    }

    async fn one(&self, method: Method, id: Uuid) -> Result<(), Failure> {
        let request = self.connection.request(method, &format!("/v1/downlinks/{id}"))?;
        let downlink: Downlink = client::read(client::send(request).await?).await?;
        let state = downlink.state.as_str();
        self.shown(&downlink, state)
    }

    fn shown(&self, downlink: &Downlink, what: &str) -> Result<(), Failure> {
        if self.json {
            return output::json(downlink);
        }
        output::line(format_args!(
            "{what} {}: FPort {}, {} through {}",
            downlink.id, downlink.f_port, downlink.payload, downlink.network_server
        ));
        for warning in &downlink.warnings {
            output::note(format_args!("warning: {}", output::quoted(warning)));
        }
        if let Some(problem) = &downlink.problem {
            output::note(output::quoted(problem));
        }
        Ok(())
    }
}
