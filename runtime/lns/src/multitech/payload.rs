//! The payload of a packet of the Conduit. A setting there (*Encode payload as HEX*) writes it as hexadecimal
//! digits instead of base64, and no member says so.

use crate::{
    Unreadable,
    json::{FRM_PAYLOAD_BYTES, Field},
};

/// Reads the payload. `size` is the number of its bytes, where the packet tells it.
///
/// Some texts are both: then the number of bytes decides, and where that does not, nothing is guessed.
pub(super) fn read(data: &Field<'_>, size: Option<usize>) -> Result<Vec<u8>, Unreadable> {
    let text = data.text()?;
    let has_digits = text.bytes().all(|byte| byte.is_ascii_hexdigit());
    if text.is_empty() || !has_digits || !text.len().is_multiple_of(2) {
        return data.base64(FRM_PAYLOAD_BYTES);
    }
    let is_of_size = |bytes: usize| size == Some(bytes);
    // Without the padding, which is no digit, the length of base64 says the number of bytes.
    if is_of_size(text.len() / 2) || !text.len().is_multiple_of(4) {
        return data.hex(FRM_PAYLOAD_BYTES);
    }
    if is_of_size(text.len() / 4 * 3) {
        return data.base64(FRM_PAYLOAD_BYTES);
    }
    Err(data.invalid("it may be hexadecimal digits or base64, and size does not say which"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn payload(data: &str, size: Option<usize>) -> Result<Vec<u8>, String> {
        let json = json!({ "data": data });
        let root = Field::root(&json).unwrap();
        root.need("data", |field| read(field, size)).map_err(|error| error.to_string())
    }

    #[test]
    fn digits_and_base64_are_told_apart() {
        let bytes = vec![0x01, 0x00, 0xE2, 0x02, 0x29];
        for size in [Some(5), None, Some(9)] {
            assert_eq!(payload("AQDiAik=", size), Ok(bytes.clone()));
            assert_eq!(payload("0100e20229", size), Ok(bytes.clone()));
        }
        assert_eq!(payload("", Some(0)), Ok(Vec::new()));
        // Twelve characters are six bytes, or nine.
        assert_eq!(payload("0100e2022901", Some(6)).unwrap().len(), 6);
        assert_eq!(payload("0100e2022901", Some(9)).unwrap().len(), 9);
        for size in [None, Some(5)] {
            assert!(payload("0100e2022901", size).unwrap_err().contains("size"));
        }
        assert!(payload("nonsense!", Some(6)).unwrap_err().contains("base64"));
        assert!(payload(&"00".repeat(300), Some(300)).unwrap_err().contains("limit"));
    }
}
