//! Vectors as they lie in a package: packed, since their payloads and names repeat themselves, and unpacked within a
//! bound, since a few bytes may stand for as many as a machine has.

use std::borrow::Cow;

use miniz_oxide::{
    deflate::compress_to_vec_zlib,
    inflate::{TINFLStatus, decompress_to_vec_zlib_with_limit},
};

use super::{error::PackageError, limits::VECTORS_BYTES};

/// The level that most tools call the best one: packages are made once, and read often.
const LEVEL: u8 = 9;

/// The vectors of a package in one of the two forms that packages were ever made with.
#[derive(Clone, Copy)]
pub(super) enum VectorsSection<'file> {
    /// The text itself, of packages from before they were packed.
    Plain(&'file [u8]),
    /// The text in the format of zlib, RFC 1950.
    Packed(&'file [u8]),
}

impl<'file> VectorsSection<'file> {
    /// The bytes of the text.
    pub(super) fn bytes(self) -> Result<Cow<'file, [u8]>, PackageError> {
        match self {
            Self::Plain(text) => Ok(text.into()),
            Self::Packed(packed) => unpack(packed).map(Cow::Owned),
        }
    }
}

/// Packs the text of vectors.
pub(super) fn pack(text: &str) -> Vec<u8> {
    compress_to_vec_zlib(text.as_bytes(), LEVEL)
}

fn unpack(packed: &[u8]) -> Result<Vec<u8>, PackageError> {
    decompress_to_vec_zlib_with_limit(packed, VECTORS_BYTES).map_err(|error| match error.status {
        TINFLStatus::HasMoreOutput => PackageError::VectorsTooLarge,
        _ => PackageError::VectorsDamaged,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn unpacked(packed: &[u8]) -> Result<String, PackageError> {
        VectorsSection::Packed(packed)
            .bytes()
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
        let at_most = " ".repeat(VECTORS_BYTES);
        assert_eq!(unpacked(&pack(&at_most)).unwrap().len(), VECTORS_BYTES);
        let bomb = pack(&(at_most + " "));
        assert!(bomb.len() < 64 << 10, "it is a bomb: {} bytes", bomb.len());
        assert!(matches!(unpacked(&bomb), Err(PackageError::VectorsTooLarge)));
    }

    #[test]
    fn what_is_cut_or_changed_is_damaged() {
        let packed = pack(r#"[{"name":"a"},{"name":"b"}]"#);
        for length in 0..packed.len() {
            let cut = unpacked(&packed[..length]);
            assert!(matches!(cut, Err(PackageError::VectorsDamaged)), "cut at {length}: {cut:?}");
        }
        let mut changed = packed;
        if let Some(last) = changed.last_mut() {
            *last ^= 1;
        }
        assert!(matches!(unpacked(&changed), Err(PackageError::VectorsDamaged)));
    }
}
