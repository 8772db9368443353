//! The same client for code that is not asynchronous.

use std::ops::Deref;

use tokio::runtime::{Builder, Runtime};

use crate::{Client, ClientError};

/// A client that waits for its answers, on this one thread.
///
/// ```no_run
/// # use champollion_client::{Blocking, Client};
/// let server = Blocking::new(Client::new("http://127.0.0.1:8080", Some("chmp-…"))?)?;
/// for device in &server.ask(|server| server.devices())?.devices {
///     assert!(!device.group.is_empty());
/// }
/// # Ok::<(), champollion_client::ClientError>(())
/// ```
pub struct Blocking {
    client: Client,
    runtime: Runtime,
}

impl Blocking {
    /// A client that waits.
    ///
    /// # Errors
    /// [`ClientError::Runtime`] where the system has nothing to wait with, and [`ClientError::Setup`] where it lets
    /// nobody speak HTTPS.
    pub fn new(client: Client) -> Result<Self, ClientError> {
        let runtime =
            Builder::new_current_thread().enable_all().build().map_err(ClientError::Runtime)?;
        Ok(Self { client: client.apart()?, runtime })
    }

    /// The same in the role of another token.
    ///
    /// # Errors
    /// [`ClientError::Runtime`] where the system has nothing to wait with.
    pub fn with_token(&self, token: &str) -> Result<Self, ClientError> {
        Self::new(self.client.with_token(token))
    }

    /// Asks, and waits for what comes of it.
    pub fn ask<'client, F: Future>(
        &'client self,
        question: impl FnOnce(&'client Client) -> F,
    ) -> F::Output {
        self.runtime.block_on(question(&self.client))
    }
}

impl Deref for Blocking {
    type Target = Client;

    fn deref(&self) -> &Client {
        &self.client
    }
}
