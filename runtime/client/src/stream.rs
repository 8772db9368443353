//! Records as they come, as server-sent events.

use std::{collections::VecDeque, time::Duration};

use reqwest::Response;

use crate::{Client, ClientError, RecordsQuery, client::send, lines::Lines};

/// A stream of records is begun anew after so long at the latest.
const FOLLOWING: Duration = Duration::from_secs(3_600);

/// A record that has come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordEvent {
    /// Its cursor: a stream that begins after it misses nothing.
    pub cursor: String,
    /// The record as JSON text.
    pub record: String,
}

/// A stream of records. It ends after an hour at the latest.
pub struct Following {
    response: Response,
    lines: Lines,
    begun: Event,
    ready: VecDeque<RecordEvent>,
}

/// An event that is not whole yet.
#[derive(Default)]
struct Event {
    id: String,
    data: Option<String>,
}

impl Event {
    /// Takes a line of it; gives the event where that ends it.
    fn take(&mut self, line: &str) -> Option<RecordEvent> {
        if let Some(cursor) = line.strip_prefix("id: ") {
            cursor.clone_into(&mut self.id);
        } else if let Some(part) = line.strip_prefix("data: ") {
            match &mut self.data {
                Some(data) => data.extend(["\n", part]),
                None => self.data = Some(part.to_owned()),
            }
        } else if line.is_empty() {
            let Self { id: cursor, data } = std::mem::take(self);
            return Some(RecordEvent { cursor, record: data? });
        }
        // Comments keep the connection alive, and the kind of the event is always the same.
        None
    }
}

impl Client {
    /// Follows records as they come: `GET /v1/records/stream`. Following removes nothing.
    pub async fn follow_records(&self, query: &RecordsQuery) -> Result<Following, ClientError> {
        let request = self.get("v1/records/stream").query(query).timeout(FOLLOWING);
        let response = send(request).await?;
        let (lines, begun, ready) = (Lines::default(), Event::default(), VecDeque::new());
        Ok(Following { response, lines, begun, ready })
    }
}

impl Following {
    /// Waits for the next record; there is none where the server ends the stream.
    ///
    /// # Errors
    /// [`ClientError::BrokenOff`] where the connection is lost.
    pub async fn next(&mut self) -> Result<Option<RecordEvent>, ClientError> {
        loop {
            if let Some(event) = self.ready.pop_front() {
                return Ok(Some(event));
            }
            let Some(piece) = self.response.chunk().await.map_err(ClientError::BrokenOff)? else {
                return Ok(None);
            };
            for line in self.lines.of(&piece) {
                self.ready.extend(self.begun.take(&line));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_is_given_once_it_is_whole() {
        let mut event = Event::default();
        let mut events = Vec::new();
        let text =
            ": \n\nevent: record\nid: 7\ndata: {\"a\":1}\n\nid: 8\ndata: [\ndata: ]\n\nid: 9\n";
        for line in text.lines() {
            events.extend(event.take(line));
        }
        let expected = [("7", "{\"a\":1}"), ("8", "[\n]")]
            .map(|(cursor, record)| RecordEvent { cursor: cursor.into(), record: record.into() });
        assert_eq!(events, expected);
    }
}
