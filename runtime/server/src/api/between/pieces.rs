//! Sealed pieces as they lie one after another in a body: each after its length, of which the highest bit says that it
//! is the last.

use axum::body::Bytes;
use bytes::{Buf, BytesMut};
use champollion_fleet::vault::{MessageError, MessageKey};

/// Bytes of a piece of a body in clear.
pub(super) const PIECE: usize = 64 << 10;

/// Longest sealed piece in bytes: a head has as many headers as a request may have, in base64. Of the first piece nobody
/// knows before its end whether a node has sealed it, so a connection of anybody may hold as much.
const LONGEST: usize = 256 << 10;

/// Bytes of a length.
const LENGTH_BYTES: usize = 4;

/// The bit of a length that is set where the piece is the last.
const LAST: u32 = 1 << 31;

/// A piece as it comes, sealed.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Piece {
    pub(super) sealed: Bytes,
    pub(super) is_last: bool,
}

/// Seals a piece, and puts its length before it.
pub(super) fn seal(
    key: &mut MessageKey,
    piece: &[u8],
    is_last: bool,
) -> Result<Vec<u8>, MessageError> {
    let sealed = key.seal(piece, is_last)?;
    let length = u32::try_from(sealed.len()).ok().filter(|_| sealed.len() <= LONGEST);
    let length = length.ok_or(MessageError::TooLong)?;
    let marked = if is_last { length | LAST } else { length };
    Ok([&marked.to_be_bytes()[..], &sealed].concat())
}

/// Takes the first piece out of what has come so far; none where it is not whole yet.
pub(super) fn take(come: &mut BytesMut) -> Result<Option<Piece>, MessageError> {
    let Some(length) = come.first_chunk::<LENGTH_BYTES>() else { return Ok(None) };
    let marked = u32::from_be_bytes(*length);
    let length = usize::try_from(marked & !LAST).unwrap_or(usize::MAX);
    if length > LONGEST {
        return Err(MessageError::TooLong);
    }
    if come.len() < LENGTH_BYTES + length {
        return Ok(None);
    }
    come.advance(LENGTH_BYTES);
    let sealed = come.split_to(length).freeze();
    Ok(Some(Piece { sealed, is_last: marked & LAST != 0 }))
}

#[cfg(test)]
mod tests {
    use bytes::BufMut;

    use super::*;

    #[test]
    fn a_piece_is_taken_once_it_is_whole() {
        let bytes = [&[0, 0, 0, 2, 7, 8][..], &[0x80, 0, 0, 1, 9]].concat();
        let mut come = BytesMut::new();
        let mut taken = Vec::new();
        for byte in bytes {
            come.put_u8(byte);
            taken.extend(take(&mut come).unwrap());
        }
        let piece =
            |sealed: &[u8], is_last| Piece { sealed: Bytes::copy_from_slice(sealed), is_last };
        assert_eq!(taken, [piece(&[7, 8], false), piece(&[9], true)]);
        assert!(come.is_empty());
    }

    #[test]
    fn a_piece_that_is_longer_than_any_is_refused_before_it_has_come() {
        let taken = |come: &[u8]| take(&mut BytesMut::from(come));
        assert_eq!(taken(&[0, 0x04, 0, 1]), Err(MessageError::TooLong));
        assert_eq!(taken(&[0, 0x04, 0, 0]), Ok(None));
    }
}
