//! Second factors: codes of an authenticator that change every thirty seconds (TOTP, RFC 6238).

use data_encoding::BASE32_NOPAD;
use hmac::{Hmac, KeyInit, Mac};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sha1::Sha1;
use subtle::ConstantTimeEq;

/// Random bytes of a secret: as long as the hash, which RFC 4226 recommends.
const SECRET_BYTES: usize = 20;

/// Seconds for which a code is shown. All authenticators know this and SHA-1, and some know nothing else.
const STEP_SECONDS: i64 = 30;

/// Codes before and after the present one that are taken, for clocks that differ.
const SKEW: i64 = 1;

/// The codes that there are: six digits.
const CODES: u32 = 1_000_000;

/// The second factor of a person.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SecondFactor {
    /// The secret that the authenticator has, in base 32.
    secret: String,
    /// The step of the last code that was taken: a code is taken once.
    #[serde(default)]
    last_step: Option<i64>,
    /// The moment at which the person has shown to have it; until then it is asked for by nobody.
    #[serde(default)]
    confirmed_at: Option<Timestamp>,
}

/// The reason why a code is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SecondFactorError {
    /// The code is not the present one, or was used before.
    #[error("the code is wrong or was used: wait for the next one of the authenticator")]
    Wrong,
}

impl SecondFactor {
    /// A new one, which is not confirmed.
    ///
    /// # Errors
    /// The system gives no randomness.
    pub fn generate() -> Result<Self, getrandom::Error> {
        let mut secret = [0; SECRET_BYTES];
        getrandom::fill(&mut secret)?;
        Ok(Self { secret: BASE32_NOPAD.encode(&secret), last_step: None, confirmed_at: None })
    }

    /// Whether the person has shown to have it.
    #[must_use]
    pub fn is_confirmed(&self) -> bool {
        self.confirmed_at.is_some()
    }

    /// The secret in base 32, to be typed into an authenticator once.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.secret
    }

    /// The same as an address, which authenticators read as a QR code.
    #[must_use]
    pub fn address(&self, account: &str) -> String {
        let plain = |letter: &char| letter.is_ascii_alphanumeric() || "@.-_".contains(*letter);
        let account: String = account.chars().filter(plain).collect();
        format!("otpauth://totp/Champollion:{account}?secret={}&issuer=Champollion", self.secret)
    }

    /// The same once a code of it was shown: it is confirmed, and the code is used up.
    ///
    /// # Errors
    /// [`SecondFactorError::Wrong`] where the code is another one, or was used.
    pub fn after(&self, code: &str, now: Timestamp) -> Result<Self, SecondFactorError> {
        let secret =
            BASE32_NOPAD.decode(self.secret.as_bytes()).map_err(|_| SecondFactorError::Wrong)?;
        let present = now.as_second().div_euclid(STEP_SECONDS);
        let is_new = |step: &i64| self.last_step.is_none_or(|last| *step > last);
        let is_it =
            |step: &i64| bool::from(code_of(&secret, *step).as_bytes().ct_eq(code.as_bytes()));
        let step = (present - SKEW..=present + SKEW).filter(is_new).find(is_it);
        let step = step.ok_or(SecondFactorError::Wrong)?;
        let confirmed_at = self.confirmed_at.or(Some(now));
        Ok(Self { last_step: Some(step), confirmed_at, ..self.clone() })
    }
}

/// The code of a step, by RFC 4226.
fn code_of(secret: &[u8], step: i64) -> String {
    // A key of any length is taken.
    let Ok(mut mac) = Hmac::<Sha1>::new_from_slice(secret) else { return String::new() };
    mac.update(&step.to_be_bytes());
    let hash: [u8; 20] = mac.finalize().into_bytes().into();
    let offset = usize::from(hash[19] & 0xF);
    let word = [hash[offset] & 0x7F, hash[offset + 1], hash[offset + 2], hash[offset + 3]];
    format!("{:06}", u32::from_be_bytes(word) % CODES)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_second(seconds).unwrap()
    }

    fn of(secret: &[u8]) -> SecondFactor {
        let secret = BASE32_NOPAD.encode(secret);
        SecondFactor { secret, last_step: None, confirmed_at: None }
    }

    /// The last six digits of the codes that RFC 6238 gives.
    #[test]
    fn codes_are_those_of_the_standard() {
        let factor = of(b"12345678901234567890");
        for (seconds, code) in [
            (59, "287082"),
            (1_111_111_109, "081804"),
            (1_111_111_111, "050471"),
            (1_234_567_890, "005924"),
            (2_000_000_000, "279037"),
        ] {
            assert!(factor.after(code, at(seconds)).is_ok(), "{seconds}");
        }
    }

    #[test]
    fn a_code_is_taken_once_and_for_a_minute_and_a_half() {
        let factor = of(b"12345678901234567890");
        let code = "287082";
        for (seconds, is_taken) in [(0, true), (29, true), (59, true), (89, true), (90, false)] {
            assert_eq!(factor.after(code, at(seconds)).is_ok(), is_taken, "{seconds}");
        }
        let used = factor.after(code, at(59)).unwrap();
        assert!(used.is_confirmed() && !factor.is_confirmed());
        assert_eq!(used.after(code, at(60)).err(), Some(SecondFactorError::Wrong));
        for wrong in ["", "28708", "2870820", "999999", "abcdef"] {
            assert!(factor.after(wrong, at(59)).is_err(), "{wrong}");
        }
        let address = factor.address("ada@city.example");
        assert!(
            address.starts_with("otpauth://totp/Champollion:ada@city.example?secret=GEZDG"),
            "{address}"
        );
    }
}
