//! Water meters that send real frames, encrypted and signed with keys of their own.

use std::{
    fs,
    ops::Range,
    path::{Path, PathBuf},
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, anyhow};
use champollion_client::{
    AbpKeys, Activation, Assignment, Blocking, Client, ClientError, Registration,
};
use champollion_frames::{AppSKey, DevAddr, DevEui, NwkSKey, Session, device::Device};

use crate::server::{Server, Setup};

/// The decoder of the meters.
pub(crate) const DECODER: &str = "axioma-qalcosonic-w1";

/// The name of that decoder in the registry.
pub(crate) const DECODER_ID: &str = "axioma/qalcosonic-w1";

/// The decoder that meters are registered with of which nobody says another.
const ASSIGNED: &str = "axioma/qalcosonic-w1@^1";

/// A telegram of an Axioma Qalcosonic W1: volume, and the volumes of the hours before.
const TELEGRAM: [u8; 47] = [
    0xBF, 0xC7, 0xE7, 0x60, 0x00, 0x28, 0x95, 0x01, 0x00, 0xC0, 0xE8, 0xE6, 0x60, 0xF7, 0x93, 0x01,
    0x00, 0x1E, 0x00, 0x04, 0x00, 0x0F, 0x00, 0x0B, 0x00, 0x20, 0x00, 0x05, 0x00, 0x1D, 0x00, 0x54,
    0x00, 0x2D, 0x00, 0x0F, 0x00, 0x0A, 0x00, 0x0A, 0x00, 0x00, 0x00, 0x03, 0x00, 0x03, 0x00,
];

/// The places of both clocks in a telegram: its own, and that of the hour from which on volumes follow.
const CLOCKS: [usize; 2] = [0, 9];

/// Seconds by which the clock of a meter goes on from one telegram to the next, where it does.
const STEP: u32 = 60;

/// The clock of that telegram, in seconds since 1970.
pub(crate) const CLOCK: u32 = 0x60E7_C7BF;

/// The place of the volume in a telegram.
const VOLUME: Range<usize> = 5..9;

/// The port that it sends them on.
pub(crate) const F_PORT: u8 = 100;

/// The start of all DevEUIs: locally administered, so that they are nobody's.
const DEV_EUI_BLOCK: u64 = 0x02C4_A3FF_FE20_0000;

/// The start of all DevAddrs: the NwkID of an experimental network.
const DEV_ADDR_BLOCK: u32 = 0x0210_0000;

/// Requests at once, so that registrations share the writes to the disk too.
const REGISTRARS: usize = 32;

/// The time within which a server registers a meter: a node whose machine does much else may be behind for a moment.
const REGISTERED_WITHIN: Duration = Duration::from_secs(60);

/// Before a registration is tried again that a server did not take for the moment.
const RETRY: Duration = Duration::from_millis(100);

/// The group of meters of which nobody says another.
const GROUP: &str = "water";

/// The moment at which all frames are received.
pub(crate) const RECEIVED_AT: &str = "2026-02-03T04:05:06Z";

/// A meter and its counter.
pub(crate) struct Meter {
    pub(crate) dev_eui: String,
    pub(crate) group: String,
    device: Device,
    pub(crate) next_f_cnt: u32,
    telegram: [u8; TELEGRAM.len()],
    /// Whether each telegram is of a later moment than the one before.
    has_clock: bool,
}

/// Meters that have not sent yet.
pub(crate) struct Meters(Vec<Meter>);

impl Meters {
    /// Registers a number of meters.
    pub(crate) fn register(admin: &Blocking, count: usize) -> Result<Self> {
        Self::register_in(admin, count, &[GROUP])
    }

    /// Registers meters, in the groups in turn.
    pub(crate) fn register_in(admin: &Blocking, count: usize, groups: &[&str]) -> Result<Self> {
        Self::register_with(admin, count, groups, ASSIGNED)
    }

    /// The same with a decoder.
    pub(crate) fn register_with(
        admin: &Blocking,
        count: usize,
        groups: &[&str],
        decoder: &str,
    ) -> Result<Self> {
        Self::register_numbers(admin, 0..count, (groups, decoder))
    }

    /// Registers further meters, by their numbers, in the groups in turn. Their clocks go on.
    pub(crate) fn register_more(
        admin: &Blocking,
        numbers: Range<usize>,
        groups: &[String],
    ) -> Result<Self> {
        let groups: Vec<&str> = groups.iter().map(String::as_str).collect();
        let mut meters = Self::register_numbers(admin, numbers, (&groups, ASSIGNED))?;
        meters.0.iter_mut().for_each(|meter| meter.has_clock = true);
        Ok(meters)
    }

    fn register_numbers(
        admin: &Blocking,
        numbers: Range<usize>,
        (groups, decoder): (&[&str], &str),
    ) -> Result<Self> {
        let group = |number: usize| groups[number % groups.len()].to_owned();
        let share = numbers.len().div_ceil(REGISTRARS).max(1);
        let sessions: Vec<(Session, String)> =
            numbers.map(|number| (session(number), group(number))).collect();
        thread::scope(|scope| -> Result<()> {
            let registrars: Vec<_> = sessions
                .chunks(share)
                .map(|chunk| {
                    let admin: Client = Client::clone(admin);
                    scope.spawn(move || {
                        let admin = Blocking::new(admin)?;
                        let mut chunk = chunk.iter();
                        chunk
                            .try_for_each(|(session, group)| put(&admin, session, (group, decoder)))
                    })
                })
                .collect();
            registrars.into_iter().try_for_each(|registrar| {
                registrar.join().map_err(|_| anyhow!("a registrar panicked"))?
            })
        })?;
        let meter = |(session, group): (Session, String)| Meter::in_session(&session, group, 0);
        Ok(Self(sessions.into_iter().map(meter).collect()))
    }

