//! Answers that come line by line, for as long as the server does what it was asked for.

use std::{collections::VecDeque, marker::PhantomData, time::Duration};

use reqwest::{RequestBuilder, Response};
use serde::de::DeserializeOwned;

use crate::{Answer, ClientError, client::send, lines::Lines};

/// All that is kept of a territory may take that long.
const TIMEOUT: Duration = Duration::from_secs(24 * 3_600);

/// An answer that goes on for as long as something is done.
pub struct Progress<T> {
    response: Response,
    lines: Lines,
    ready: VecDeque<String>,
    line: PhantomData<fn() -> T>,
}

impl<T> Progress<T> {
    /// Sends a request whose answer comes line by line.
    pub(crate) async fn of(request: RequestBuilder) -> Result<Self, ClientError> {
        let response = send(request.timeout(TIMEOUT)).await?;
        let (lines, ready) = (Lines::default(), VecDeque::new());
        Ok(Self { response, lines, ready, line: PhantomData })
    }
}

impl<T: DeserializeOwned> Progress<T> {
    /// Waits until it is known how far it has come. The last line says that it is the last.
    ///
    /// # Errors
    /// [`ClientError::BrokenOff`] where the connection is lost.
    pub async fn next(&mut self) -> Result<Option<Answer<T>>, ClientError> {
        loop {
            if let Some(line) = self.ready.pop_front() {
                return Answer::read(line).map(Some);
            }
            let Some(piece) = self.response.chunk().await.map_err(ClientError::BrokenOff)? else {
                return Ok(None);
            };
            self.ready.extend(self.lines.of(&piece));
        }
    }
}
