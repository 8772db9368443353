//! Recognition of senders: the token of a request becomes the one who sends it.

use jiff::Timestamp;
use uuid::Uuid;

use crate::{
    auth::{AuthError, Principal, Role, Standing, TokenInfo, Used},
    service::Service,
};

impl Service {
    /// Recognizes the sender of a request by the token that it presents.
    ///
    /// # Errors
    /// [`AuthError`] where the token is unknown or has ended, or its person is suspended.
    pub fn recognize(
        &self,
        presented: &str,
        (from, request): (Option<String>, Option<String>),
        now: Timestamp,
    ) -> Result<Principal, AuthError> {
        let info = self.tokens.recognize(presented, now)?;
        let (name, standings) = self.holder_of(&info).ok_or(AuthError::Suspended)?;
        self.tokens.last_uses().note(Used::Token(&info.id), now);
        let TokenInfo { id: token, role, scopes, network_server, .. } = info;
        let person = role.person();
        let has_session = false;
        Ok(Principal {
            token,
            has_session,
            provider_second_factor: false,
            name,
            standings,
            person,
            scopes,
            network_server,
            from,
            request,
            trace: None,
        })
    }

    /// The same on a node of several: before a token is unknown here, it is made sure that no other node has just made
    /// it.
    ///
    /// # Errors
    /// [`AuthError`] where the token is unknown or has ended, or its person is suspended; and where nobody knows, since
    /// the changes of other nodes cannot be read.
    pub(crate) async fn recognize_after_all(
        &self,
        presented: &str,
        origin: (Option<String>, Option<String>),
        now: Timestamp,
    ) -> Result<Principal, AuthError> {
        let recognized = self.recognize(presented, origin.clone(), now);
        let (Err(AuthError::Unknown), Some(follower)) = (&recognized, self.cluster.follower())
        else {
            return recognized;
        };
        if let Err(error) = follower.read_log().await {
            tracing::debug!(%error, "what other nodes have changed cannot be read");
            return Err(AuthError::Behind);
        }
        self.recognize(presented, origin, now)
    }

    /// Recognizes the sender of a request by the secret of a session.
    ///
    /// # Errors
    /// [`AuthError`] where the session has ended, or its person is suspended.
    pub fn recognize_session(
        &self,
        secret: &str,
        (from, request): (Option<String>, Option<String>),
        now: Timestamp,
    ) -> Result<Principal, AuthError> {
        let uses = self.tokens.last_uses();
        let session = self.sessions.recognize(secret, uses, now).ok_or(AuthError::SessionEnded)?;
        let (name, standings) = self.person_in_force(session.person).ok_or(AuthError::Suspended)?;
        uses.note(Used::Session(&session.id), now);
        // The settings of now count, also for sessions that began under others.
        let openid = &self.config.sign_in.openid;
        let provider_second_factor =
            session.said_factor.as_ref().is_some_and(|said| openid.takes(said));
        let (person, token) = (Some(session.person), session.id);
        let (has_session, scopes, network_server) = (true, None, None);
        Ok(Principal {
            token,
            has_session,
            provider_second_factor,
            name,
            standings,
            person,
            scopes,
            network_server,
            from,
            request,
            trace: None,
        })
    }

    /// The name and the roles of the holder of a token; none of a person who is suspended.
    pub(super) fn holder_of(&self, info: &TokenInfo) -> Option<(String, Vec<Standing>)> {
        let Role::Person { person } = &info.role else {
            return Some((info.name.clone(), info.role.standing().into_iter().collect()));
        };
        self.person_in_force(*person)
    }

    /// The name and the roles of a person; none of one who is suspended.
    pub(super) fn person_in_force(&self, person: Uuid) -> Option<(String, Vec<Standing>)> {
        let found = self.roster.person(person).filter(|person| person.suspended_at.is_none())?;
        let grants = self.roster.grants_in_force(person);
        Some((found.full_name(), grants.into_iter().map(Standing::of).collect()))
    }
}
