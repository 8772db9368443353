//! Rotation of the secrets that requests of a route are signed with.

use jiff::Timestamp;

use super::{
    change::Change,
    dispatcher::{Beginning, Dispatcher},
    error::DispatchError,
};
use crate::{
    destinations::Secret,
    names::RouteKey,
    routes::{Destination, Route, RouteError},
};

impl Dispatcher {
    /// Puts a new signing secret in the place of those of a route, which go on being used beside it until a
    /// moment. Gives the secret where it was made here.
    ///
    /// # Errors
    /// There is no such route, its requests are not signed, or the store does not keep it.
    pub async fn rotate_secrets(
        &self,
        key: &RouteKey,
        new: Option<Secret>,
        until: Timestamp,
        change: Change<'_>,
    ) -> Result<Option<Secret>, DispatchError> {
        let _turn = self.turn.lock().await;
        let mut route = Route::clone(&self.find(key)?.live.route());
        let made = signed(key, &mut route)?
            .rotate(new, until, Timestamp::now())
            .map_err(RouteError::from)?;
        self.put_whole(key, route, Beginning::Now, change).await?;
        Ok(made)
    }

    /// Ends the overlap of a rotation: requests are signed with the new secret alone from now on.
    ///
    /// # Errors
    /// There is no such route, its requests are not signed, or the store does not keep it.
    pub async fn retire_secrets(
        &self,
        key: &RouteKey,
        change: Change<'_>,
    ) -> Result<(), DispatchError> {
        let _turn = self.turn.lock().await;
        let mut route = Route::clone(&self.find(key)?.live.route());
        signed(key, &mut route)?.retiring_secrets.clear();
        self.put_whole(key, route, Beginning::Now, change).await
    }
}

/// The push of a route whose requests are signed.
fn signed<'route>(
    key: &RouteKey,
    route: &'route mut Route,
) -> Result<&'route mut crate::destinations::push::HttpPush, DispatchError> {
    let kind = route.to.kind();
    match &mut route.to {
        Destination::Http(push) => Ok(push),
        _ => {
            let why = "only requests over HTTP are signed";
            Err(DispatchError::WrongKind { key: key.clone(), kind, why })
        }
    }
}
