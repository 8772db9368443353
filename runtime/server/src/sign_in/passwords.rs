//! Passwords of people: compared at a sign-in, and chosen.

use std::sync::Arc;

use champollion_fleet::{
    credentials::{
        Credential, HashError, Password, PasswordHash, SecondFactor, SecondFactorError,
        SeenCredential, WeakPassword, fitting,
    },
    people::Person,
};
use champollion_registry::RegistryError;
use champollion_store::{Batch, Store, TableError};
use jiff::Timestamp;
use tokio::sync::Semaphore;
use uuid::Uuid;

use super::{links::LinkError, sessions::SessionError};
use crate::mail::MailError;

/// Hashes that are made at once: each takes twenty megabytes, and a core for some tens of milliseconds.
const AT_ONCE: usize = 4;

/// The passwords and second factors of people.
pub struct Passwords {
    store: Arc<dyn Store>,
    turns: Semaphore,
}

/// The reason why somebody is not signed in, or a credential is not changed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SignInError {
    /// The address or the password is wrong, or the code is, or the account is suspended.
    #[error("the e-mail address, the password or the code is wrong, or the account cannot be used")]
    Failed,
    /// The password is right, and a code of the second factor is needed.
    #[error("send the code of your authenticator as well, as `code`")]
    CodeNeeded,
    /// The password cannot be chosen.
    #[error(transparent)]
    Weak(#[from] WeakPassword),
    /// The code does not confirm the second factor.
    #[error(transparent)]
    Code(#[from] SecondFactorError),
    /// An admin has signed in without a second factor.
    #[error(
        "an admin works with a second factor: begin one (POST /v1/me/second-factor) and confirm it by a code of the authenticator (POST /v1/me/second-factor/confirm); until then this session reaches your own account alone"
    )]
    SecondFactorNeeded,
    /// There is no second factor to be confirmed or removed.
    #[error("there is no second factor")]
    NoSecondFactor,
    /// There is a confirmed second factor.
    #[error("there is a second factor already: have it removed by who looks after the account")]
    HasSecondFactor,
    /// The password cannot be hashed.
    #[error(transparent)]
    Hash(#[from] HashError),
    /// The system gives no randomness.
    #[error("the system gives no randomness: {0}")]
    Randomness(#[from] getrandom::Error),
    /// The store cannot be read or written.
    #[error(transparent)]
    Table(#[from] TableError),
    /// A session does not begin.
    #[error(transparent)]
    Session(#[from] SessionError),
    /// A link is of no use.
    #[error(transparent)]
    Link(#[from] LinkError),
    /// The change is not durable.
    #[error(transparent)]
    NotKept(#[from] RegistryError),
    /// The mail with the link is not sent.
    #[error(transparent)]
    Mail(#[from] MailError),
    /// The thread that hashes was ended.
    #[error("the server is being stopped")]
    Stopping,
}

impl Passwords {
    /// The passwords in a store.
    #[must_use]
    pub fn new(store: Arc<dyn Store>) -> Self {
        Self { store, turns: Semaphore::new(AT_ONCE) }
    }

    /// Signs a person in by password, and by a code where there is a second factor. It takes the same time whether
    /// somebody of the address exists or not. The batch uses up the code.
    ///
    /// # Errors
    /// [`SignInError::Failed`], which does not say what is wrong, and [`SignInError::CodeNeeded`].
    pub async fn sign_in(
        &self,
        people: Vec<Person>,
        password: Password,
        code: Option<&str>,
        now: Timestamp,
    ) -> Result<(Person, Batch), SignInError> {
        let mut accounts = Vec::new();
        for person in people {
            let seen = SeenCredential::read(&*self.store, person.id).await?;
            if let Some(hash) = seen.credential.password.clone() {
                accounts.push((person, seen, hash));
            }
        }
        let hashes = accounts.iter().map(|(_, _, hash)| hash.clone()).collect();
        let fits = self.fitting(password, hashes).await?;
        let found = accounts.into_iter().zip(fits);
        let found = found.filter(|((person, ..), fits)| *fits && person.suspended_at.is_none());
        let ((person, seen, _), _) = found.into_iter().next().ok_or(SignInError::Failed)?;
        let mut batch = Batch::new();
        let factor = seen.credential.second_factor.as_ref().filter(|factor| factor.is_confirmed());
        if let Some(factor) = factor {
            let code = code.ok_or(SignInError::CodeNeeded)?;
            let used = factor.after(code, now).map_err(|_| SignInError::Failed)?;
            let credential = Credential { second_factor: Some(used), ..seen.credential.clone() };
            seen.replace(&mut batch, &credential)?;
        }
        Ok((person, batch))
    }

    /// Checks the password that a person has now.
    ///
    /// # Errors
    /// [`SignInError::Failed`] where it is another one, or there is none.
    pub async fn check(&self, person: Uuid, password: Password) -> Result<(), SignInError> {
        let seen = SeenCredential::read(&*self.store, person).await?;
        let hashes = seen.credential.password.into_iter().collect();
        match self.fitting(password, hashes).await?[..] {
            [true] => Ok(()),
            _ => Err(SignInError::Failed),
        }
    }

    /// Gives a person a password in a batch. `alike` are all people of the same e-mail address.
    ///
    /// # Errors
    /// [`SignInError`] where it is easy to guess, or cannot be hashed.
    pub async fn choose(
        &self,
        person: &Person,
        alike: &[Person],
        password: String,
        batch: &mut Batch,
        now: Timestamp,
    ) -> Result<(), SignInError> {
        let about = [
            person.name.to_string(),
            person.first_name.to_string(),
            person.email.as_str().to_owned(),
            "champollion".to_owned(),
        ];
        let mut like = None;
        for other in alike.iter().filter(|other| other.id != person.id) {
            let seen = SeenCredential::read(&*self.store, other.id).await?;
            like = like.or(seen.credential.password);
        }
        let hashed = self.in_turn(move || {
            let about: Vec<&str> = about.iter().map(String::as_str).collect();
            let password = Password::chosen(password, &about)?;
            Ok(PasswordHash::of(&password, like.as_ref())?)
        });
        let hash = hashed.await?;
        let seen = SeenCredential::read(&*self.store, person.id).await?;
        let credential = Credential {
            password: Some(hash),
            password_set_at: Some(now),
            second_factor: seen.credential.second_factor.clone(),
        };
        Ok(seen.replace(batch, &credential)?)
    }

    /// Gives a person a new second factor in a batch, which is asked for once it is confirmed.
    ///
    /// # Errors
    /// [`SignInError::HasSecondFactor`] where there is a confirmed one.
    pub async fn begin_second_factor(
        &self,
        person: Uuid,
        batch: &mut Batch,
    ) -> Result<SecondFactor, SignInError> {
        let seen = SeenCredential::read(&*self.store, person).await?;
        if seen.credential.needs_code() {
            return Err(SignInError::HasSecondFactor);
        }
        let factor = SecondFactor::generate()?;
        let second_factor = Some(factor.clone());
        seen.replace(batch, &Credential { second_factor, ..seen.credential.clone() })?;
        Ok(factor)
    }

    /// Confirms the second factor of a person by a code of it, in a batch.
    ///
    /// # Errors
    /// [`SignInError::Code`] where the code is wrong, and [`SignInError::NoSecondFactor`].
    pub async fn confirm_second_factor(
        &self,
        person: Uuid,
        code: &str,
        batch: &mut Batch,
        now: Timestamp,
    ) -> Result<(), SignInError> {
        let seen = SeenCredential::read(&*self.store, person).await?;
        let factor = seen.credential.second_factor.as_ref().ok_or(SignInError::NoSecondFactor)?;
        let second_factor = Some(factor.after(code, now)?);
        Ok(seen.replace(batch, &Credential { second_factor, ..seen.credential.clone() })?)
    }

    /// Whether a person has a second factor that is confirmed.
    ///
    /// # Errors
    /// The store cannot be read.
    pub async fn has_second_factor(&self, person: Uuid) -> Result<bool, SignInError> {
        Ok(SeenCredential::read(&*self.store, person).await?.credential.needs_code())
    }

    /// Takes the second factor from a person, in a batch.
    ///
    /// # Errors
    /// [`SignInError::NoSecondFactor`] where there is none.
    pub async fn remove_second_factor(
        &self,
        person: Uuid,
        batch: &mut Batch,
    ) -> Result<(), SignInError> {
        let seen = SeenCredential::read(&*self.store, person).await?;
        if seen.credential.second_factor.is_none() {
            return Err(SignInError::NoSecondFactor);
        }
        let credential = Credential { second_factor: None, ..seen.credential.clone() };
        Ok(seen.replace(batch, &credential)?)
    }

    async fn fitting(
        &self,
        password: Password,
        hashes: Vec<PasswordHash>,
    ) -> Result<Vec<bool>, SignInError> {
        if password.is_too_long() {
            return Err(SignInError::Failed);
        }
        self.in_turn(move || Ok(fitting(&password, &hashes)?)).await
    }

    /// Does work that takes a core for long, on a thread of its own.
    async fn in_turn<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> Result<T, SignInError> + Send + 'static,
    ) -> Result<T, SignInError> {
        let _turn = self.turns.acquire().await.map_err(|_| SignInError::Stopping)?;
        tokio::task::spawn_blocking(work).await.map_err(|_| SignInError::Stopping)?
    }
}
