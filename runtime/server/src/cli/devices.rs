//! `champollion devices`.

use std::collections::BTreeMap;

use champollion_delivery::GroupId;
use champollion_frames::{AppSKey, DevAddr, DevEui, NwkSKey};
use champollion_registry::DecoderRef;
use champollion_sdk::vectors::Setting;
use clap::{Args, Subcommand};
use reqwest::Method;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{
    Failure,
    client::{self, Connection},
    output, settings,
};
use crate::devices::Device;

/// Registers, lists and removes devices.
#[derive(Args)]
pub(super) struct Devices {
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
    /// Register a device activated by personalization, or change what is registered
    Add(Box<Add>),
    /// List devices
    List,
    /// Forget a device
    Remove {
        /// Its DevEUI
        dev_eui: DevEui,
    },
}

#[derive(Args)]
struct Add {
    /// Its DevEUI
    dev_eui: DevEui,
    /// The group that it belongs to
    #[arg(long)]
    group: GroupId,
    /// What decodes it
    #[arg(long, value_name = "VENDOR/MODEL[@REQUIREMENT]")]
    decoder: Option<DecoderRef>,
    /// Its name for people
    #[arg(long, default_value = "")]
    name: String,
    /// The address that it sends from
    #[arg(long)]
    dev_addr: DevAddr,
    /// The key of the MIC
    #[arg(long, env = "CHAMPOLLION_NWK_S_KEY", hide_env_values = true)]
    nwk_s_key: NwkSKey,
    /// The key of the payload
    #[arg(long, env = "CHAMPOLLION_APP_S_KEY", hide_env_values = true)]
    app_s_key: AppSKey,
    /// A setting that its decoder reads; may stand several times
    #[arg(long, value_name = "NAME=VALUE", value_parser = settings::variable)]
    variable: Vec<(String, Setting)>,
    /// A word of your own that its records carry; may stand several times
    #[arg(long, value_name = "NAME=VALUE", value_parser = settings::pair)]
    tag: Vec<(String, String)>,
}

#[derive(Serialize, Deserialize)]
struct DeviceList {
    devices: Vec<Device>,
}

impl Devices {
    pub(super) async fn run(self) -> Result<(), Failure> {
        match &self.action {
            Action::Add(add) => self.add(add).await,
            Action::List => self.list().await,
            Action::Remove { dev_eui } => self.remove(*dev_eui).await,
        }
    }

    async fn add(&self, add: &Add) -> Result<(), Failure> {
        let variables: BTreeMap<_, _> = add.variable.iter().cloned().collect();
        let tags: BTreeMap<_, _> = add.tag.iter().cloned().collect();
        let registration = json!({
            "name": add.name,
            "group": add.group,
            "decoder": add.decoder,
            "activation": { "abp": {
                "devAddr": add.dev_addr,
                "nwkSKey": add.nwk_s_key.reveal_hex(),
                "appSKey": add.app_s_key.reveal_hex(),
            }},
            "variables": variables,
            "tags": tags,
        });
        let path = format!("/v1/devices/{}", add.dev_eui);
        let request = self.connection.request(Method::PUT, &path)?.json(&registration);
        let device: Device = client::read(client::send(request).await?).await?;
        if self.json {
            return output::json(&device);
        }
        output::line(format_args!("registered {} in {}", device.dev_eui, device.group));
        Ok(())
    }

    async fn list(&self) -> Result<(), Failure> {
        let list: DeviceList = self.connection.get("/v1/devices").await?;
        if self.json {
            return output::json(&list);
        }
        let rows = list.devices.into_iter().map(|device| {
            let decoder = device.decoder.map(|decoder| decoder.to_string()).unwrap_or_default();
            let (dev_eui, dev_addr) = (device.dev_eui.to_string(), device.dev_addr.to_string());
            [dev_eui, dev_addr, device.name, device.group.to_string(), decoder]
        });
        output::table(["DevEUI", "DevAddr", "name", "group", "decoder"], rows);
        Ok(())
    }

    async fn remove(&self, dev_eui: DevEui) -> Result<(), Failure> {
        let path = format!("/v1/devices/{dev_eui}");
        client::send(self.connection.request(Method::DELETE, &path)?).await?;
        if self.json {
            return output::json(&json!({ "removed": dev_eui }));
        }
        output::line(format_args!("removed {dev_eui}"));
        Ok(())
    }
}