    /// So many groups of so many meters, which are taken out.
    pub(crate) fn take(&mut self, groups: usize, of: usize) -> Vec<Vec<Meter>> {
        (0..groups).map(|_| self.0.drain(..of.min(self.0.len())).collect()).collect()
    }

    /// Takes all of the meters out.
    pub(crate) fn into_all(self) -> Vec<Meter> {
        self.0
    }
}

impl Meter {
    /// A meter in a session, whose next frame has this counter.
    pub(crate) fn in_session(session: &Session, group: String, next_f_cnt: u32) -> Self {
        let (dev_eui, device) = (session.dev_eui().to_string(), Device::of(session));
        Self { dev_eui, group, device, next_f_cnt, telegram: TELEGRAM, has_clock: false }
    }

    /// The body that hands over its next frame, as two gateways heard it.
    pub(crate) fn frame(&mut self) -> String {
        if self.has_clock {
            put_forward(&mut self.telegram, STEP);
        }
        let telegram = self.telegram;
        self.frame_of(&telegram, RECEIVED_AT)
    }

    /// The same with a telegram of its own, and the moment at which it was heard.
    pub(crate) fn frame_of(&mut self, telegram: &[u8], received_at: &str) -> String {
        let f_cnt = self.next_f_cnt;
        self.next_f_cnt += 1;
        let phy = self.device.uplink(F_PORT, telegram, f_cnt, false).unwrap_or_default();
        let digits = digits(&phy);
        format!(
            r#"{{"phyPayload":"{digits}","receivedAt":"{received_at}","frequencyHz":868100000,"spreadingFactor":9,"bandwidthHz":125000,"codingRate":"4/5","region":"EU868","gateways":[{{"gatewayId":"7276FF0039030436","rssiDbm":-97,"snrDb":7.5}},{{"gatewayId":"7276FF0039030437","rssiDbm":-107,"snrDb":-3}}]}}"#
        )
    }
}

/// Puts the clocks of a telegram forward.
fn put_forward(telegram: &mut [u8], seconds: u32) {
    for at in CLOCKS {
        if let Some((clock, _)) = telegram[at..].split_first_chunk_mut() {
            *clock = u32::from_le_bytes(*clock).wrapping_add(seconds).to_le_bytes();
        }
    }
}

/// The telegram of a minute as hexadecimal digits.
pub(crate) fn telegram(minute: u32) -> String {
    let mut telegram = TELEGRAM;
    put_forward(&mut telegram, minute * STEP);
    digits(&telegram)
}

/// A telegram whose clocks are put forward, and whose meter has another volume.
pub(crate) fn telling(seconds_later: u32, litres: u32) -> [u8; TELEGRAM.len()] {
    let mut telegram = TELEGRAM;
    put_forward(&mut telegram, seconds_later);
    telegram[VOLUME].copy_from_slice(&litres.to_le_bytes());
    telegram
}

fn digits(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02X}")).collect()
}

/// Publishes the decoder of the meters.
pub(crate) fn publish(server: &Server, setup: &Setup) -> Result<()> {
    server.publish(&server.admin_token, &[package(&setup.packages, DECODER)?])
}

/// The version of the decoder of the meters, which the name of its package says.
pub(crate) fn version(setup: &Setup) -> Result<String> {
    let package = package(&setup.packages, DECODER)?;
    let name = package.file_stem().unwrap_or_default().to_string_lossy();
    let version = name.strip_prefix(DECODER).and_then(|rest| rest.strip_prefix('-'));
    version.map(str::to_owned).with_context(|| format!("{name} has no version"))
}

/// Finds the package of a first-party decoder.
pub(crate) fn package(folder: &Path, decoder: &str) -> Result<PathBuf> {
    let is_it = |path: &PathBuf| {
        path.file_name().is_some_and(|name| name.to_string_lossy().starts_with(decoder))
    };
    let files = fs::read_dir(folder).context("there are no packages")?;
    let mut paths = files.filter_map(|entry| Some(entry.ok()?.path()));
    paths.find(is_it).with_context(|| format!("{decoder} is not built"))
}

fn session(number: usize) -> Session {
    let number = u32::try_from(number).unwrap_or(u32::MAX);
    let mut key = [0xA5; 16];
    key[..4].copy_from_slice(&number.to_be_bytes());
    Session::lorawan_1_0(
        DevEui::from_be_bytes((DEV_EUI_BLOCK + u64::from(number)).to_be_bytes()),
        DevAddr::from_u32(DEV_ADDR_BLOCK + number),
        NwkSKey::from_bytes(key),
        AppSKey::from_bytes(key.map(|byte| !byte)),
    )
}

fn put(admin: &Blocking, session: &Session, (group, decoder): (&str, &str)) -> Result<()> {
    let abp = AbpKeys {
        dev_addr: Some(session.dev_addr()),
        nwk_s_key: session.network_keys().nwk_s_key().map(NwkSKey::reveal_hex),
        app_s_key: Some(session.app_s_key().reveal_hex()),
        ..AbpKeys::default()
    };
    let registration = Registration {
        assignment: Assignment { decoder: Some(decoder.to_owned()), ..Assignment::default() },
        activation: Activation::Abp(abp),
        ..Registration::of_group(group)
    };
    let deadline = Instant::now() + REGISTERED_WITHIN;
    loop {
        let registered =
            admin.ask(|server| server.register_device(session.dev_eui(), &registration));
        match registered {
            Err(ClientError::Refused(problem))
                if problem.status == 503 && Instant::now() < deadline =>
            {
                thread::sleep(RETRY);
            }
            outcome => {
                outcome?;
                return Ok(());
            }
        }
    }
}
