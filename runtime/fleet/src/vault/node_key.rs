//! The key by which the nodes of one store know each other, and seal what they tell each other.
//!
//! The key follows from a data key, which each node unwraps by the master key, so an operator looks after no further
//! secret. A rotation of the master key, which nodes hear of one after the other, changes nothing between them.

use champollion_store::tables;
use hmac::Mac;
use uuid::Uuid;
use zeroize::Zeroizing;

use super::authentication_code::mac;
use super::data_key::DataKey;
use super::message_key::{KEY_BYTES, MessageKey};
use super::opening::Vault;

/// Bytes of the number that no two requests, and no two answers, share.
pub const NONCE_BYTES: usize = 16;

/// Keeps the key apart from all else that is made of the data key.
const PURPOSE: &[u8] = b"champollion/vault/1/between-nodes";

/// Keeps requests apart from answers, so that none can be played back as the other.
const REQUEST: &[u8] = b"request\0";
const ANSWER: &[u8] = b"answer\0";

/// The key that the nodes of one store share, and nobody else has.
pub struct NodeKey(Zeroizing<[u8; KEY_BYTES]>);

/// The key of the answers to one request. The node that answers draws a number for each answer, so no two answers have
/// the same key, even where a request is played back to a node that was started anew and does not know it again.
pub struct AnswerKey(NodeKey);

/// The stamp of a request between nodes. It stands in clear beside the request, and whoever changes it has other keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stamp<'of> {
    /// The node that asks.
    pub from: Uuid,
    /// The address of the node that is asked.
    pub to: &'of str,
    /// The moment of the request, in milliseconds since 1970.
    pub moment_millis: i64,
    /// A random number: no two requests have the same.
    pub nonce: [u8; NONCE_BYTES],
}

impl NodeKey {
    fn of(data_key: &DataKey) -> Self {
        Self::made(&data_key.reveal(), &[PURPOSE])
    }

    fn made(key: &[u8], parts: &[&[u8]]) -> Self {
        let code = parts.iter().fold(mac(key), |code, part| code.chain_update(part));
        let mut made = Zeroizing::new([0; KEY_BYTES]);
        made.copy_from_slice(&code.finalize().into_bytes()[..]);
        Self(made)
    }

    /// Returns the key that seals and opens one request.
    #[must_use]
    pub fn of_request(&self, stamp: &Stamp<'_>) -> MessageKey {
        MessageKey::new(&self.of_direction(REQUEST, stamp).0)
    }

    /// Returns the key of the answers to one request.
    #[must_use]
    pub fn of_answers(&self, stamp: &Stamp<'_>) -> AnswerKey {
        AnswerKey(self.of_direction(ANSWER, stamp))
    }

    fn of_direction(&self, direction: &[u8], stamp: &Stamp<'_>) -> Self {
        // All but the address have a fixed length, and the address is the last.
        let (from, moment) = (stamp.from.as_bytes(), stamp.moment_millis.to_be_bytes());
        let parts = [direction, from, &moment, &stamp.nonce, stamp.to.as_bytes()];
        Self::made(&self.0[..], &parts)
    }
}

impl AnswerKey {
    /// Returns the key that seals and opens the answer that has a number.
    #[must_use]
    pub fn of_answer(&self, nonce: &[u8; NONCE_BYTES]) -> MessageKey {
        MessageKey::new(&NodeKey::made(&self.0.0[..], &[nonce]).0)
    }
}

impl Vault {
    /// Returns the key of the nodes that share the store.
    #[must_use]
    pub fn node_key(&self) -> NodeKey {
        let data_key = self.keys.get(tables::DEVICES.as_str());
        NodeKey::of(data_key.expect("each secret table has a data key once the vault is open"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stamp(to: &str) -> Stamp<'_> {
        let (from, nonce) = (Uuid::from_u128(1), [7; NONCE_BYTES]);
        Stamp { from, to, moment_millis: 1_796_000_000_000, nonce }
    }

    #[test]
    fn a_message_is_opened_by_a_node_of_the_same_store_alone() {
        let data_key = DataKey::generate().unwrap();
        let (one, other) = (NodeKey::of(&data_key), NodeKey::of(&data_key));
        let stranger = NodeKey::of(&DataKey::generate().unwrap());
        let stamp = stamp("http://10.0.0.7:8080");
        let sealed = one.of_request(&stamp).seal(b"GET /v1/tokens", true).unwrap();
        assert_eq!(other.of_request(&stamp).open(&sealed, true).unwrap(), b"GET /v1/tokens");
        assert!(stranger.of_request(&stamp).open(&sealed, true).is_err());
        let answer = other.of_answers(&stamp).of_answer(&stamp.nonce).open(&sealed, true);
        assert!(answer.is_err(), "it is no answer");
    }

    #[test]
    fn two_answers_to_one_request_have_keys_of_their_own() {
        let key = NodeKey::of(&DataKey::generate().unwrap());
        let answers = key.of_answers(&stamp("http://10.0.0.7:8080"));
        let sealed = answers.of_answer(&[1; NONCE_BYTES]).seal(b"200", true).unwrap();
        assert_eq!(answers.of_answer(&[1; NONCE_BYTES]).open(&sealed, true).unwrap(), b"200");
        assert!(answers.of_answer(&[2; NONCE_BYTES]).open(&sealed, true).is_err());
    }

    #[test]
    fn a_message_belongs_to_its_whole_stamp() {
        let key = NodeKey::of(&DataKey::generate().unwrap());
        let own = stamp("http://10.0.0.7:8080");
        let sealed = key.of_request(&own).seal(b"it", true).unwrap();
        let mut nonce = own.nonce;
        nonce[15] ^= 1;
        let others = [
            Stamp { from: Uuid::from_u128(2), ..own },
            Stamp { to: "http://10.0.0.8:8080", ..own },
            Stamp { moment_millis: own.moment_millis + 1, ..own },
            Stamp { nonce, ..own },
        ];
        for other in others {
            assert!(key.of_request(&other).open(&sealed, true).is_err(), "{other:?}");
        }
    }
}
