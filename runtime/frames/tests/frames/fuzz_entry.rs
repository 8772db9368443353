//! Tests of the fuzz target `frames`, on bytes of chance and on damaged genuine frames.

use champollion_frames::device::fuzz::{genuine, parse, verify};
use proptest::{collection::vec, prelude::*};

/// Bytes that get past the first checks more often than chance has it.
fn almost_a_message() -> impl Strategy<Value = Vec<u8>> {
    let lengths = [vec![0x20; 17], vec![0x20; 33], vec![0xC0; 19], vec![0xC0; 24]];
    let messages = [genuine(), lengths.to_vec()].concat();
    let damages = vec((any::<prop::sample::Index>(), any::<u8>()), 1..4);
    (0..messages.len(), damages, 0..4_usize).prop_map(move |(which, damages, cut)| {
        let mut bytes = messages[which].clone();
        for (place, value) in damages {
            let place = place.index(bytes.len());
            // At least one bit is another.
            bytes[place] ^= value | 1;
        }
        bytes.truncate(bytes.len() - cut);
        bytes
    })
}

#[test]
fn what_is_genuine_is_accepted() {
    for message in genuine() {
        parse(&message);
        assert!(verify(&message), "{message:02X?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn any_bytes(bytes in vec(any::<u8>(), 0..300)) {
        parse(&bytes);
        prop_assert!(!verify(&bytes));
    }

    #[test]
    fn damaged_messages(bytes in almost_a_message()) {
        parse(&bytes);
        // Two damages of the same place may undo each other.
        prop_assert_eq!(verify(&bytes), genuine().contains(&bytes));
    }
}
