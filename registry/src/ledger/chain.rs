//! Logs of which each line names the hash of the one before: whoever changes what was written, leaves
//! something out or swaps two lines breaks the chain.

use champollion_sandbox::Digest;
use jiff::Timestamp;
use serde::{Deserialize, Serialize, de::DeserializeOwned};

/// The end of a chain: who knows it can tell whether all before it is as it was.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[schema(as = ChainHead)]
pub struct Head {
    /// The number of lines of the chain.
    pub sequence: u64,
    /// The SHA-256 of the last line; of the chain's name where there is none.
    pub hash: Digest,
}

/// A line of a chain.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Link<T> {
    /// Its place, from 1.
    pub sequence: u64,
    /// The SHA-256 of the line before, as it is written.
    pub previous: Digest,
    /// When it was written.
    pub at: Timestamp,
    /// The content of the line.
    #[serde(flatten)]
    pub content: T,
}

/// A line that does not continue its chain.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {place} of the {chain}: {reason}")]
pub struct BrokenChain {
    /// The name of the chain.
    pub chain: &'static str,
    /// The place of the line, from 1.
    pub place: u64,
    /// The fault of the line.
    pub reason: String,
}

impl Head {
    /// The head of a chain without lines. It is another for each chain, so that no line of one can be
    /// put into the other.
    #[must_use]
    pub fn empty(chain: &'static str) -> Self {
        Self { sequence: 0, hash: Digest::of(chain.as_bytes()) }
    }

    /// Writes the next line, and gives it with the head after it.
    pub fn next<T: Serialize>(
        &self,
        at: Timestamp,
        content: T,
    ) -> Result<(Vec<u8>, Self), serde_json::Error> {
        let sequence = self.sequence + 1;
        let link = Link { sequence, previous: self.hash, at, content };
        let line = serde_json::to_vec(&link)?;
        let head = Self { sequence, hash: Digest::of(&line) };
        Ok((line, head))
    }

    /// Reads the next line; goes on only if it continues the chain.
    pub fn follow<T: DeserializeOwned>(
        &mut self,
        chain: &'static str,
        line: &[u8],
    ) -> Result<Link<T>, BrokenChain> {
        let place = self.sequence + 1;
        let broken = |reason: String| BrokenChain { chain, place, reason };
        let link: Link<T> =
            serde_json::from_slice(line).map_err(|error| broken(format!("unreadable, {error}")))?;
        if link.sequence != place {
            return Err(broken(format!("it says that it is line {}", link.sequence)));
        }
        if link.previous != self.hash {
            return Err(broken(format!(
                "it names {} as the line before, which is {}",
                link.previous, self.hash
            )));
        }
        *self = Self { sequence: place, hash: Digest::of(line) };
        Ok(link)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
    struct Said {
        what: String,
    }

    fn lines(words: &[&str]) -> Vec<Vec<u8>> {
        let mut head = Head::empty("test");
        let mut lines = Vec::new();
        for word in words {
            let said = Said { what: (*word).to_owned() };
            let (line, next) = head.next(Timestamp::UNIX_EPOCH, said).unwrap();
            lines.push(line);
            head = next;
        }
        lines
    }

    /// The line at which a chain breaks.
    fn breaks_at(lines: &[Vec<u8>]) -> Option<u64> {
        let mut head = Head::empty("test");
        lines
            .iter()
            .find_map(|line| head.follow::<Said>("test", line).err().map(|broken| broken.place))
    }

    #[test]
    fn any_change_breaks_the_chain() {
        let whole = lines(&["a", "b", "c", "d"]);
        assert_eq!(breaks_at(&whole), None);
        for place in 0..whole.len() {
            for byte in 0..whole[place].len() {
                let mut changed = whole.clone();
                changed[place][byte] ^= 1;
                // The last line's own hash is the head, which the test below compares.
                let found = breaks_at(&changed).unwrap_or(whole.len() as u64);
                assert!(found == place as u64 + 1 || found == place as u64 + 2, "{place} {byte}");
            }
        }
        for swapped in 1..whole.len() {
            let mut changed = whole.clone();
            changed.swap(swapped - 1, swapped);
            assert_eq!(breaks_at(&changed), Some(swapped as u64), "swapped {swapped}");
        }
        let without = [&whole[..1], &whole[2..]].concat();
        assert_eq!(breaks_at(&without), Some(2), "left out");
        let twice = [&whole[..2], &whole[1..]].concat();
        assert_eq!(breaks_at(&twice), Some(3), "written twice");
    }

    #[test]
    fn two_histories_have_two_heads() {
        let head = |words: &[&str]| {
            let mut head = Head::empty("test");
            for line in lines(words) {
                head.follow::<Said>("test", &line).unwrap();
            }
            head
        };
        assert_eq!(head(&["a", "b"]), head(&["a", "b"]));
        assert_ne!(head(&["a", "b"]).hash, head(&["a", "c"]).hash);
        assert_ne!(Head::empty("test").hash, Head::empty("other").hash);
    }
}
