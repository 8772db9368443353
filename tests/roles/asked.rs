//! Things that requests are about: one's own, another partner's, and none.

use champollion_tests::Answer;

/// The sides that a request can be about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Side {
    /// A thing of the partner whose people and machines ask.
    Own,
    /// A thing of another partner.
    Other,
    /// A thing that does not exist.
    Nowhere,
}

impl Side {
    pub(crate) const ALL: [Self; 3] = [Self::Own, Self::Other, Self::Nowhere];

    /// The group of the side.
    pub(crate) fn group(self) -> &'static str {
        match self {
            Self::Own => "own-water",
            Self::Other => "other-light",
            Self::Nowhere => "no-group-here",
        }
    }

    /// The partner of the side.
    pub(crate) fn partner(self) -> &'static str {
        match self {
            Self::Own => "own-city",
            Self::Other => "other-valley",
            Self::Nowhere => "no-partner-here",
        }
    }
}

/// The names of the things that a request can be about.
#[derive(Clone)]
pub(crate) struct Asked {
    pub(crate) side: Side,
    pub(crate) device: String,
    pub(crate) command: String,
    pub(crate) schedule: String,
    pub(crate) person: String,
    pub(crate) grant: String,
    pub(crate) token: String,
    pub(crate) request: String,
    pub(crate) wish: String,
}

/// The text of an answer without the id of its request.
pub(crate) fn without_request_id(answer: &Answer) -> String {
    let mut body = answer.body.clone();
    match body.as_object_mut().and_then(|members| members.remove("requestId")) {
        Some(_) => body.to_string(),
        None => answer.text.clone(),
    }
}

impl Asked {
    /// A status and a text without the id of the request, which differs each time, and without the names that were
    /// asked for, which every answer may repeat.
    pub(crate) fn without_names(&self, answer: &Answer) -> (u16, String) {
        let names = [
            self.side.group(),
            self.side.partner(),
            &self.device,
            &self.command,
            &self.schedule,
            &self.person,
            &self.grant,
            &self.token,
            &self.request,
            &self.wish,
        ];
        let text = without_request_id(answer);
        (answer.status, names.iter().fold(text, |text, name| text.replace(name, "…")))
    }
}
