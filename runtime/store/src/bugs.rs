//! Bugs that are put in on purpose, so that a run of torture shows that its oracles find them.
//!
//! They are there with the feature `torture-bugs` alone, which is compiled with debug assertions only: no binary that is
//! handed out can have it. Even then a process has the one bug that the variable `TORTURE_BUG` names, and otherwise none.

#[cfg(all(feature = "torture-bugs", not(debug_assertions)))]
compile_error!(
    "the feature `torture-bugs` is for runs of torture, and is in no binary that is released"
);

/// A bug that can be put in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(
    not(feature = "postgres"),
    expect(dead_code, reason = "one process alone needs neither leases nor locks")
)]
pub(crate) enum Bug {
    /// Conditions of batches are left out, but those on leases.
    CompareAndSet,
    /// The epoch of a lease is not compared, and its holder does not look at its own clock, and learns late that it has it no
    /// more.
    LeaseEpoch,
    /// Entries of a log are numbered without the log being locked until they are committed.
    LogLock,
}

/// Whether this process has a bug.
#[cfg(not(feature = "torture-bugs"))]
pub(crate) const fn has(_bug: Bug) -> bool {
    false
}

#[cfg(feature = "torture-bugs")]
pub(crate) use chosen::has;

#[cfg(feature = "torture-bugs")]
mod chosen {
    use std::sync::LazyLock;

    use super::Bug;

    /// The variable that names a bug.
    const VARIABLE: &str = "TORTURE_BUG";

    /// The bug of this process.
    static CHOSEN: LazyLock<Option<Bug>> = LazyLock::new(|| {
        let name = std::env::var(VARIABLE).ok()?;
        let chosen = named(&name);
        match chosen {
            Some(bug) => tracing::error!(?bug, "this process has a bug that is put in on purpose"),
            None => tracing::error!(name, "there is no bug of this name"),
        }
        chosen
    });

    /// Whether this process has a bug.
    pub(crate) fn has(bug: Bug) -> bool {
        *CHOSEN == Some(bug)
    }

    /// The bug of a name.
    fn named(name: &str) -> Option<Bug> {
        match name {
            "compare-and-set" => Some(Bug::CompareAndSet),
            "lease-epoch" => Some(Bug::LeaseEpoch),
            "log-lock" => Some(Bug::LogLock),
            _ => None,
        }
    }

    #[cfg(test)]
    mod tests {
        use super::*;

        #[test]
        fn each_bug_has_a_name_and_a_process_without_one_has_none() {
            for (name, bug) in [
                ("compare-and-set", Bug::CompareAndSet),
                ("lease-epoch", Bug::LeaseEpoch),
                ("log-lock", Bug::LogLock),
            ] {
                assert_eq!(named(name), Some(bug));
                assert!(!has(bug));
            }
            assert_eq!(named("compare"), None);
        }
    }
}
