//! Passwords: the rule for those that are chosen, and the hash that is kept.

use std::collections::HashSet;

use argon2::{Algorithm, Argon2, Params, Version};
use data_encoding::HEXLOWER;
use serde::{Deserialize, Serialize};
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;
use zxcvbn::{Score, zxcvbn};

use crate::plain;

/// Shortest password in characters.
const SHORTEST: usize = 10;

/// Longest password in bytes: some sentences. What is longer only costs time.
const LONGEST_BYTES: usize = 256;

/// Memory of one hash in KiB, its passes and lanes: what OWASP asks for of argon2id, some tens of milliseconds.
const COST: Cost = Cost { memory_kib: 19_456, passes: 2, lanes: 1 };

/// Digits that people put to their names: at most those of a date.
const DIGITS_OF_A_DATE: usize = 8;

const SALT_BYTES: usize = 16;
const HASH_BYTES: usize = 32;

/// A password, which is shown nowhere and wiped from memory.
pub struct Password(Zeroizing<String>);

/// The reason why a password cannot be chosen.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum WeakPassword {
    /// It is too short.
    #[error("a password has at least {SHORTEST} characters")]
    TooShort,
    /// It is too long.
    #[error("a password has at most {LONGEST_BYTES} bytes")]
    TooLong,
    /// It is common, or made of what is.
    #[error("this password is easy to guess: {0}")]
    Guessable(String),
}

/// The reason why a password cannot be hashed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum HashError {
    /// The system gives no randomness.
    #[error("the system gives no randomness: {0}")]
    Randomness(#[from] getrandom::Error),
    /// There is not the memory for it, or a kept hash makes no sense.
    #[error("the password cannot be hashed: {0}")]
    Unhashable(String),
}

/// The cost of a hash.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Cost {
    memory_kib: u32,
    passes: u32,
    lanes: u32,
}

/// The hash of a password by argon2id, with its salt and cost.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PasswordHash {
    salt: String,
    hash: String,
    #[serde(flatten)]
    cost: Cost,
}

impl Password {
    /// A password that somebody presents.
    #[must_use]
    pub fn presented(text: String) -> Self {
        Self(Zeroizing::new(text))
    }

    /// A password that somebody chooses. `about` is what everybody knows of the person: names, the e-mail address.
    ///
    /// # Errors
    /// [`WeakPassword`] where it is short or easy to guess, as the commonest are.
    pub fn chosen(text: String, about: &[&str]) -> Result<Self, WeakPassword> {
        let text = Zeroizing::new(text);
        if text.len() > LONGEST_BYTES {
            return Err(WeakPassword::TooLong);
        }
        if text.chars().count() < SHORTEST {
            return Err(WeakPassword::TooShort);
        }
        let known = words_of(about);
        if is_made_of(&Zeroizing::new(plain(&text)), &known) {
            let reason = "it is made of names that are known of the person, with a number at most";
            return Err(WeakPassword::Guessable(reason.to_owned()));
        }
        let known: Vec<&str> = known.iter().map(String::as_str).collect();
        let estimate = zxcvbn(&text, &known);
        if estimate.score() < Score::Three {
            let warning = estimate.feedback().and_then(|feedback| feedback.warning());
            let advice = "some words that do not belong together make a good one".to_owned();
            return Err(WeakPassword::Guessable(warning.map_or(advice, |said| said.to_string())));
        }
        Ok(Self(text))
    }

    /// Whether it has more bytes than any password that could be chosen.
    #[must_use]
    pub fn is_too_long(&self) -> bool {
        self.0.len() > LONGEST_BYTES
    }
}

/// Whether a text is one of these words, or several in a row, with no more digits before, between and behind them than a
/// date has.
fn is_made_of(text: &str, words: &[String]) -> bool {
    // The fewest digits beside words that the beginning of each length needs; none where it has other letters as well.
    let mut fewest: Vec<Option<usize>> = vec![None; text.len() + 1];
    fewest[0] = Some(0);
    for begin in 0..text.len() {
        let Some(digits) = fewest[begin] else { continue };
        let rest = &text[begin..];
        let of_words = words.iter().filter(|word| rest.starts_with(word.as_str()));
        let mut steps: Vec<(usize, usize)> = of_words.map(|word| (word.len(), 0)).collect();
        if rest.starts_with(|sign: char| sign.is_ascii_digit()) {
            steps.push((1, 1));
        }
        for (length, digits_more) in steps {
            let end = &mut fewest[begin + length];
            let needed = digits + digits_more;
            *end = Some(end.map_or(needed, |other| other.min(needed)));
        }
    }
    fewest[text.len()].is_some_and(|digits| digits <= DIGITS_OF_A_DATE && digits < text.len())
}

/// The words that texts are made of: each text as it is, its letters and digits alone, and so each of its parts, since
/// of `Ada.Lovelace@city.example` people make `lovelace`, `adalovelace` and `city.example`.
fn words_of(texts: &[&str]) -> Vec<String> {
    let mut words = Vec::new();
    for text in texts {
        let parts = text.split(|sign: char| !sign.is_alphanumeric());
        for part in [*text].into_iter().chain(text.split('@')).chain(parts) {
            words.extend([part.to_lowercase(), plain(part)]);
        }
    }
    // One or two letters are in any password.
    words.retain(|word| word.chars().count() > 2);
    let mut seen = HashSet::new();
    words.retain(|word| seen.insert(word.clone()));
    words
}

