//! Several messages in one body: some network servers hand over lists, of one message or more.

use crate::{
    Heard, Incoming, Kind, Message, Unreadable,
    json::{self, Field},
    unread::Unread,
};

impl Kind {
    /// Reads all messages of a body, which is one of most network servers, and those of a list of some. Each is
    /// read by itself: one that cannot be read costs no other.
    pub fn read_all(self, incoming: &Incoming<'_>) -> Vec<Result<Heard, Unreadable>> {
        if !self.hands_over_lists() || !is_list(incoming.body) {
            return vec![self.read(incoming)];
        }
        let unread = Unread::default();
        let json = match json::read_list(incoming.body, &unread) {
            Ok(json) => json,
            Err(error) => return vec![Err(error)],
        };
        let mut all = Vec::with_capacity(json.len());
        for (index, element) in json.iter().enumerate() {
            let (path, body) = (format!("[{index}]"), element.to_string());
            let heard = Field::root(element)
                .and_then(|_| self.read(&Incoming { body: body.as_bytes(), ..*incoming }));
            all.push(heard.map_err(|error| error.within(&path)));
        }
        // What is wrong with the list is said once.
        match all.first_mut() {
            Some(Ok(first)) => first.unread.extend(unread.into_members()),
            Some(Err(_)) => {}
            None => all.push(Ok(Message::nothing("empty list").into())),
        }
        all
    }
}

/// Whether a body is a list, as its first letter says.
fn is_list(body: &[u8]) -> bool {
    body.trim_ascii_start().first() == Some(&b'[')
}
