//! The seals of requests between nodes: each request is sealed for one node, at one moment, by a key that only nodes of
//! the same store have (`node_key.rs` of the vault), and is taken once.
//!
//! The stamp of a request says in clear who asks and when. Both ends make the keys of request and answer of it, so a
//! stamp that was changed opens nothing. The mark of an answer has in clear a number that the answering node draws:
//! where a clock was set back, a node that was started anew takes for new what the one before has answered, and must not
//! seal another answer by the same key.

use std::{collections::BTreeSet, time::Duration};

use champollion_fleet::vault::{AnswerKey, MessageError, MessageKey, NONCE_BYTES, NodeKey, Stamp};
use data_encoding::HEXLOWER;
use jiff::Timestamp;
use parking_lot::Mutex;
use uuid::Uuid;

/// The number of the language that nodes speak to each other, at the beginning of a stamp.
const LANGUAGE: &str = "1";

/// The first word of the mark of a sealed answer.
const SEALED: &str = "sealed";

/// The time for which a request may be under way, by the store's clock, and the clocks of both ends may differ.
const FRESH: Duration = Duration::from_secs(10);

/// The seals of this node.
pub(crate) struct Seals {
    key: NodeKey,
    node: Uuid,
    address: String,
    taken: Taken,
}

/// The keys of a request that this node sends, and its stamp.
pub(crate) struct Outgoing {
    pub(crate) stamp: String,
    pub(crate) request: MessageKey,
    pub(crate) answer: AnswerSeal,
}

/// The keys of a request that this node was sent.
pub(crate) struct Incoming {
    pub(crate) from: Uuid,
    pub(crate) request: MessageKey,
    pub(crate) answer: AnswerSeal,
    pub(crate) once: Once,
}

/// The seal of the answer to one request.
pub(crate) struct AnswerSeal(AnswerKey);

impl AnswerSeal {
    /// Draws the number of an answer. Gives the mark that names it, and the key of the answer.
    pub(crate) fn draw(&self) -> Result<(String, MessageKey), getrandom::Error> {
        let nonce = drawn()?;
        Ok((format!("{SEALED} {}", HEXLOWER.encode(&nonce)), self.0.of_answer(&nonce)))
    }

    /// The key of an answer that came with a mark; none where it marks no sealed answer.
    pub(crate) fn of_mark(&self, mark: &str) -> Option<MessageKey> {
        let nonce = mark.strip_prefix(SEALED)?.strip_prefix(' ')?;
        Some(self.0.of_answer(&nonce_of(nonce)?))
    }
}

/// A number that nothing else has.
fn drawn() -> Result<[u8; NONCE_BYTES], getrandom::Error> {
    let mut nonce = [0; NONCE_BYTES];
    getrandom::fill(&mut nonce)?;
    Ok(nonce)
}

fn nonce_of(digits: &str) -> Option<[u8; NONCE_BYTES]> {
    HEXLOWER.decode(digits.as_bytes()).ok()?.try_into().ok()
}

/// The moment of a request in milliseconds, and its random number: no two requests have both.
pub(crate) type Once = (i64, [u8; NONCE_BYTES]);

/// The reason why a request is not taken for one of another node.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Unrecognized {
    /// No other node may use the store.
    #[error("this server shares its store with no other node")]
    Alone,
    /// The stamp is none that this version writes.
    #[error("its stamp cannot be read: a node of another version, or none, has made it")]
    Stamp,
    /// The request is old, or of a clock that is far from the store's.
    #[error(
        "its moment is not within ten seconds of the store's clock, or before this node was started"
    )]
    Moment,
    /// Another key has sealed the request, for another node or with another stamp, or it was changed.
    #[error(transparent)]
    Seal(#[from] MessageError),
    /// The same request was taken before.
    #[error("it was taken before")]
    Replayed,
    /// The request is sealed rightly and begins with something else than a head.
    #[error("its head cannot be read: a node of another version has made it")]
    Head,
    /// The request ended before its head, or is too long for one.
    #[error("it is cut off")]
    Cut,
}

impl Unrecognized {
    /// The word for the metric.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Alone => "alone",
            Self::Stamp => "stamp",
            Self::Moment => "moment",
            Self::Seal(_) => "seal",
            Self::Replayed => "replayed",
            Self::Head => "head",
            Self::Cut => "cut",
        }
    }
}

impl Seals {
    /// The seals of a node at an address, from a moment on.
    pub(super) fn new(key: NodeKey, node: Uuid, address: String, began: Timestamp) -> Self {
        Self { key, node, address, taken: Taken::since(began) }
    }

    /// The keys of a request to the node at an address.
    pub(super) fn outgoing(&self, to: &str, now: Timestamp) -> Result<Outgoing, getrandom::Error> {
        let (moment_millis, nonce) = (now.as_millisecond(), drawn()?);
        let stamp = Stamp { from: self.node, to, moment_millis, nonce };
        Ok(Outgoing {
            stamp: written(&stamp),
            request: self.key.of_request(&stamp),
            answer: AnswerSeal(self.key.of_answers(&stamp)),
        })
    }

