//! The key of one message between nodes, which goes in pieces: none can be changed, left out, exchanged with another
//! or added, and the last one says that it is the last.
//!
//! Each piece is encrypted by XChaCha20-Poly1305 in the construction STREAM of Hoang, Reyhanitabar, Rogaway and Vizár: its
//! nonce is its place in the message and whether it is the last one. No two messages have the same key, so what is before
//! them in the nonce is always the same.

use aead_stream::{NewStream, StreamBE32, StreamPrimitive};
use chacha20poly1305::XChaCha20Poly1305;

/// Bytes of a key.
pub(super) const KEY_BYTES: usize = 32;

/// The key of one message, and the place of its next piece.
pub struct MessageKey {
    stream: StreamBE32<XChaCha20Poly1305>,
    place: u32,
}

/// The reason why a piece of a message is not sealed or opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MessageError {
    /// Somebody without the key has made or changed the piece, or it stands in another place.
    #[error(
        "a message between nodes was not sealed by a node of this store, or was changed on its way"
    )]
    NotAuthentic,
    /// The piece, or the message, is longer than the cipher takes.
    #[error("a message between nodes is too long to be sealed")]
    TooLong,
}

impl MessageKey {
    pub(super) fn new(key: &[u8; KEY_BYTES]) -> Self {
        Self { stream: StreamBE32::new(key.into(), &Default::default()), place: 0 }
    }

    /// Seals the next piece.
    ///
    /// # Errors
    /// The piece or the message is too long.
    pub fn seal(&mut self, piece: &[u8], is_last: bool) -> Result<Vec<u8>, MessageError> {
        let place = self.next_place()?;
        self.stream.encrypt(place, is_last, piece).map_err(|_| MessageError::TooLong)
    }

    /// Opens the next piece.
    ///
    /// # Errors
    /// The piece is not the one that was sealed in this place.
    pub fn open(&mut self, sealed: &[u8], is_last: bool) -> Result<Vec<u8>, MessageError> {
        let place = self.next_place()?;
        self.stream.decrypt(place, is_last, sealed).map_err(|_| MessageError::NotAuthentic)
    }

    fn next_place(&mut self) -> Result<u32, MessageError> {
        let place = self.place;
        self.place = place.checked_add(1).ok_or(MessageError::TooLong)?;
        Ok(place)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key() -> MessageKey {
        MessageKey::new(&[3; KEY_BYTES])
    }

    fn sealed() -> [Vec<u8>; 3] {
        let mut key = key();
        let pieces: [(&[u8], bool); 3] = [(b"one", false), (b"", false), (b"three", true)];
        pieces.map(|(piece, is_last)| key.seal(piece, is_last).unwrap())
    }

    #[test]
    fn pieces_are_opened_in_their_order() {
        let ([one, two, three], mut key) = (sealed(), key());
        assert_eq!(key.open(&one, false).unwrap(), b"one");
        assert_eq!(key.open(&two, false).unwrap(), b"");
        assert_eq!(key.open(&three, true).unwrap(), b"three");
    }

    #[test]
    fn a_piece_that_is_left_out_exchanged_changed_or_called_the_last_is_refused() {
        let [one, two, three] = sealed();
        let refused = Err(MessageError::NotAuthentic);
        assert_eq!(key().open(&two, false), refused, "the first one is left out");
        assert_eq!(key().open(&one, true), refused, "the rest is cut off");
        let mut second = key();
        second.open(&one, false).unwrap();
        assert_eq!(second.open(&three, true), refused, "the second one is left out");
        let mut again = key();
        again.open(&one, false).unwrap();
        assert_eq!(again.open(&one, false), refused, "the first one comes twice");
        for at in 0..one.len() {
            let mut changed = one.clone();
            changed[at] ^= 1;
            assert_eq!(key().open(&changed, false), refused, "{at}");
        }
    }
}
