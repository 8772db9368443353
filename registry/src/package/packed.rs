//! Texts as they lie in a package: packed, since they repeat themselves, and unpacked within a bound, since a few bytes
//! may stand for as many as a machine has.

use std::borrow::Cow;

use miniz_oxide::{
    deflate::compress_to_vec_zlib,
    inflate::{TINFLStatus, decompress_to_vec_zlib_with_limit},
};

/// The level that most tools call the best one: packages are made once, and read often.
const LEVEL: u8 = 9;

/// A text of a package in one of the two forms that packages were ever made with.
#[derive(Clone, Copy)]
pub(super) enum TextSection<'file> {
    /// The text itself, of packages from before it was packed.
    Plain(&'file [u8]),
    /// The text in the format of zlib, RFC 1950.
    Packed(&'file [u8]),
}

/// The fault of a text that is not unpacked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum NotUnpacked {
    /// It is no whole stream of zlib.
    Damaged,
    /// A few bytes stand for more than is unpacked.
    TooLarge,
}

impl<'file> TextSection<'file> {
    /// The bytes of the text. A packed one is unpacked to this many at most.
    pub(super) fn bytes(self, most: usize) -> Result<Cow<'file, [u8]>, NotUnpacked> {
        match self {
            Self::Plain(text) => Ok(text.into()),
            Self::Packed(packed) => unpack(packed, most).map(Cow::Owned),
        }
    }
}

/// Packs a text as a stream.
pub(super) fn pack(text: &str) -> Vec<u8> {
    compress_to_vec_zlib(text.as_bytes(), LEVEL)
}

fn unpack(packed: &[u8], most: usize) -> Result<Vec<u8>, NotUnpacked> {
    decompress_to_vec_zlib_with_limit(packed, most).map_err(|error| match error.status {
        TINFLStatus::HasMoreOutput => NotUnpacked::TooLarge,
        _ => NotUnpacked::Damaged,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const MOST: usize = 8 << 20;

    fn unpacked(packed: &[u8]) -> Result<String, NotUnpacked> {
        TextSection::Packed(packed)
            .bytes(MOST)
            .map(|text| String::from_utf8_lossy(&text).into_owned())
    }

    #[test]
    fn what_is_packed_is_smaller_and_comes_out_as_it_was() {
        let text = r#"{ "quantity": "water.volume", "value": 13.609 },"#.repeat(100);
        let packed = pack(&text);
        assert!(packed.len() * 10 < text.len(), "{} bytes of {}", packed.len(), text.len());
        assert_eq!(unpacked(&packed).unwrap(), text);
        assert_eq!(unpacked(&pack("")).unwrap(), "");
    }

    #[test]
    fn as_much_as_may_be_is_unpacked_and_no_byte_more() {
        let at_most = " ".repeat(MOST);
        assert_eq!(unpacked(&pack(&at_most)).unwrap().len(), MOST);
        let bomb = pack(&(at_most + " "));
        assert!(bomb.len() < 64 << 10, "it is a bomb: {} bytes", bomb.len());
        assert_eq!(unpacked(&bomb), Err(NotUnpacked::TooLarge));
    }

    #[test]
    fn what_is_cut_or_changed_is_damaged() {
        let packed = pack(r#"[{"name":"a"},{"name":"b"}]"#);
        for length in 0..packed.len() {
            let cut = unpacked(&packed[..length]);
            assert_eq!(cut, Err(NotUnpacked::Damaged), "cut at {length}");
        }
        let mut changed = packed;
        if let Some(last) = changed.last_mut() {
            *last ^= 1;
        }
        assert_eq!(unpacked(&changed), Err(NotUnpacked::Damaged));
    }
}
