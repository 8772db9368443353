//! `champollion frames`: a frame is taken apart and explained.

use champollion_frames::{
    AppKey, AppSKey, DevEui, Direction, FNwkSIntKey, JoinEui, MacCommand, NetworkKeys,
    NetworkKeysV1_1, NwkKey, NwkSEncKey, NwkSKey, RadioMetadata, RootKeys, SNwkSIntKey,
    inspect::{Accept, Data, Inspection, Known, Message, MicCheck, inspect},
};
use champollion_sdk::vectors::Hex;
use clap::{Args, Subcommand};

use super::{Failure, output};

/// The explanation of frames.
#[derive(Args)]
pub(super) struct Frames {
    #[command(subcommand)]
    action: Action,
}

#[derive(Subcommand)]
enum Action {
    /// Take a frame apart, check its MIC and decrypt it, as far as keys are given; no server is asked
    Inspect(Box<Inspect>),
}

#[derive(Args)]
struct Inspect {
    /// The frame, MHDR to MIC, as hexadecimal digits
    #[arg(long, value_name = "DIGITS")]
    hex: Hex,
    /// The key of the MIC, LoRaWAN 1.0.x
    #[arg(
        long,
        alias = "nwk-s-key",
        conflicts_with_all = ["fnwksintkey", "snwksintkey", "nwksenckey"],
        value_name = "DIGITS"
    )]
    nwkskey: Option<NwkSKey>,
    /// A key of the MIC, LoRaWAN 1.1
    #[arg(
        long,
        alias = "f-nwk-s-int-key",
        requires = "snwksintkey",
        requires = "nwksenckey",
        value_name = "DIGITS"
    )]
    fnwksintkey: Option<FNwkSIntKey>,
    /// The other key of the MIC, LoRaWAN 1.1
    #[arg(long, alias = "s-nwk-s-int-key", requires = "fnwksintkey", value_name = "DIGITS")]
    snwksintkey: Option<SNwkSIntKey>,
    /// The key of MAC commands, LoRaWAN 1.1
    #[arg(long, alias = "nwk-s-enc-key", requires = "fnwksintkey", value_name = "DIGITS")]
    nwksenckey: Option<NwkSEncKey>,
    /// The key of the payload
    #[arg(long, alias = "app-s-key", value_name = "DIGITS")]
    appskey: Option<AppSKey>,
    /// The root key of a device that joins; with LoRaWAN 1.1 the application's
    #[arg(long, alias = "app-key", value_name = "DIGITS")]
    appkey: Option<AppKey>,
    /// The network's root key of a device that joins, LoRaWAN 1.1
    #[arg(long, alias = "nwk-key", requires = "appkey", value_name = "DIGITS")]
    nwkkey: Option<NwkKey>,
    /// The upper 16 bits of the FCnt, which are not sent
    #[arg(long, value_name = "N")]
    fcnt_high: Option<u16>,
    /// The FCnt of the confirmed frame that this one acknowledges, its lower 16 bits; LoRaWAN 1.1
    #[arg(long, value_name = "N")]
    conf_fcnt: Option<u16>,
    /// The index of its data rate; LoRaWAN 1.1
    #[arg(long, value_name = "N")]
    tx_dr: Option<u8>,
    /// The index of its channel; LoRaWAN 1.1
    #[arg(long, value_name = "N")]
    tx_ch: Option<u8>,
    /// DevEUI of the device that a join-accept is for
    #[arg(long, value_name = "DIGITS")]
    dev_eui: Option<DevEui>,
    /// JoinEUI of the device that a join-accept is for
    #[arg(long, value_name = "DIGITS")]
    join_eui: Option<JoinEui>,
    /// The number of the join-request that a join-accept answers
    #[arg(long, value_name = "N")]
    dev_nonce: Option<u16>,
    /// Print JSON instead of text for people
    #[arg(long)]
    json: bool,
}

impl Frames {
    pub(super) fn run(self) -> Result<(), Failure> {
        match self.action {
            Action::Inspect(inspect) => inspect.run(),
        }
    }
}

impl Inspect {
    fn run(self) -> Result<(), Failure> {
        let json = self.json;
        let phy = self.hex.0.clone();
        let inspection =
            inspect(&phy, &self.known()).map_err(Failure::of("the frame cannot be read"))?;
        if json {
            output::json(&inspection)?;
        } else {
            show(&inspection);
        }
        match inspection.mic_check {
            MicCheck::Wrong => Err(Failure::new(
                "the MIC is wrong",
                "the frame is damaged or another device's, a key is another, or the upper 16 bits \
                 of its FCnt are not those given (--fcnt-high)",
            )),
            _ => Ok(()),
        }
    }

