//! The codes of all problems, each with its status codes and its meaning: the one list from which
//! `docs/problems.md` and the answers in `/openapi.json` are made.

mod decoders;
mod devices;
mod people;
mod requests;
mod running;
mod service;

/// A code of problems: a word for programs, which does not change between releases.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::api) struct ProblemCode {
    /// The word that stands in `code`.
    pub(in crate::api) word: &'static str,
    /// The HTTP status codes under which the problem is reported.
    pub(in crate::api) statuses: &'static [u16],
    /// The meaning for people, and the remedy.
    pub(in crate::api) meaning: &'static str,
}

impl ProblemCode {
    const fn new(word: &'static str, statuses: &'static [u16], meaning: &'static str) -> Self {
        Self { word, statuses, meaning }
    }

    /// Returns the code of a word.
    pub(in crate::api) fn named(word: &str) -> Option<&'static Self> {
        problem_codes().find(|code| code.word == word)
    }
}

/// Returns all codes, by what they are about.
pub(in crate::api) fn problem_codes() -> impl Iterator<Item = &'static ProblemCode> {
    let parts =
        [requests::ALL, people::ALL, running::ALL, devices::ALL, decoders::ALL, service::ALL];
    parts.into_iter().flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_code_is_listed_once_with_a_status_and_a_sentence() {
        let codes: Vec<&ProblemCode> = problem_codes().collect();
        for (index, code) in codes.iter().enumerate() {
            let later = &codes[index + 1..];
            assert!(
                !later.iter().any(|other| other.word == code.word),
                "{} comes twice",
                code.word
            );
            assert!(!code.statuses.is_empty(), "{} has no status", code.word);
            assert!(
                code.statuses.iter().all(|status| (400..600).contains(status)),
                "{}",
                code.word
            );
            assert!(code.meaning.ends_with('.'), "{}: {:?}", code.word, code.meaning);
        }
    }
}