    /// The keys of a request that came with a stamp.
    pub(super) fn incoming(&self, stamp: &str, now: Timestamp) -> Result<Incoming, Unrecognized> {
        let stamp = read(stamp, &self.address).ok_or(Unrecognized::Stamp)?;
        if !self.taken.is_fresh(stamp.moment_millis, now) {
            return Err(Unrecognized::Moment);
        }
        Ok(Incoming {
            from: stamp.from,
            request: self.key.of_request(&stamp),
            answer: AnswerSeal(self.key.of_answers(&stamp)),
            once: (stamp.moment_millis, stamp.nonce),
        })
    }

    /// Takes a request of which the first piece was opened, and so was sealed by a node: none is taken twice. Its moment is
    /// looked at again: what was held back after its stamp may have been taken before, and be no longer remembered.
    pub(super) fn take(&self, once: Once, now: Timestamp) -> Result<(), Unrecognized> {
        let (moment, _) = once;
        if !self.taken.is_fresh(moment, now) {
            return Err(Unrecognized::Moment);
        }
        if self.taken.note(once, now) { Ok(()) } else { Err(Unrecognized::Replayed) }
    }
}

/// A stamp as its header has it. The address stands in none: each node knows its own.
fn written(stamp: &Stamp<'_>) -> String {
    let nonce = HEXLOWER.encode(&stamp.nonce);
    format!("{LANGUAGE} {} {} {nonce}", stamp.from, stamp.moment_millis)
}

fn read<'to>(text: &str, to: &'to str) -> Option<Stamp<'to>> {
    let mut words = text.split(' ');
    if words.next()? != LANGUAGE {
        return None;
    }
    let (from, moment_millis) = (words.next()?.parse().ok()?, words.next()?.parse().ok()?);
    let nonce = nonce_of(words.next()?)?;
    words.next().is_none().then_some(Stamp { from, to, moment_millis, nonce })
}

/// The requests that were taken of late, so that none is taken twice.
struct Taken {
    /// Milliseconds: what was sealed before may have been taken before this process began.
    began: i64,
    of_late: Mutex<BTreeSet<Once>>,
}

impl Taken {
    fn since(began: Timestamp) -> Self {
        Self { began: began.as_millisecond(), of_late: Mutex::default() }
    }

    fn is_fresh(&self, moment: i64, now: Timestamp) -> bool {
        moment >= self.began && moment.abs_diff(now.as_millisecond()) <= millis(FRESH)
    }

