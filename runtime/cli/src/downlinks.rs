//! `champollion downlinks`: commands are sent to devices and followed.

use champollion_client::{
    Client, Downlink, DownlinkListing, DownlinkRequest, GroupAnswer, GroupDownlinkRequest,
};
use champollion_delivery::names::GroupId;
use champollion_frames::DevEui;
use clap::{ArgGroup, Args, Subcommand};
use serde_json::{Map, Value as Json};
use uuid::Uuid;

use super::{Failure, connection::Connection, output, own_json::read_own_json, settings};

/// The commands to devices, and the way to the server.
#[derive(Args)]
pub(super) struct Downlinks {
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
    /// Send a command to a device, or to all of a group
    Send(Box<Sending>),
    /// List the commands of a device, the latest first
    List {
        /// DevEUI of the device, 16 hexadecimal digits
        dev_eui: DevEui,
        /// Most commands to list
        #[arg(long, default_value_t = 100)]
        limit: usize,
        /// Id of a command: list only those that were sent before it
        #[arg(long, value_name = "ID")]
        before: Option<Uuid>,
    },
    /// Show a command and its state
    Show {
        /// Id of the command
        id: Uuid,
    },
    /// Take a command back that was not sent yet, where the network server gives it back
    Cancel {
        /// Id of the command
        id: Uuid,
    },
}

#[derive(Args)]
#[command(group = ArgGroup::new("whom").required(true).args(["dev_eui", "group"]))]
struct Sending {
    /// DevEUI of the device, 16 hexadecimal digits
    dev_eui: Option<DevEui>,
    /// All devices of a group
    #[arg(long)]
    group: Option<GroupId>,
    /// Only devices of the group that have this tag; may stand several times
    #[arg(long, value_name = "NAME=VALUE", value_parser = settings::pair, requires = "group")]
    tag: Vec<(String, String)>,
    /// Command to the devices, in the words of their decoder: a JSON object
    #[arg(long, value_name = "JSON", value_parser = object)]
    command: Map<String, Json>,
    /// Ask the device to acknowledge the command
    #[arg(long)]
    confirmed: bool,
    /// Seconds after which the command is given up
    #[arg(long, value_name = "SECONDS")]
    expires_in: Option<u32>,
    /// high, normal or low
    #[arg(long, default_value = "normal")]
    priority: String,
    /// Name of this request: a repeat with the same name sends no second command
    #[arg(long, value_name = "KEY")]
    idempotency_key: Option<String>,
}

fn object(text: &str) -> Result<Map<String, Json>, String> {
    read_own_json(text).map_err(|error| format!("it is no JSON object: {error}"))
}

impl Downlinks {
    pub(super) async fn run(self) -> Result<(), Failure> {
        let client = self.connection.client()?;
        match &self.action {
            Action::Send(send) => self.send(&client, send).await,
            Action::List { dev_eui, limit, before } => {
                let listing = DownlinkListing { before: *before, limit: Some(*limit) };
                self.list(&client, *dev_eui, &listing).await
            }
            Action::Show { id } => self.one(&client.downlink(*id).await?.into_value()),
            Action::Cancel { id } => self.one(&client.cancel_downlink(*id).await?.into_value()),
        }
    }

    async fn send(&self, client: &Client, send: &Sending) -> Result<(), Failure> {
        let wish = DownlinkRequest {
            command: send.command.clone(),
            confirmed: send.confirmed,
            expires_at: None,
            expires_in_seconds: send.expires_in,
            priority: Some(send.priority.clone()),
        };
        let key = send.idempotency_key.as_deref();
        let answer = match (&send.dev_eui, &send.group) {
            (Some(dev_eui), _) => {
                let downlink = client.send_downlink(*dev_eui, &wish, key).await?;
                return self.shown(&downlink, "queued");
            }
            (None, Some(group)) => {
                let wish =
                    GroupDownlinkRequest { each: wish, tags: send.tag.iter().cloned().collect() };
                client.send_downlink_to_group(group, &wish, key).await?.into_value()
            }
            (None, None) => {
                let why = "it needs the DevEUI of a device, or --group";
                return Err(Failure::new("the command cannot be sent", why));
            }
        };
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

    async fn list(
        &self,
        client: &Client,
        dev_eui: DevEui,
        listing: &DownlinkListing,
    ) -> Result<(), Failure> {
        let list = client.downlinks_of_device(dev_eui, listing).await?;
        if self.json {
            return output::answer(&list);
        }
        let rows = list.downlinks.iter().map(|downlink| {
            [
                downlink.id.to_string(),
                output::moment(downlink.queued_at),
                downlink.state.to_string(),
                Json::Object(downlink.command.clone()).to_string(),
                downlink.waiting_for.clone().unwrap_or_default(),
                downlink.problem.clone().unwrap_or_default(),
            ]
        });
        output::table(["id", "queued at", "state", "command", "waits for", "problem"], rows);
        Ok(())
    }

    fn one(&self, downlink: &Downlink) -> Result<(), Failure> {
        self.shown(downlink, &downlink.state.to_string())
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
        if let Some(waiting_for) = &downlink.waiting_for {
            output::note(format_args!("waits for {}", output::quoted(waiting_for)));
        }
        if let Some(problem) = &downlink.problem {
            output::note(output::quoted(problem));
        }
        Ok(())
    }
}