    fn known(self) -> Known {
        let network_keys = match (self.fnwksintkey, self.snwksintkey, self.nwksenckey) {
            (Some(f_nwk_s_int_key), Some(s_nwk_s_int_key), Some(nwk_s_enc_key)) => {
                Some(NetworkKeys::V1_1(Box::new(NetworkKeysV1_1 {
                    f_nwk_s_int_key,
                    s_nwk_s_int_key,
                    nwk_s_enc_key,
                })))
            }
            _ => self.nwkskey.map(NetworkKeys::V1_0),
        };
        let root_keys = self.appkey.map(|app_key| match self.nwkkey {
            None => RootKeys::V1_0(app_key),
            Some(nwk_key) => RootKeys::V1_1 { nwk_key, app_key },
        });
        Known {
            network_keys,
            app_s_key: self.appskey,
            root_keys,
            f_cnt_high: self.fcnt_high,
            dev_eui: self.dev_eui,
            join_eui: self.join_eui,
            dev_nonce: self.dev_nonce,
            metadata: RadioMetadata {
                data_rate_index: self.tx_dr,
                channel_index: self.tx_ch,
                conf_f_cnt: self.conf_fcnt,
                ..RadioMetadata::default()
            },
        }
    }
}

/// A line of a name and what there is to say.
fn line(name: &str, text: impl std::fmt::Display) {
    output::line(format_args!("{name:<12} {text}"));
}

fn show(inspection: &Inspection) {
    let Inspection { m_type, mhdr, mic, mic_check, message } = inspection;
    line("MHDR", format_args!("{mhdr:02X}: {m_type}"));
    match message {
        Message::Data(data) => show_data(data),
        Message::JoinRequest { join_eui, dev_eui, dev_nonce } => {
            line("JoinEUI", join_eui);
            line("DevEUI", dev_eui);
            line("DevNonce", format_args!("{dev_nonce} ({dev_nonce:04X})"));
        }
        Message::RejoinRequest { rejoin_type, net_id, join_eui, dev_eui, counter } => {
            line("RejoinType", rejoin_type);
            net_id.iter().for_each(|net_id| line("NetID", format_args!("{net_id:06X}")));
            join_eui.iter().for_each(|join_eui| line("JoinEUI", join_eui));
            line("DevEUI", dev_eui);
            line("RJcount", counter);
        }
        Message::JoinAccept(Some(accept)) => show_accept(accept),
        Message::JoinAccept(None) => {
            line("fields", "encrypted; --appkey (with LoRaWAN 1.1 also --nwkkey) decrypts them");
        }
        Message::Proprietary { payload } => line("payload", payload),
    }
    let check = match mic_check {
        MicCheck::Right => "right",
        MicCheck::HalfRight => {
            "the half that FNwkSIntKey makes is right; for the other --conf-fcnt is needed"
        }
        MicCheck::Wrong => "WRONG",
        MicCheck::NotChecked => "not checked: what makes it is not given",
    };
    match mic {
        Some(mic) => line("MIC", format_args!("{mic}: {check}")),
        None => line("MIC", check),
    }
    if let Message::Data(Data { text: Some(text), .. }) = message {
        line("text", text);
    }
}

fn show_data(data: &Data) {
    line("DevAddr", data.dev_addr);
    let bits = match data.direction {
        Direction::Up => [
            (data.adr, "ADR"),
            (data.adr_ack_req, "ADRACKReq"),
            (data.ack, "ACK"),
            (data.class_b_or_f_pending, "ClassB"),
        ],
        Direction::Down => [
            (data.adr, "ADR"),
            (false, "RFU"),
            (data.ack, "ACK"),
            (data.class_b_or_f_pending, "FPending"),
        ],
    };
    let set: Vec<&str> = bits.iter().filter(|(is_set, _)| *is_set).map(|(_, name)| *name).collect();
    let set = if set.is_empty() { "no bit set".to_owned() } else { set.join(", ") };
    line("FCtrl", format_args!("{set}; {} bytes of FOpts", data.f_opts.len() / 2));
    line("FCnt", data.f_cnt);
    if !data.f_opts.is_empty() {
        line("FOpts", &data.f_opts);
        show_commands(data.f_opts_commands.as_deref());
    }
    match data.f_port {
        None => line("FPort", "absent: there is no payload"),
        Some(0) => line("FPort", "0: the payload is MAC commands"),
        Some(f_port) => line("FPort", f_port),
    }
    if data.f_port.is_some() {
        line("FRMPayload", &data.frm_payload);
        match &data.payload {
            Some(payload) => line("payload", payload),
            None => line("payload", "not decrypted: the key is not given, or not the right one"),
        }
        show_commands(data.commands.as_deref());
    }
}

fn show_commands(commands: Option<&[MacCommand]>) {
    for MacCommand { cid, name, payload, cut_off } in commands.unwrap_or_default() {
        let name = name.unwrap_or("unknown command");
        let cut_off = if *cut_off { " (bytes are missing)" } else { "" };
        line("", format_args!("{cid:02X} {name} {payload}{cut_off}"));
    }
}

fn show_accept(accept: &Accept) {
    line("JoinNonce", format_args!("{} ({:06X})", accept.join_nonce, accept.join_nonce));
    line("NetID", format_args!("{:06X}", accept.net_id));
    line("DevAddr", accept.dev_addr);
    let version = if accept.opt_neg { "1.1" } else { "1.0.x" };
    line(
        "DLSettings",
        format_args!(
            "LoRaWAN {version}, RX1DROffset {}, RX2DataRate {}",
            accept.rx1_dr_offset, accept.rx2_data_rate
        ),
    );
    line("RxDelay", format_args!("{} s", accept.rx_delay_seconds));
    accept.cf_list.iter().for_each(|list| line("CFList", list));
}
