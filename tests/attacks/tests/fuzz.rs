//! Runs the fuzz targets for some seconds, on the same inputs each time.

use champollion_attacks::{chance::Random, fuzz};

/// Each compiles a component.
const UPLOADS: usize = 600;

/// Each is one call.
const OUTPUTS: usize = 20_000;

#[test]
fn upload() {
    let (seeds, _) = fuzz::seeds();
    let (decoders, refused) = feed(&seeds, UPLOADS, fuzz::upload);
    assert!(decoders > UPLOADS / 50 && refused > UPLOADS / 50, "{decoders} and {refused}");
}

#[test]
fn output() {
    let (_, seeds) = fuzz::seeds();
    let (answered, refused) = feed(&seeds, OUTPUTS, fuzz::output);
    assert!(answered > OUTPUTS / 50 && refused > OUTPUTS / 50, "{answered} and {refused}");
}

/// The seeds themselves first, then seeds with changes; counts what got far and what did not.
fn feed(seeds: &[Vec<u8>], rounds: usize, target: fn(&[u8]) -> bool) -> (usize, usize) {
    let mut random = Random(0x5eed);
    let changed = (0..rounds).map(|round| {
        // Every second time the last seed, which is the mildest.
        let index = if round % 2 == 0 { seeds.len() - 1 } else { random.below(seeds.len()) };
        changed(&mut random, &seeds[index])
    });
    let (mut far, mut near) = (0, 0);
    for input in seeds.iter().cloned().chain(changed) {
        *if target(&input) { &mut far } else { &mut near } += 1;
    }
    (far, near)
}

/// One to four changes: a bit, a byte, a cut, more at the end.
fn changed(random: &mut Random, seed: &[u8]) -> Vec<u8> {
    let mut input = seed.to_vec();
    for _ in 0..=random.below(4) {
        let at = random.below(input.len());
        let byte = u8::try_from(random.below(256)).expect("it is below 256");
        match random.below(8) {
            0..3 => input[at] ^= 1 << (byte % 8),
            3..6 => input[at] = byte,
            6 => input.truncate(at.max(1)),
            _ => input.extend([byte; 4]),
        }
    }
    input
}
