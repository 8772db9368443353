//! The context of ThingPark's drivers, which is kept as the state of a device.
//!
//! It is JSON as the driver leaves it. Where that has more bytes than a state may have, it is compressed.

use miniz_oxide::{deflate::compress_to_vec_zlib, inflate::decompress_to_vec_zlib_with_limit};
use serde::de::IgnoredAny;

/// The best ratio: a context is small.
const LEVEL: u8 = 10;

/// Largest context in bytes. Ten times a state: its texts repeat themselves, and compress to less.
const CONTEXT_BYTES: usize = 10 << 10;

/// A state that holds no context.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("the state of the device holds no context, so it begins empty")]
pub(crate) struct NoContext;

/// A context that is larger than a state can hold.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("the context has {bytes} bytes, which is more than a state holds, so it stays as it was")]
pub(crate) struct ContextTooLarge {
    bytes: usize,
}

/// Returns the state in which a context is kept, which may have so many bytes.
pub(crate) fn state_of(json: &str, limit: usize) -> Result<Vec<u8>, ContextTooLarge> {
    let bytes = json.len();
    if bytes <= limit {
        return Ok(json.as_bytes().to_vec());
    }
    Some(json.as_bytes())
        .filter(|json| json.len() <= CONTEXT_BYTES)
        .map(|json| compress_to_vec_zlib(json, LEVEL))
        .filter(|compressed| compressed.len() <= limit)
        .ok_or(ContextTooLarge { bytes })
}

/// Returns the context that a state holds, as JSON text; an empty text where there is no state.
pub(crate) fn context_of(state: &[u8]) -> Result<Vec<u8>, NoContext> {
    let is_json = |text: &[u8]| serde_json::from_slice::<IgnoredAny>(text).is_ok();
    if state.is_empty() || is_json(state) {
        return Ok(state.to_vec());
    }
    decompress_to_vec_zlib_with_limit(state, CONTEXT_BYTES)
        .ok()
        .filter(|text| is_json(text))
        .ok_or(NoContext)
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMIT: usize = 1_024;

    #[test]
    fn a_small_context_is_kept_as_it_is() {
        assert_eq!(state_of("[{\"a\":1}]", LIMIT).unwrap(), b"[{\"a\":1}]");
        assert_eq!(context_of(b"[{\"a\":1}]").unwrap(), b"[{\"a\":1}]");
        assert_eq!(context_of(b"").unwrap(), b"");
    }

    #[test]
    fn a_large_one_is_compressed_and_comes_back() {
        let entry = "{\"codingPolicy\":\"DELTA_COMPRESSION\",\"dataType\":\"16_BIT_SIGNED\"}";
        let json = format!("[{}]", vec![entry; 40].join(","));
        let state = state_of(&json, LIMIT).unwrap();
        assert!(json.len() > LIMIT && state.len() <= LIMIT, "{}", state.len());
        assert_eq!(context_of(&state).unwrap(), json.as_bytes());
    }

    #[test]
    fn what_cannot_be_kept_or_read_is_said() {
        let chance: String = (0..4_000_u32)
            .map(|number| number.wrapping_mul(2_654_435_761) >> 27)
            .filter_map(|letter| char::from_u32(u32::from('a') + letter % 26))
            .collect();
        let json = format!("[\"{chance}\"]");
        assert_eq!(state_of(&json, 100), Err(ContextTooLarge { bytes: json.len() }));
        let large = format!("[\"{}\"]", "a".repeat(CONTEXT_BYTES));
        assert!(state_of(&large, LIMIT).unwrap_err().to_string().contains("10244 bytes"));
        for state in [&b"\x01\x02"[..], &compress_to_vec_zlib(b"no JSON", LEVEL)] {
            assert_eq!(context_of(state), Err(NoContext));
        }
        // More than a context may have, in few bytes.
        let bomb = compress_to_vec_zlib(&vec![b' '; 1 << 20], LEVEL);
        assert_eq!(context_of(&bomb), Err(NoContext));
    }
}