impl PasswordHash {
    /// The hash of a password. All accounts of one e-mail address have the salt of the first, `like`, so that a
    /// sign-in costs the same whether there are none, one or several.
    ///
    /// # Errors
    /// [`HashError`] where the system gives neither randomness nor memory.
    pub fn of(password: &Password, like: Option<&Self>) -> Result<Self, HashError> {
        let salt = match like {
            Some(like) => like.salt.clone(),
            None => {
                let mut salt = [0; SALT_BYTES];
                getrandom::fill(&mut salt)?;
                HEXLOWER.encode(&salt)
            }
        };
        let hash = HEXLOWER.encode(&*derived(password, &salt, COST)?);
        Ok(Self { salt, hash, cost: COST })
    }

    fn is_derived_like(&self, other: &Self) -> bool {
        self.salt == other.salt && self.cost == other.cost
    }
}

/// Returns which of some hashes a password fits. At least one hash is derived, also where there is none to compare
/// with, so that the time tells nothing.
///
/// # Errors
/// [`HashError`] where there is no memory, or a hash makes no sense.
pub fn fitting(password: &Password, hashes: &[PasswordHash]) -> Result<Vec<bool>, HashError> {
    let Some(first) = hashes.first() else {
        derived(password, &HEXLOWER.encode(&[0; SALT_BYTES]), COST)?;
        return Ok(Vec::new());
    };
    let mut latest = (first, derived(password, &first.salt, first.cost)?);
    let mut fits = Vec::with_capacity(hashes.len());
    for hash in hashes {
        if !hash.is_derived_like(latest.0) {
            latest = (hash, derived(password, &hash.salt, hash.cost)?);
        }
        let kept = HEXLOWER.decode(hash.hash.as_bytes()).map_err(unhashable)?;
        fits.push(bool::from(kept.ct_eq(&latest.1[..])));
    }
    Ok(fits)
}

fn derived(
    password: &Password,
    salt: &str,
    cost: Cost,
) -> Result<Zeroizing<[u8; HASH_BYTES]>, HashError> {
    let Cost { memory_kib, passes, lanes } = cost;
    let params = Params::new(memory_kib, passes, lanes, Some(HASH_BYTES)).map_err(unhashable)?;
    let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
    let salt = HEXLOWER.decode(salt.as_bytes()).map_err(unhashable)?;
    let mut hash = Zeroizing::new([0; HASH_BYTES]);
    argon2.hash_password_into(password.0.as_bytes(), &salt, &mut hash[..]).map_err(unhashable)?;
    Ok(hash)
}

fn unhashable(error: impl std::fmt::Display) -> HashError {
    HashError::Unhashable(error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn common_short_and_telling_passwords_are_refused() {
        let choose = |text: &str| {
            let about = ["Ada", "Lovelace", "Hélène de la Tour", "ada.lovelace@city.example"];
            Password::chosen(text.to_owned(), &about).map(drop)
        };
        assert_eq!(choose("x7!kQ2"), Err(WeakPassword::TooShort));
        assert_eq!(choose(&"x7!kQ2".repeat(50)), Err(WeakPassword::TooLong));
        for common in [
            "password123",
            "qwertyuiop",
            "1234567890",
            "Password1234",
            "iloveyou12",
            "aaaaaaaaaaaa",
            "lovelace1815",
            "ada.lovelace@city.example",
            "Ada.Lovelace@city.example1",
            "city.example2026",
            "AdaLovelace1815",
            "HeleneDeLaTour1",
            "LovelaceAda1815",
            "1815-Ada-Lovelace!",
            "ada10121815lovelace",
            "CityLovelace75001",
        ] {
            assert!(matches!(choose(common), Err(WeakPassword::Guessable(_))), "{common}");
        }
        for good in [
            "correct horse battery staple",
            "tr0mb0ne-lichen-Ödipus",
            "kJ8#vq2Lm!xz",
            "ada-lichen-trombone",
            "ada-7193-5528-0461",
        ] {
            assert_eq!(choose(good), Ok(()), "{good}");
        }
    }

    #[test]
    fn a_hash_fits_its_password_and_no_other() {
        let good = Password::presented("correct horse battery staple".to_owned());
        let other = Password::presented("correct horse battery stapler".to_owned());
        let first = PasswordHash::of(&good, None).unwrap();
        let second = PasswordHash::of(&other, Some(&first)).unwrap();
        assert!(first.is_derived_like(&second) && first.hash != second.hash);
        let apart = PasswordHash::of(&good, None).unwrap();
        assert_ne!(first.salt, apart.salt);
        let all = [first.clone(), second, apart];
        assert_eq!(fitting(&good, &all).unwrap(), [true, false, true]);
        assert_eq!(fitting(&other, &all).unwrap(), [false, true, false]);
        assert_eq!(fitting(&good, &[]).unwrap(), Vec::<bool>::new());
        let kept = serde_json::to_string(&first).unwrap();
        assert!(!kept.contains("horse") && kept.contains("memoryKib"), "{kept}");
        assert!(serde_json::from_str::<PasswordHash>(&kept).unwrap() == first);
    }
}
