//! `champollion devices`: devices are registered, listed and removed.

mod derive;
mod import;
mod object;
mod points;
mod sheets;

use champollion_client::{
    AbpKeys, Activation, ActivationKind, Assignment, Client, Device, OtaaKeys, PayloadState,
    Registration,
};
use champollion_delivery::names::{GroupId, SubGroup, UseCase};
use champollion_frames::{
    AppKey, AppSKey, DevAddr, DevEui, FNwkSIntKey, JoinEui, LorawanVersion, NwkKey, NwkSEncKey,
    NwkSKey, SNwkSIntKey,
};
use champollion_lns::NetworkServerName;
use champollion_registry::package::DecoderRef;
use champollion_sdk::vectors::Setting;
use clap::{Args, Subcommand};
use serde_json::json;

use super::{Failure, connection::Connection, output, settings};

/// Registers, lists and removes devices.
#[derive(Args)]
pub(super) struct Devices {
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
    /// Register a device, or change what is registered
    Add(Box<Add>),
    /// Give a device another decoder; without --decoder none
    Assign {
        /// DevEUI of the device, 16 hexadecimal digits
        dev_eui: DevEui,
        #[command(flatten)]
        assigned: Assigned,
    },
    /// Give a device, or all of a group, derived decoders; or list those that it has
    Derive(derive::Derive),
    /// List devices, a line each
    List {
        /// Only devices in service that were not heard for so many hours
        #[arg(long, value_name = "HOURS", value_parser = clap::value_parser!(u32).range(1..))]
        silent_hours: Option<u32>,
    },
    /// Register the devices of a sheet (XLSX, ODS, CSV), or change what it has of them
    Import(import::Import),
    /// Write devices into a sheet that can be changed and imported, without their keys
    Export(sheets::Export),
    /// Have a device take the place of another one, so that the series of its point goes on
    Replace(points::Replace),
    /// Put a device on a point, or take it from there
    Point(points::OnPoint),
    /// List points, with the devices that are and were on them
    Points,
    /// Write an empty sheet with its headings and lists of words
    Template(sheets::Template),
    /// Show a device as JSON, without its keys
    Show {
        /// DevEUI of the device, 16 hexadecimal digits
        dev_eui: DevEui,
    },
    /// Forget a device; its records stay
    Remove {
        /// DevEUI of the device, 16 hexadecimal digits
        dev_eui: DevEui,
    },
}

#[derive(Args)]
struct Add {
    /// DevEUI of the device, 16 hexadecimal digits
    dev_eui: DevEui,
    /// Group that the device belongs to
    #[arg(long)]
    group: GroupId,
    #[command(flatten)]
    assigned: Assigned,
    /// Name of the device for people
    #[arg(long, default_value = "")]
    name: String,
    /// The version of LoRaWAN that it is made for; the one that its keys are of where it is left out
    #[arg(long, value_name = "1.0.2|1.0.3|1.0.4|1.1")]
    lorawan: Option<LorawanVersion>,
    #[command(flatten)]
    keys: Keys,
    /// It may start its counter over, as devices up to 1.0.3 with fixed keys do when they restart.
    /// Its old frames can then be played again
    #[arg(long)]
    allow_counter_reset: bool,
    /// Setting of the device that its decoder reads; may stand several times
    #[arg(long, value_name = "NAME=VALUE", value_parser = settings::variable)]
    variable: Vec<(String, Setting)>,
    /// A word of your own that its records carry; may stand several times
    #[arg(long, value_name = "NAME=VALUE", value_parser = settings::pair)]
    tag: Vec<(String, String)>,
    /// Part of the group that the device is in
    #[arg(long)]
    sub_group: Option<SubGroup>,
    /// Purpose of the device, such as water-metering
    #[arg(long)]
    use_case: Option<UseCase>,
    /// Network server of the device, which alone speaks for it and takes its commands
    #[arg(long, value_name = "NAME")]
    network_server: Option<NetworkServerName>,
    /// The name that its network server has for it, where its messages hold no DevEUI
    #[arg(long, value_name = "NAME")]
    device_id: Option<String>,
    /// Its uplinks are taken on its network server's word, though its keys are registered here
    #[arg(long)]
    reported: bool,
    /// The state in which its network server hands its payloads over, where messages do not say it
    #[arg(long, value_name = "clear|encrypted", value_parser = payload_state)]
    payload: Option<PayloadState>,
    /// The FCnt of the last uplink of its session, where it was in the field before: later ones are taken
    #[arg(long, value_name = "FCNT")]
    f_cnt_up: Option<u32>,
    #[command(flatten)]
    object: object::ObjectArguments,
}

