//! A person who has signed in, and sends forms that must be taken.

use champollion_tests::{Answer, SIGN_IN_SETTINGS, Server, Setup, Visitor};
use serde_json::Value as Json;
use ureq::http::Method;

/// The boundary between the parts of a form with a file.
const BOUNDARY: &str = "part-of-the-form";

/// A person with a session.
pub(crate) struct SignedIn<'of> {
    server: &'of Server,
    visitor: Visitor,
}

/// Starts a server whose people sign in often.
pub(crate) fn server() -> Server {
    Setup::default().settings(SIGN_IN_SETTINGS).start()
}

impl<'of> SignedIn<'of> {
    /// Adds a person with a role in a scope, who signs in.
    #[track_caller]
    pub(crate) fn of(server: &'of Server, role: &str, scope: &str) -> Self {
        let visitor = server.visitor(&format!("{role}@city.example"), role, scope);
        Self { server, visitor }
    }

    /// Opens a page as this person.
    #[track_caller]
    pub(crate) fn open(&self, path: &str) -> Answer {
        self.visitor.open(self.server, path)
    }

    /// Opens a page that must be there; gives what it says.
    #[track_caller]
    pub(crate) fn page(&self, path: &str) -> String {
        let answer = self.open(path);
        assert_eq!(answer.status, 200, "{path}: {}", answer.text);
        answer.text
    }

    /// Sends a form of a page, with the token that the page has.
    #[track_caller]
    pub(crate) fn send(&self, page: &str, action: &str, fields: &[(&str, &str)]) -> Answer {
        self.visitor.send(self.server, (page, action), fields)
    }

    /// Sends a form that must be taken; gives the page on which it ends.
    #[track_caller]
    pub(crate) fn done(&self, page: &str, action: &str, fields: &[(&str, &str)]) -> String {
        let answer = self.send(page, action, fields);
        match answer.status {
            200 => answer.text,
            303 => self.page(answer.header("location")),
            status => panic!("{action} is not taken: {status} {}", answer.text),
        }
    }

    /// Sends a form with a file.
    #[track_caller]
    pub(crate) fn send_file(
        &self,
        page: &str,
        (field, file): (&str, &[u8]),
        fields: &[(&str, &str)],
    ) -> Answer {
        self.send_named_file(page, (field, "a.wasm", file), fields)
    }

    /// Sends a form with a file of this name.
    #[track_caller]
    pub(crate) fn send_named_file(
        &self,
        page: &str,
        (field, file_name, file): (&str, &str, &[u8]),
        fields: &[(&str, &str)],
    ) -> Answer {
        let token = token_of(&self.page(page));
        let mut body = Vec::new();
        for (name, value) in fields.iter().copied().chain([("form-token", token.as_str())]) {
            let head = format!("--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"{name}\"");
            body.extend_from_slice(format!("{head}\r\n\r\n{value}\r\n").as_bytes());
        }
        let head = format!(
            "--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"{field}\"; filename=\"{file_name}\"\r\n\
             Content-Type: application/octet-stream\r\n\r\n"
        );
        body.extend_from_slice(head.as_bytes());
        body.extend_from_slice(file);
        body.extend_from_slice(format!("\r\n--{BOUNDARY}--\r\n").as_bytes());
        let form = format!("multipart/form-data; boundary={BOUNDARY}");
        self.post(page, &form, &body)
    }

    /// Sends a form without the token of its page, as a page of another session would.
    #[track_caller]
    pub(crate) fn send_without_token(&self, action: &str) -> Answer {
        self.post(action, "application/x-www-form-urlencoded", b"name=x")
    }

    #[track_caller]
    fn post(&self, path: &str, content_type: &str, body: &[u8]) -> Answer {
        let headers = [
            ("Cookie", self.visitor.cookie()),
            ("Sec-Fetch-Site", "same-origin"),
            ("Accept", "text/html"),
            ("Content-Type", content_type),
        ];
        let answer = self.server.anybody().attempt_with(&Method::POST, path, &headers, body);
        answer.unwrap_or_else(|error| panic!("POST {path} is not answered: {error}"))
    }
}

/// The text of a member.
#[track_caller]
pub(crate) fn text(json: &Json, member: &str) -> String {
    json[member].as_str().unwrap_or_else(|| panic!("{member} is no text: {json}")).to_owned()
}

/// The token of the forms of a page.
fn token_of(page: &str) -> String {
    let (_, after) = page.split_once("name=\"form-token\" value=\"").expect("the page has forms");
    after.split('"').next().unwrap_or_default().to_owned()
}