    /// Notes a request; false where it was noted before.
    fn note(&self, once: Once, now: Timestamp) -> bool {
        // Kept for twice as long as it is fresh: the store's clock may be set back.
        let kept = i64::try_from(2 * millis(FRESH)).unwrap_or(i64::MAX);
        let oldest = now.as_millisecond().saturating_sub(kept);
        let mut of_late = self.of_late.lock();
        while of_late.first().is_some_and(|(moment, _)| *moment < oldest) {
            of_late.pop_first();
        }
        of_late.insert(once)
    }
}

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use champollion_fleet::vault::{KeyFrom, OpenedVault, Vault, VaultSettings};
    use champollion_store::SledOptions;
    use jiff::SignedDuration;
    use tempfile::TempDir;

    use super::*;

    const HERE: &str = "http://10.0.0.7:8080";

    /// The key of nodes of one store: that of a vault in a folder.
    async fn key(folder: &TempDir) -> NodeKey {
        let settings =
            VaultSettings { key_from: KeyFrom::File, key_file: folder.path().join("master.key") };
        let options = SledOptions::new(folder.path().join("store"));
        let OpenedVault { store, vault } =
            Vault::open(&options, folder.path(), &settings).await.unwrap();
        let key = vault.node_key();
        store.close().await.unwrap();
        key
    }

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_second(1_796_000_000 + seconds).unwrap()
    }

    /// The seals of two nodes of one store, of which the second one is at [`HERE`].
    async fn two() -> (Seals, Seals) {
        let folder = tempfile::tempdir().unwrap();
        let (one, other) = (key(&folder).await, key(&folder).await);
        let elsewhere = "http://10.0.0.6:8080".to_owned();
        let first = Seals::new(one, Uuid::from_u128(1), elsewhere, at(0));
        (first, Seals::new(other, Uuid::from_u128(2), HERE.to_owned(), at(0)))
    }

    /// The further way of a request of which the stamp and the first piece have come.
    fn received(
        node: &Seals,
        (stamp, piece): (&str, &[u8]),
        now: Timestamp,
    ) -> Result<Vec<u8>, Unrecognized> {
        let mut incoming = node.incoming(stamp, now)?;
        let piece = incoming.request.open(piece, true)?;
        node.take(incoming.once, now)?;
        Ok(piece)
    }

    #[tokio::test]
    async fn a_request_of_another_node_is_taken_once_and_answered_under_its_own_key() {
        let (one, other) = two().await;
        let mut sent = one.outgoing(HERE, at(5)).unwrap();
        let piece = sent.request.seal(b"GET /v1/tokens", true).unwrap();
        let again = || received(&other, (&sent.stamp, &piece), at(6));
        assert_eq!(again().unwrap(), b"GET /v1/tokens");
        assert_eq!(again(), Err(Unrecognized::Replayed));
        // Long enough for that it is no longer remembered, and then too old.
        let late = received(&other, (&sent.stamp, &piece), at(5 + 60));
        assert_eq!(late, Err(Unrecognized::Moment));
        // Its stamp came in time, and its first piece was held back until then.
        let held_back = other.incoming(&sent.stamp, at(6)).unwrap();
        assert_eq!(other.take(held_back.once, at(5 + 60)), Err(Unrecognized::Moment));
        let incoming = other.incoming(&sent.stamp, at(6)).unwrap();
        assert_eq!(incoming.from, Uuid::from_u128(1));
        let (mark, mut seals) = incoming.answer.draw().unwrap();
        let answer = seals.seal(b"200", true).unwrap();
        assert_eq!(sent.answer.of_mark(&mark).unwrap().open(&answer, true).unwrap(), b"200");
        for none in ["", SEALED, &mark[1..], &mark[..mark.len() - 1], &format!("{mark} ")] {
            assert!(sent.answer.of_mark(none).is_none(), "{none}");
        }
    }

    #[tokio::test]
    async fn a_request_that_is_taken_again_after_a_start_is_answered_under_another_key() {
        let (one, other) = two().await;
        let sent = one.outgoing(HERE, at(5)).unwrap();
        let answer = |words: &[u8]| {
            // The clock was set back, and the node was started again: nothing of it is left but the key.
            let (mark, mut seals) =
                other.incoming(&sent.stamp, at(5)).unwrap().answer.draw().unwrap();
            (mark, seals.seal(words, true).unwrap())
        };
        let ((first, sealed), (second, _)) = (answer(b"200"), answer(b"404"));
        assert!(sent.answer.of_mark(&first).unwrap().open(&sealed, true).is_ok());
        assert!(sent.answer.of_mark(&second).unwrap().open(&sealed, true).is_err());
    }

    #[tokio::test]
    async fn a_request_with_another_key_for_another_node_or_of_another_stamp_is_refused() {
        let (one, other) = two().await;
        let (stranger, _) = two().await;
        let sealed = |seals: &Seals, to: &str| {
            let mut sent = seals.outgoing(to, at(5)).unwrap();
            (sent.stamp, sent.request.seal(b"GET /v1/tokens", true).unwrap())
        };
        let refused = Err(Unrecognized::Seal(MessageError::NotAuthentic));
        for (seals, to) in [(&stranger, HERE), (&one, "http://10.0.0.8:8080")] {
            let (stamp, piece) = sealed(seals, to);
            assert_eq!(received(&other, (&stamp, &piece), at(5)), refused, "{to}");
        }
        let (stamp, mut piece) = sealed(&one, HERE);
        let later = stamp.replace("1796000005000", "1796000006000");
        assert_ne!(later, stamp);
        assert_eq!(received(&other, (&later, &piece), at(5)), refused);
        piece[4] ^= 1;
        assert_eq!(received(&other, (&stamp, &piece), at(5)), refused, "its path was changed");
    }

    #[tokio::test]
    async fn a_request_of_another_moment_or_from_before_the_start_is_refused() {
        let (one, other) = two().await;
        let sent = one.outgoing(HERE, at(30)).unwrap();
        for (now, is_fresh) in [(19, false), (20, true), (40, true), (41, false)] {
            assert_eq!(other.incoming(&sent.stamp, at(now)).is_ok(), is_fresh, "{now}");
        }
        let before = one.outgoing(HERE, at(-1)).unwrap();
        let refused = other.incoming(&before.stamp, at(0)).map(drop);
        assert_eq!(refused, Err(Unrecognized::Moment));
        let soon = at(0) - SignedDuration::from_millis(1);
        assert!(other.incoming(&one.outgoing(HERE, soon).unwrap().stamp, at(0)).is_err());
    }

    #[tokio::test]
    async fn a_stamp_that_is_none_is_refused() {
        let (one, other) = two().await;
        let stamp = one.outgoing(HERE, at(5)).unwrap().stamp;
        let cut = &stamp[..stamp.len() - 2];
        let [next, longer] = [stamp.replacen('1', "2", 1), format!("{stamp} ")];
        for text in ["", "1", &Uuid::nil().to_string(), cut, &next, &longer] {
            let refused = other.incoming(text, at(5)).map(drop);
            assert_eq!(refused, Err(Unrecognized::Stamp), "{text}");
        }
    }
}
