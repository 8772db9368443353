//! Archives of the audit: files of lines, each with a checkpoint at its end that the registry has signed, so that
//! the lines can leave the store and what follows them can still be checked.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{
    audit::{AUDIT, AuditEntry},
    chain::{BrokenChain, Head, Link},
};
use crate::keys::{PublicKey, SecretKey, Signature};

/// The end of an archive, signed by the registry: all up to there was as the archive has it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = AuditCheckpoint)]
pub struct Checkpoint {
    /// The head of the audit after the last line of the archive.
    pub head: Head,
    /// The moment of the signature.
    pub signed_at: Timestamp,
    /// The registry's public key.
    pub key: PublicKey,
    /// The signature by that key.
    pub signature: Signature,
}

/// An archive, as the store remembers it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = AuditArchive)]
pub struct Archive {
    /// The name of the file.
    pub file: String,
    /// The size of the file in bytes.
    pub bytes: u64,
    /// The place of the first line.
    pub first: u64,
    /// The signed end of the file.
    pub checkpoint: Checkpoint,
}

/// The last line of the file of an archive.
#[derive(Serialize, Deserialize)]
struct End {
    checkpoint: Checkpoint,
}

/// The two ends of an archive that was checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CheckedArchive {
    /// The head before the first line, as the first line names it.
    pub before: Head,
    /// The signed end of the archive.
    pub checkpoint: Checkpoint,
}

/// Why the file of an archive is not to be trusted.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ArchiveError {
    /// The file has no line of the audit, or no checkpoint at its end.
    #[error("it is no whole archive of an audit: its last line must be a checkpoint")]
    NotWhole,
    /// A line does not continue the line before.
    #[error(transparent)]
    Broken(#[from] BrokenChain),
    /// The lines end elsewhere than the checkpoint says.
    #[error("its lines end with {found}, and its checkpoint says {signed}")]
    OtherEnd {
        /// The hash that the lines end with.
        found: String,
        /// The hash of the checkpoint.
        signed: String,
    },
    /// The signature of the checkpoint is wrong.
    #[error("the signature of its checkpoint is wrong")]
    WrongSignature,
}

impl Checkpoint {
    /// Signs the end of an archive.
    pub(super) fn of(head: Head, key: &SecretKey, now: Timestamp) -> Self {
        let signature = key.sign(&message(&head, now));
        Self { head, signed_at: now, key: key.public(), signature }
    }

    /// Whether the key that the checkpoint names has signed it. Whether that is a key of the registry, the
    /// index says.
    #[must_use]
    pub fn is_signed(&self) -> bool {
        self.key.verifies(&message(&self.head, self.signed_at), &self.signature)
    }
}

fn message(head: &Head, signed_at: Timestamp) -> String {
    let Head { sequence, hash } = head;
    format!("champollion audit checkpoint v1\n{sequence} {hash}\n{signed_at}\n")
}

impl Archive {
    /// The name of the file that holds these lines.
    pub(super) fn name(first: u64, last: u64) -> String {
        format!("audit-{first:020}-{last:020}.ndjson")
    }

    /// Writes lines and their checkpoint as the file has them.
    pub(super) fn file(
        lines: &[Vec<u8>],
        checkpoint: &Checkpoint,
    ) -> Result<Vec<u8>, serde_json::Error> {
        let end = serde_json::to_vec(&End { checkpoint: checkpoint.clone() })?;
        let mut file = Vec::with_capacity(lines.iter().map(|line| line.len() + 1).sum());
        for line in lines.iter().chain([&end]) {
            file.extend_from_slice(line);
            file.push(b'\n');
        }
        Ok(file)
    }
}

/// Checks the file of an archive: each line continues the one before, and the end is signed.
pub fn check_archive(file: &[u8]) -> Result<CheckedArchive, ArchiveError> {
    let text = file.strip_suffix(b"\n").ok_or(ArchiveError::NotWhole)?;
    let mut lines: Vec<&[u8]> = text.split(|byte| *byte == b'\n').collect();
    let end = lines.pop().and_then(|line| serde_json::from_slice::<End>(line).ok());
    let checkpoint = end.ok_or(ArchiveError::NotWhole)?.checkpoint;
    let first = lines.first().ok_or(ArchiveError::NotWhole)?;
    let first: Link<AuditEntry> =
        serde_json::from_slice(first).map_err(|_| ArchiveError::NotWhole)?;
    let before = Head { sequence: first.sequence.saturating_sub(1), hash: first.previous };
    let mut head = before.clone();
    for line in lines {
        head.follow::<AuditEntry>(AUDIT, line)?;
    }
    if head != checkpoint.head {
        let (found, signed) = (head.hash.to_string(), checkpoint.head.hash.to_string());
        return Err(ArchiveError::OtherEnd { found, signed });
    }
    if !checkpoint.is_signed() {
        return Err(ArchiveError::WrongSignature);
    }
    Ok(CheckedArchive { before, checkpoint })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::Actor;

    fn archive() -> Vec<u8> {
        let key = SecretKey::generate().unwrap();
        let mut head = Head::empty(AUDIT);
        let mut lines = Vec::new();
        for subject in ["a", "b", "c"] {
            let entry = AuditEntry::new(&Actor::named("admin"), "try", subject);
            let (line, next) = head.next(Timestamp::UNIX_EPOCH, entry).unwrap();
            lines.push(line);
            head = next;
        }
        let checkpoint = Checkpoint::of(head, &key, Timestamp::UNIX_EPOCH);
        Archive::file(&lines, &checkpoint).unwrap()
    }

    #[test]
    fn a_changed_archive_is_found() {
        let whole = archive();
        let checked = check_archive(&whole).unwrap();
        assert_eq!((checked.before, checked.checkpoint.head.sequence), (Head::empty(AUDIT), 3));
        let text = String::from_utf8(whole.clone()).unwrap();
        let lines: Vec<&str> = text.lines().collect();
        let without = |place: usize| {
            let kept = lines.iter().enumerate().filter(|(at, _)| *at != place);
            kept.map(|(_, line)| format!("{line}\n")).collect::<String>()
        };
        assert_eq!(check_archive(&[]), Err(ArchiveError::NotWhole));
        assert_eq!(check_archive(without(3).as_bytes()), Err(ArchiveError::NotWhole));
        assert!(matches!(check_archive(without(1).as_bytes()), Err(ArchiveError::Broken(_))));
        assert!(matches!(check_archive(without(2).as_bytes()), Err(ArchiveError::OtherEnd { .. })));
        let renamed = text.replacen("\"subject\":\"c\"", "\"subject\":\"d\"", 1);
        assert!(matches!(check_archive(renamed.as_bytes()), Err(ArchiveError::OtherEnd { .. })));
        let later = text.replacen("\"signedAt\":\"1970", "\"signedAt\":\"1971", 1);
        assert_eq!(check_archive(later.as_bytes()), Err(ArchiveError::WrongSignature));
    }
}
