//! Measurements of compression: the bytes and the time that a record takes, alone and with others. It also makes the
//! dictionary that the store compresses with.

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use zstd::bulk::{Compressor, Decompressor};
use zstd::dict::{DecoderDictionary, EncoderDictionary, from_samples};

use crate::records::{Names, Numbers, Parts};
use crate::say;

/// Records that a dictionary is made of.
const SAMPLES: usize = 8_000;

/// Records that are compressed.
const MEASURED: usize = 4_000;

/// Bytes of the dictionary: with twice as many a record that comes alone takes 6 % less, and all records more time.
const DICTIONARY_BYTES: usize = 16 * 1024;

/// Records of a chunk: alone, as a busy server has them, and as many as fit.
const TOGETHER: [usize; 3] = [1, 8, 60];

/// The level of compression, as the store has it.
const LEVEL: i32 = 1;

/// Makes the dictionary of all decoders.
pub(crate) fn train(file: &Path) {
    fs::write(file, dictionary(&Parts::read())).expect("the file can be written");
}

/// Measures the dictionary of the store, none, and one of other decoders than those whose records are compressed.
pub(crate) fn packing() {
    let parts = Parts::read();
    let [seen, unseen] = parts.halves();
    let own = include_bytes!("../../src/sled/records.dictionary");
    measure("own", own, &parts);
    measure("none", &[], &parts);
    measure("others", &dictionary(&seen), &unseen);
}

fn dictionary(parts: &Parts) -> Vec<u8> {
    let samples = parts.entries(SAMPLES, &mut Numbers::new(0x5EED), Names::New);
    from_samples(&samples, DICTIONARY_BYTES).expect("there are samples enough")
}

fn measure(name: &str, dictionary: &[u8], parts: &Parts) {
    let entries = parts.entries(MEASURED, &mut Numbers::new(0xF00D), Names::Kept);
    let encoder = EncoderDictionary::copy(dictionary, LEVEL);
    let decoder = DecoderDictionary::copy(dictionary);
    let mut compressor = Compressor::with_prepared_dictionary(&encoder).expect("a compressor");
    let mut decompressor = Decompressor::with_prepared_dictionary(&decoder).expect("its opposite");
    let plain: usize = entries.iter().map(Vec::len).sum();
    say(&format!("BENCH store.packing.{name}.plain {} B", plain / entries.len()));
    for together in TOGETHER {
        let chunks: Vec<Vec<u8>> = entries.chunks_exact(together).map(<[_]>::concat).collect();
        let begun = Instant::now();
        let packed: Vec<Vec<u8>> =
            chunks.iter().map(|chunk| compressor.compress(chunk).expect("it fits")).collect();
        let packing = begun.elapsed();
        let begun = Instant::now();
        for (packed, chunk) in packed.iter().zip(&chunks) {
            let unpacked = decompressor.decompress(packed, chunk.len()).expect("it was packed");
            assert_eq!(unpacked.len(), chunk.len());
        }
        let unpacking = begun.elapsed();
        let count = chunks.len() * together;
        let bytes = packed.iter().map(Vec::len).sum::<usize>() / count;
        let each = |time: Duration| time.as_nanos() / count as u128;
        say(&format!("BENCH store.packing.{name}.{together} {bytes} B"));
        say(&format!("BENCH store.packing.{name}.{together}.pack {} ns", each(packing)));
        say(&format!("BENCH store.packing.{name}.{together}.unpack {} ns", each(unpacking)));
    }
}