/// The decoder of a device.
#[derive(Args)]
struct Assigned {
    /// Decoder of the device: `acme/meter@^1.2` for any version that will do, `acme/meter@=1.2.3` for this
    /// one
    #[arg(long, value_name = "VENDOR/MODEL[@REQUIREMENT]")]
    decoder: Option<DecoderRef>,
    /// Firmware of the device, in the maker's words
    #[arg(long, value_name = "TEXT")]
    firmware: Option<String>,
    /// Decoder while a certain firmware runs on the device; may stand several times
    #[arg(long, value_name = "FIRMWARE=VENDOR/MODEL[@REQUIREMENT]", value_parser = of_firmware)]
    firmware_decoder: Vec<(String, DecoderRef)>,
}

impl Assigned {
    fn assignment(&self) -> Assignment {
        let decoders = self.firmware_decoder.iter();
        Assignment {
            decoder: self.decoder.as_ref().map(ToString::to_string),
            firmware: self.firmware.clone(),
            firmware_decoders: decoders
                .map(|(firmware, decoder)| (firmware.clone(), decoder.to_string()))
                .collect(),
        }
    }
}

fn payload_state(text: &str) -> Result<PayloadState, String> {
    match text {
        "clear" => Ok(PayloadState::Clear),
        "encrypted" => Ok(PayloadState::Encrypted),
        _ => Err("it is clear or encrypted".to_owned()),
    }
}

fn of_firmware(text: &str) -> Result<(String, DecoderRef), String> {
    let (firmware, decoder) = text.split_once('=').ok_or("it must read firmware=vendor/model")?;
    Ok((firmware.to_owned(), decoder.parse()?))
}

/// The keys of a device: those of a session for one that is activated by personalization, root keys
/// for one that joins, none where the network server keeps them to itself.
#[derive(Args)]
#[group(id = "of-a-device")]
struct Keys {
    /// DevAddr of a device that does not join, 8 hexadecimal digits
    #[arg(long)]
    dev_addr: Option<DevAddr>,
    /// The key of the MIC, LoRaWAN 1.0.x
    #[arg(long, env = "CHAMPOLLION_NWK_S_KEY", hide_env_values = true)]
    nwk_s_key: Option<NwkSKey>,
    /// A key of the MIC, LoRaWAN 1.1
    #[arg(long, env = "CHAMPOLLION_F_NWK_S_INT_KEY", hide_env_values = true)]
    f_nwk_s_int_key: Option<FNwkSIntKey>,
    /// The other key of the MIC, LoRaWAN 1.1
    #[arg(long, env = "CHAMPOLLION_S_NWK_S_INT_KEY", hide_env_values = true)]
    s_nwk_s_int_key: Option<SNwkSIntKey>,
    /// The key of MAC commands, LoRaWAN 1.1
    #[arg(long, env = "CHAMPOLLION_NWK_S_ENC_KEY", hide_env_values = true)]
    nwk_s_enc_key: Option<NwkSEncKey>,
    /// The key of the payload
    #[arg(long, env = "CHAMPOLLION_APP_S_KEY", hide_env_values = true)]
    app_s_key: Option<AppSKey>,
    /// The root key of a device that joins; with LoRaWAN 1.1 the application's
    #[arg(long, env = "CHAMPOLLION_APP_KEY", hide_env_values = true)]
    app_key: Option<AppKey>,
    /// The network's root key of a device that joins, LoRaWAN 1.1
    #[arg(long, env = "CHAMPOLLION_NWK_KEY", hide_env_values = true)]
    nwk_key: Option<NwkKey>,
    /// The device joins through a join server elsewhere; its network server hands over the sessions
    #[arg(long)]
    joins_elsewhere: bool,
    /// JoinEUI that the device must name when it joins
    #[arg(long)]
    join_eui: Option<JoinEui>,
}

