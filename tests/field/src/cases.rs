//! Cases of a codec: its examples, mutations of them, and payloads of chance.

use champollion_import::{Codec, Example};
use champollion_sdk::vectors::{DownlinkInput, Hex, Input, UplinkInput};
use jiff::Timestamp;

/// Longest payload of a frame in bytes.
const PAYLOAD_BYTES: usize = 242;

/// Longest payload of chance in bytes: most frames are shorter.
const RANDOM_BYTES: usize = 32;

/// The moment of frames whose example names none, 2026-01-31T12:00:00.250Z.
const RECEIVED_AT_MS: i64 = 1_769_860_800_250;

/// FPorts that are tried where no example names one.
const PORTS: [u8; 4] = [1, 2, 85, 200];

/// The number of cases beside the examples.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Amount {
    /// Most examples of a codec.
    pub(crate) examples: usize,
    /// Mutations of each example.
    pub(crate) mutations: usize,
    /// Payloads that chance makes.
    pub(crate) random: usize,
}

/// Returns the cases of a codec, the same for the same seed.
pub(crate) fn cases(codec: &Codec, amount: Amount, seed: u64) -> Vec<Input> {
    let mut chance = Chance::seeded(seed, &codec.place);
    let examples: Vec<&Example> = codec.examples.iter().take(amount.examples).collect();
    let mut cases: Vec<Input> = examples.iter().map(|example| as_called(example, codec)).collect();
    for example in &examples {
        for _ in 0..amount.mutations {
            cases.extend(mutated(&example.input, &mut chance));
        }
    }
    let ports = ports(&examples);
    for _ in 0..amount.random {
        let f_port = ports[chance.below(ports.len())];
        let length = chance.below(RANDOM_BYTES + 1);
        let payload = Hex((0..length).map(|_| chance.byte()).collect());
        cases.push(Input::Uplink(uplink(f_port, payload)));
    }
    cases
}

/// The input of an example as its codec is given it.
fn as_called(example: &Example, codec: &Codec) -> Input {
    let mut input = example.input.clone();
    if let (Input::Command(command), Some(written), true) =
        (&mut input, &example.command, is_whole(codec))
    {
        command.data =
            if codec.calling.command_is_data { written["data"].clone() } else { written.clone() };
    }
    input
}

/// Whether a command is all that the codec is given.
pub(crate) fn is_whole(codec: &Codec) -> bool {
    codec.calling.command_is_data || codec.examples.iter().any(|example| example.whole_input)
}

fn uplink(f_port: u8, payload: Hex) -> UplinkInput {
    UplinkInput {
        f_port,
        payload,
        f_cnt: 0,
        received_at: Timestamp::from_millisecond(RECEIVED_AT_MS).unwrap_or_default(),
        variables: Default::default(),
        state: Hex::default(),
    }
}

/// The ports that the examples name, or those that are tried.
fn ports(examples: &[&Example]) -> Vec<u8> {
    let mut ports: Vec<u8> = examples
        .iter()
        .filter(|example| example.states_port)
        .filter_map(|example| match &example.input {
            Input::Uplink(uplink) => Some(uplink.f_port),
            _ => None,
        })
        .collect();
    ports.sort_unstable();
    ports.dedup();
    if ports.is_empty() { PORTS.to_vec() } else { ports }
}

/// The same with other bytes: some of them changed, left out or put in. Commands are not mutated.
fn mutated(input: &Input, chance: &mut Chance) -> Option<Input> {
    let mut input = input.clone();
    let payload = match &mut input {
        Input::Uplink(UplinkInput { payload, .. })
        | Input::Downlink(DownlinkInput { payload, .. }) => &mut payload.0,
        Input::Command(_) | Input::Reading(_) => return None,
    };
    for _ in 0..=chance.below(2) {
        mutate(payload, chance);
    }
    payload.truncate(PAYLOAD_BYTES);
    Some(input)
}

fn mutate(payload: &mut Vec<u8>, chance: &mut Chance) {
    let at = chance.below(payload.len() + 1);
    match chance.below(5) {
        0 => payload.truncate(at),
        1 => payload.insert(at, chance.byte()),
        2 if at < payload.len() => {
            payload.remove(at);
        }
        3 if at < payload.len() => payload[at] = [0, 0xff, 0x80, 0x7f][chance.below(4)],
        _ if at < payload.len() => payload[at] = chance.byte(),
        _ => payload.push(chance.byte()),
    }
}

/// Numbers of chance that are the same for the same seed (SplitMix64).
struct Chance(u64);

impl Chance {
    fn seeded(seed: u64, place: &str) -> Self {
        // A codec has the same cases whatever lies beside it.
        Self(place.bytes().fold(seed, |state, byte| {
            (state ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
        }))
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number below a bound, which is not 0.
    fn below(&mut self, bound: usize) -> usize {
        (self.next() % bound as u64) as usize
    }

    fn byte(&mut self) -> u8 {
        self.next().to_le_bytes()[0]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chance_is_the_same_for_the_same_seed() {
        let draw = |seed, place: &str| {
            let mut chance = Chance::seeded(seed, place);
            (0..4).map(|_| chance.next()).collect::<Vec<_>>()
        };
        assert_eq!(draw(1, "a.js"), draw(1, "a.js"));
        assert_ne!(draw(1, "a.js"), draw(2, "a.js"));
        assert_ne!(draw(1, "a.js"), draw(1, "b.js"));
    }

    #[test]
    fn a_mutation_is_a_frame_too() {
        let mut chance = Chance::seeded(7, "");
        let example = Input::Uplink(uplink(2, Hex(vec![1; PAYLOAD_BYTES])));
        let mut changed = 0;
        for _ in 0..100 {
            let Some(Input::Uplink(mutation)) = mutated(&example, &mut chance) else {
                panic!("an uplink stays one")
            };
            assert!(mutation.payload.0.len() <= PAYLOAD_BYTES && mutation.f_port == 2);
            changed += usize::from(mutation.payload.0 != vec![1; PAYLOAD_BYTES]);
        }
        assert!(changed > 90, "{changed}");
    }
}
