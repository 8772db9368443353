//! Descriptors of the process: raised at the start, since each connection takes one.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// The share of the descriptors that is kept for files, recipients and brokers: an eighth.
const KEPT_SHARE: u64 = 8;

/// … and at least so many, where there are as many.
const KEPT: u64 = 256;

/// Raises the descriptors of the process as far as the system allows, and returns the most connections that
/// there may be with them. `None` where there is no limit.
#[must_use]
pub fn raise_descriptors() -> Option<usize> {
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    if current != maximum
        && let Err(error) = setrlimit(Resource::Nofile, Rlimit { current: maximum, maximum })
    {
        tracing::warn!(%error, "the limit of descriptors cannot be raised");
    }
    let current = getrlimit(Resource::Nofile).current?;
    Some(usize::try_from(connections_within(current)).unwrap_or(usize::MAX))
}

fn connections_within(descriptors: u64) -> u64 {
    let kept = (descriptors / KEPT_SHARE).max(KEPT).min(descriptors / 2);
    descriptors - kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn connections_leave_descriptors_for_the_rest() {
        for (descriptors, connections) in [(64, 32), (1_024, 768), (20_000, 17_500)] {
            assert_eq!(connections_within(descriptors), connections);
        }
    }
}