impl Keys {
    /// Returns the activation. The server says which keys go together, but for those of both ways.
    fn activation(&self) -> Result<Activation, Failure> {
        let otaa = first([
            ("appKey", self.app_key.is_some()),
            ("joinEui", self.join_eui.is_some()),
            ("nwkKey", self.nwk_key.is_some()),
        ]);
        let abp = first([
            ("appSKey", self.app_s_key.is_some()),
            ("devAddr", self.dev_addr.is_some()),
            ("fNwkSIntKey", self.f_nwk_s_int_key.is_some()),
            ("nwkSEncKey", self.nwk_s_enc_key.is_some()),
            ("nwkSKey", self.nwk_s_key.is_some()),
            ("sNwkSIntKey", self.s_nwk_s_int_key.is_some()),
        ]);
        match (otaa, abp) {
            (None, None) if self.joins_elsewhere => Ok(Activation::OtaaElsewhere {}),
            (Some(key), _) | (_, Some(key)) if self.joins_elsewhere => Err(Failure::new(
                "the device cannot be registered",
                format_args!(
                    "--joins-elsewhere says that the network server has its keys, and {key} is \
                     given (variables of the environment count)"
                ),
            )),
            (Some(_), None) => Ok(Activation::Otaa(self.otaa())),
            (None, Some(_)) => Ok(Activation::Abp(self.abp())),
            (Some(one), Some(other)) => Err(Failure::new(
                "the device cannot be registered",
                format_args!(
                    "{one} is of a device that joins, {other} of one that does not: give the keys \
                     of the one or of the other (variables of the environment count)"
                ),
            )),
            // The network server has them all.
            (None, None) => Ok(Activation::NetworkServer {}),
        }
    }

    fn otaa(&self) -> OtaaKeys {
        OtaaKeys {
            join_eui: self.join_eui,
            app_key: self.app_key.as_ref().map(AppKey::reveal_hex),
            nwk_key: self.nwk_key.as_ref().map(NwkKey::reveal_hex),
        }
    }

    fn abp(&self) -> AbpKeys {
        AbpKeys {
            dev_addr: self.dev_addr,
            nwk_s_key: self.nwk_s_key.as_ref().map(NwkSKey::reveal_hex),
            f_nwk_s_int_key: self.f_nwk_s_int_key.as_ref().map(FNwkSIntKey::reveal_hex),
            s_nwk_s_int_key: self.s_nwk_s_int_key.as_ref().map(SNwkSIntKey::reveal_hex),
            nwk_s_enc_key: self.nwk_s_enc_key.as_ref().map(NwkSEncKey::reveal_hex),
            app_s_key: self.app_s_key.as_ref().map(AppSKey::reveal_hex),
        }
    }
}

/// Tells what is odd about a device that was registered.
fn warn(device: &Device) {
    for warning in &device.warnings {
        output::note(format_args!("Its frames are not decoded: {}", output::quoted(warning)));
    }
}

