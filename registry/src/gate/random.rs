//! Feeds a decoder with payloads that nobody wrote: the same for everybody, over the ports that it
//! declares, half of them made at random and half of its own vectors with some bytes changed. Each must
//! end in a reading or in a failure that the decoder itself reports.

use std::{collections::BTreeMap, fmt};

use champollion_sandbox::{CallError, Decoder, OutputError, Settings, Specimen};
use champollion_sdk::{
    chance::Numbers,
    vectors::{Input, UplinkInput},
};
use serde::Serialize;

use super::oddity::Oddity;
use crate::package::{Direction, Package, variables};

/// Where the numbers begin. Any will do; it must be the same for all.
pub(super) const SEED: u64 = 0x6368_616d_706f_6c6c;

/// Application ports that may be sent on.
const PORTS: u64 = 223;

/// Fuel that all payloads together may burn: about a second. Ten thousand telegrams of a water meter with a
/// day's history burn a sixth of it; of scripts that burn more fewer payloads are tried.
const FUEL: u64 = 2_000_000_000;

/// Payloads that misbehave after which no more are tried: it is refused already.
const ENOUGH: usize = 100;

/// The moment of reception, 2026-01-01T00:00:00Z, in milliseconds.
const RECEIVED_AT: u64 = 1_767_225_600_000;

/// The results of the random payloads.
#[derive(Clone, Debug, Default, PartialEq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = RandomPayloads)]
pub struct Tried {
    /// The number of payloads that were tried.
    pub tried: usize,
    /// Those that were read.
    pub readings: usize,
    /// Those that the decoder said it cannot read.
    pub failures: usize,
    /// Those at which a script threw an exception, or returned nothing that is data: of scripts, which
    /// others wrote for other hosts, that is the usual way to say that they cannot read a payload.
    pub exceptions: usize,
    /// Fuel that was burnt.
    pub fuel: u64,
    #[serde(skip)]
    pub(super) misbehaved: BTreeMap<&'static str, Misbehaved>,
    /// Whether they took so long that no more were tried.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub cut_short: bool,
}

/// Payloads at which a decoder did what no decoder may.
#[derive(Clone, Debug, PartialEq)]
pub struct Misbehaved {
    /// The number of failures of this kind.
    pub count: usize,
    /// Of how many that were tried.
    pub tried: usize,
    /// The error of the first failure.
    pub error: CallError,
    /// The first of them.
    pub specimen: Payload,
}

/// A payload and its port.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Payload {
    /// The FPort of the payload.
    pub f_port: u8,
    /// The bytes of the payload.
    pub payload: Vec<u8>,
}

impl std::error::Error for Misbehaved {}

impl fmt::Display for Misbehaved {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { count, tried, error, specimen } = self;
        let payload = data_encoding::HEXUPPER.encode(&specimen.payload);
        let f_port = specimen.f_port;
        write!(
            formatter,
            "of {tried} random payloads {count} make it misbehave, the first on port {f_port} \
             ({payload}): {error}"
        )
    }
}

impl Tried {
    /// The payloads that made the decoder misbehave, by what it did.
    pub(super) fn misbehaved(&self) -> impl Iterator<Item = &Misbehaved> {
        self.misbehaved.values()
    }

    /// The oddities that are no reason to refuse the package.
    pub(super) fn warnings(&self) -> impl Iterator<Item = Oddity> {
        let Self { tried, fuel, readings, cut_short, .. } = *self;
        let cut_short = cut_short.then_some(Oddity::FewRandomPayloads { tried, fuel });
        let none_read = (readings == 0 && tried > 0).then_some(Oddity::NoneRead { tried });
        cut_short.into_iter().chain(none_read)
    }
}

/// Tries a decoder on so many payloads.
pub(super) fn try_out(package: &Package, decoder: &Decoder, count: usize) -> Tried {
    let mut numbers = Numbers::new(SEED);
    let source = Source::of(package);
    let mut tried = Tried::default();
    let is_script = decoder.dialect().is_some();
    for _ in 0..count {
        let (specimen, settings) = source.specimen(&mut numbers);
        let call = decoder.try_uplink(&specimen, settings);
        tried.tried += 1;
        tried.fuel = tried.fuel.saturating_add(call.fuel);
        match call.result {
            Ok(_) => tried.readings += 1,
            Err(CallError::Failed(_)) => tried.failures += 1,
            Err(CallError::Threw { .. } | CallError::Output(OutputError::NotJson { .. }))
                if is_script =>
            {
                tried.exceptions += 1;
            }
            Err(error) => {
                let Specimen { f_port, payload, .. } = specimen;
                let specimen = Payload { f_port, payload };
                let first = Misbehaved { count: 0, tried: 0, error: error.clone(), specimen };
                tried.misbehaved.entry(error.code()).or_insert(first).count += 1;
            }
        }
        if tried.misbehaved.values().map(|kind| kind.count).sum::<usize>() >= ENOUGH {
            break;
        }
        if tried.fuel > FUEL && tried.tried < count {
            tried.cut_short = true;
            break;
        }
    }
    let all = tried.tried;
    tried.misbehaved.values_mut().for_each(|kind| kind.tried = all);
    tried
}

/// The source that payloads are made from.
struct Source<'package> {
    ports: Vec<u8>,
    uplinks: Vec<(&'package UplinkInput, Settings)>,
    nothing: Settings,
}

impl<'package> Source<'package> {
    fn of(package: &'package Package) -> Self {
        let declared = package.manifest().ports.iter();
        let mut ports: Vec<u8> =
            declared.filter(|port| port.direction == Direction::Up).map(|port| port.port).collect();
        let uplinks: Vec<(&UplinkInput, Settings)> = package
            .vectors()
            .iter()
            .filter_map(|vector| match &vector.input {
                Input::Uplink(uplink) => {
                    let variables = variables(&uplink.variables);
                    Some((uplink, Settings { variables, state: uplink.state.0.clone() }))
                }
                _ => None,
            })
            .collect();
        if ports.is_empty() {
            ports.extend(uplinks.iter().map(|(uplink, _)| uplink.f_port));
        }
        ports.sort_unstable();
        ports.dedup();
        Self { ports, uplinks, nothing: Settings::default() }
    }

    fn specimen(&self, numbers: &mut Numbers) -> (Specimen, &Settings) {
        let vector = match self.uplinks.len() {
            0 => None,
            count => Some(&self.uplinks[numbers.below(count as u64)]),
        };
        let settings = vector.map_or(&self.nothing, |(_, settings)| settings);
        let specimen = match vector {
            Some((uplink, _)) if numbers.below(2) == 0 => {
                let received_at = uplink.received_at.as_millisecond();
                Specimen {
                    f_port: uplink.f_port,
                    f_cnt: uplink.f_cnt,
                    payload: numbers.changed(&uplink.payload.0),
                    received_at: u64::try_from(received_at).unwrap_or(RECEIVED_AT),
                }
            }
            _ => Specimen {
                f_port: self.port(numbers),
                f_cnt: numbers.below(1 << 16) as u32,
                payload: numbers.payload(),
                received_at: RECEIVED_AT,
            },
        };
        (specimen, settings)
    }

    /// Devices send on other ports too, though not often.
    fn port(&self, numbers: &mut Numbers) -> u8 {
        const OTHER: u64 = 16;
        if self.ports.is_empty() || numbers.below(OTHER) == 0 {
            1 + numbers.below(PORTS) as u8
        } else {
            self.ports[numbers.below(self.ports.len() as u64)]
        }
    }
}
