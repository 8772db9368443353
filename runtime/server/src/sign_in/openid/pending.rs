//! Sign-ins that have begun: what the browser that began one keeps, in a cookie, until it comes back.

use champollion_fleet::grants::Place;
use data_encoding::BASE64URL_NOPAD;

use super::OpenidError;

/// Random bytes of a state, of a nonce and of the verifier of PKCE: 43 characters each.
const RANDOM_BYTES: usize = 32;

/// A sign-in that has begun in a browser. Its parts are random, and the browser alone has them: the state binds the way
/// back to it, the nonce the provider's assertion, the verifier the code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pending {
    /// The state, which the provider gives back.
    pub state: String,
    /// The nonce, which the provider's assertion repeats.
    pub nonce: String,
    /// The verifier of PKCE, whose hash the provider was told.
    pub verifier: String,
    /// The home of the account that is meant, where the person has several.
    pub home: Option<Place>,
}

impl Pending {
    /// A new sign-in, out of the system's randomness.
    ///
    /// # Errors
    /// The system gives no randomness.
    pub fn begin(home: Option<Place>) -> Result<Self, OpenidError> {
        Ok(Self { state: random()?, nonce: random()?, verifier: random()?, home })
    }

    /// The text of a cookie.
    #[must_use]
    pub fn written(&self) -> String {
        let Self { state, nonce, verifier, home } = self;
        let home = home.as_ref().map(ToString::to_string).unwrap_or_default();
        let home = BASE64URL_NOPAD.encode(home.as_bytes());
        format!("{state}.{nonce}.{verifier}.{home}")
    }

    /// Reads the text of a cookie, of the sign-in that a state is of.
    ///
    /// # Errors
    /// [`OpenidError::NotBegun`] where the text is none, or of another sign-in.
    pub fn read(text: &str, state: &str) -> Result<Self, OpenidError> {
        let mut parts = text.split('.');
        let mut part = || parts.next().map(str::to_owned).ok_or(OpenidError::NotBegun);
        let (own, nonce, verifier, home) = (part()?, part()?, part()?, part()?);
        let home = BASE64URL_NOPAD.decode(home.as_bytes()).map_err(|_| OpenidError::NotBegun)?;
        let home = String::from_utf8(home).map_err(|_| OpenidError::NotBegun)?;
        let home = match home.as_str() {
            "" => None,
            home => Some(home.parse().map_err(|_| OpenidError::NotBegun)?),
        };
        let is_whole = [&own, &nonce, &verifier].iter().all(|part| part.len() >= RANDOM_BYTES);
        if !is_whole || own != state {
            return Err(OpenidError::NotBegun);
        }
        Ok(Self { state: own, nonce, verifier, home })
    }
}

fn random() -> Result<String, getrandom::Error> {
    let mut bytes = [0; RANDOM_BYTES];
    getrandom::fill(&mut bytes)?;
    Ok(BASE64URL_NOPAD.encode(&bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sign_in_is_known_by_the_browser_that_began_it() {
        for home in [None, Some("partner:city".parse().unwrap())] {
            let pending = Pending::begin(home).unwrap();
            let written = pending.written();
            assert_eq!(Pending::read(&written, &pending.state).unwrap(), pending);
            let other = Pending::begin(None).unwrap();
            assert!(Pending::read(&written, &other.state).is_err());
            assert!(Pending::read(&other.written(), &pending.state).is_err());
        }
        for text in ["", "a", "...", "a.b.c.d", "a.b.c."] {
            assert!(
                Pending::read(text, "a").is_err() && Pending::read(text, "").is_err(),
                "{text}"
            );
        }
    }
}