/// The first of the members that are given.
fn first<const N: usize>(all: [(&'static str, bool); N]) -> Option<&'static str> {
    all.into_iter().find_map(|(name, given)| given.then_some(name))
}

impl Devices {
    pub(super) async fn run(self) -> Result<(), Failure> {
        // A template needs no server.
        if let Action::Template(template) = &self.action {
            return template.run();
        }
        let client = self.connection.client()?;
        match &self.action {
            Action::Add(add) => self.add(&client, add).await,
            Action::Assign { dev_eui, assigned } => self.assign(&client, *dev_eui, assigned).await,
            Action::Derive(derive) => derive.run(&client, self.json).await,
            Action::List { silent_hours } => self.list(&client, *silent_hours).await,
            Action::Import(import) => import.run(&client, self.json).await,
            Action::Export(export) => export.run(&client).await,
            Action::Replace(replace) => replace.run(&client, self.json).await,
            Action::Point(point) => point.run(&client, self.json).await,
            Action::Points => points::list(&client, self.json).await,
            Action::Show { dev_eui } => output::answer(&client.device(*dev_eui).await?),
            Action::Remove { dev_eui } => self.remove(&client, *dev_eui).await,
            Action::Template(template) => template.run(),
        }
    }

    async fn add(&self, client: &Client, add: &Add) -> Result<(), Failure> {
        let registration = Registration {
            name: add.name.clone(),
            group: add.group.to_string(),
            sub_group: add.sub_group.as_ref().map(ToString::to_string),
            use_case: add.use_case.as_ref().map(ToString::to_string),
            assignment: add.assigned.assignment(),
            lorawan: add.lorawan,
            activation: add.keys.activation()?,
            allow_counter_reset: add.allow_counter_reset,
            variables: add.variable.iter().cloned().collect(),
            tags: add.tag.iter().cloned().collect(),
            network_server: add.network_server.as_ref().map(ToString::to_string),
            device_id: add.device_id.clone(),
            reported: add.reported,
            payload: add.payload,
            f_cnt_up: add.f_cnt_up,
            object: add.object.fields(),
        };
        let device = client.register_device(add.dev_eui, &registration).await?.into_value();
        if self.json {
            return output::json(&device);
        }
        output::line(format_args!("registered {} in {}", device.dev_eui, device.group));
        warn(&device);
        if device.activation == ActivationKind::NetworkServer {
            output::note("It has no keys here: its frames are taken on its network server's word.");
        }
        Ok(())
    }

    async fn assign(
        &self,
        client: &Client,
        dev_eui: DevEui,
        assigned: &Assigned,
    ) -> Result<(), Failure> {
        let device = client.assign_decoder(dev_eui, &assigned.assignment()).await?.into_value();
        if self.json {
            return output::json(&device);
        }
        match device.assignment.wanted() {
            Some(wanted) => output::line(format_args!("{dev_eui} is decoded by {wanted}")),
            None => output::line(format_args!("{dev_eui} is decoded by nothing")),
        }
        warn(&device);
        Ok(())
    }

    async fn list(&self, client: &Client, silent_hours: Option<u32>) -> Result<(), Failure> {
        let list = match silent_hours {
            Some(hours) => client.silent_devices(hours).await?.into_value(),
            None => client.devices().await?.into_value(),
        };
        if self.json {
            return output::json(&list);
        }
        let rows = list.devices.into_iter().map(|device| {
            let mut decoder = device.assignment.wanted().unwrap_or_default().to_owned();
            if !device.warnings.is_empty() {
                decoder.push_str(" (no such version)");
            }
            let dev_addr = device.dev_addr.map(|address| address.to_string()).unwrap_or_default();
            let activation = format!("{} {}", device.lorawan, device.activation);
            let heard = device.last_heard_at.map(output::moment).unwrap_or_default();
            let dev_eui = device.dev_eui.to_string();
            [dev_eui, dev_addr, activation, device.name, device.group, decoder, heard]
        });
        let heads = ["DevEUI", "DevAddr", "LoRaWAN", "name", "group", "decoder", "last heard"];
        output::table(heads, rows);
        Ok(())
    }

    async fn remove(&self, client: &Client, dev_eui: DevEui) -> Result<(), Failure> {
        client.remove_device(dev_eui).await?;
        if self.json {
            return output::json(&json!({ "removed": dev_eui }));
        }
        output::line(format_args!("removed {dev_eui}"));
        Ok(())
    }
}
