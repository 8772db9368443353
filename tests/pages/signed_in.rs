//! A person who has signed in, and looks at pages and sends forms as a browser does.

use champollion_tests::{Answer, Server, Setup};
use serde_json::{Value as Json, json};
use ureq::http::Method;

const PASSWORD: &str = "seven lichens of a trombone";

/// Bounds that the many sign-ins of a test do not meet, and admins who need no second device.
pub const SETTINGS: &str = "[sign-in]\ntries = 1000\ntries-per-minute = 1000\n\
                            admins-without-second-factor = true\n";

/// The boundary between the parts of a form with a file.
const BOUNDARY: &str = "part-of-the-form";

/// A person with a session.
pub struct SignedIn<'of> {
    server: &'of Server,
    cookie: String,
}

/// Starts a server whose people sign in often.
pub fn server() -> Server {
    Setup::default().settings(SETTINGS).start()
}

impl<'of> SignedIn<'of> {
    /// Adds a person with a role in a scope, who signs in.
    #[track_caller]
    pub fn of(server: &'of Server, role: &str, scope: &str) -> Self {
        let email = format!("{role}@city.example");
        let wanted = json!({
            "name": "Lovelace", "firstName": "Ada", "email": email,
            "grants": [{ "role": role, "scope": scope }],
        });
        let person = server.admin().post("/v1/people", &wanted).success();
        let path = format!("/v1/people/{}/invitation", text(&person, "id"));
        let invitation = server.admin().post(&path, &json!({})).success();
        let chosen = json!({ "link": text(&invitation, "secret"), "password": PASSWORD });
        assert_eq!(server.anybody().post("/v1/password", &chosen).status, 204);
        let body = json!({ "email": email, "password": PASSWORD });
        let session = server.anybody().post("/v1/session", &body);
        let set = session.header("set-cookie");
        let cookie = set.split(';').next().expect("a cookie has a value").to_owned();
        assert!(cookie.contains('='), "{} {}", session.status, session.text);
        Self { server, cookie }
    }

    /// Opens a page.
    #[track_caller]
    pub fn open(&self, path: &str) -> Answer {
        self.ask(&Method::GET, path, "", b"")
    }

    /// Opens a page that must be there; gives what it says.
    #[track_caller]
    pub fn page(&self, path: &str) -> String {
        let answer = self.open(path);
        assert_eq!(answer.status, 200, "{path}: {}", answer.text);
        answer.text
    }

    /// Sends a form of a page, with the token that the page has.
    #[track_caller]
    pub fn send(&self, page: &str, action: &str, fields: &[(&str, &str)]) -> Answer {
        let token = token_of(&self.page(page));
        let all = fields.iter().copied().chain([("form-token", token.as_str())]);
        let pairs = all.map(|(name, value)| format!("{}={}", escaped(name), escaped(value)));
        let body = pairs.collect::<Vec<_>>().join("&");
        let form = "application/x-www-form-urlencoded";
        self.ask(&Method::POST, action, form, body.as_bytes())
    }

    /// Sends a form that must be taken; gives the page on which it ends.
    #[track_caller]
    pub fn done(&self, page: &str, action: &str, fields: &[(&str, &str)]) -> String {
        let answer = self.send(page, action, fields);
        match answer.status {
            200 => answer.text,
            303 => self.page(answer.header("location")),
            status => panic!("{action} is not taken: {status} {}", answer.text),
        }
    }

    /// Sends a form with a file.
    #[track_caller]
    pub fn send_file(
        &self,
        page: &str,
        (field, file): (&str, &[u8]),
        fields: &[(&str, &str)],
    ) -> Answer {
        let token = token_of(&self.page(page));
        let mut body = Vec::new();
        for (name, value) in fields.iter().copied().chain([("form-token", token.as_str())]) {
            let head = format!("--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"{name}\"");
            body.extend_from_slice(format!("{head}\r\n\r\n{value}\r\n").as_bytes());
        }
        let head = format!(
            "--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"{field}\"; filename=\"a.wasm\"\r\n\
             Content-Type: application/wasm\r\n\r\n"
        );
        body.extend_from_slice(head.as_bytes());
        body.extend_from_slice(file);
        body.extend_from_slice(format!("\r\n--{BOUNDARY}--\r\n").as_bytes());
        let form = format!("multipart/form-data; boundary={BOUNDARY}");
        self.ask(&Method::POST, page, &form, &body)
    }

    /// Sends a form without the token of its page, as a page of another session would.
    #[track_caller]
    pub fn send_without_token(&self, action: &str) -> Answer {
        self.ask(&Method::POST, action, "application/x-www-form-urlencoded", b"name=x")
    }

    #[track_caller]
    fn ask(&self, method: &Method, path: &str, content_type: &str, body: &[u8]) -> Answer {
        let headers = [
            ("Cookie", self.cookie.as_str()),
            ("Sec-Fetch-Site", "same-origin"),
            ("Accept", "text/html"),
            ("Content-Type", content_type),
        ];
        let headers: Vec<_> = headers.into_iter().filter(|(_, value)| !value.is_empty()).collect();
        let answer = self.server.anybody().attempt_with(method, path, &headers, body);
        answer.unwrap_or_else(|error| panic!("{method} {path} is not answered: {error}"))
    }
}

/// The text of a member.
#[track_caller]
pub fn text(json: &Json, member: &str) -> String {
    json[member].as_str().unwrap_or_else(|| panic!("{member} is no text: {json}")).to_owned()
}

/// The token of the forms of a page.
fn token_of(page: &str) -> String {
    let (_, after) = page.split_once("name=\"form-token\" value=\"").expect("the page has forms");
    after.split('"').next().unwrap_or_default().to_owned()
}

fn escaped(text: &str) -> String {
    let sign = |byte: u8| match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' => char::from(byte).to_string(),
        _ => format!("%{byte:02X}"),
    };
    text.bytes().map(sign).collect()
}
