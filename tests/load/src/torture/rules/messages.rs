//! Messages as recipients read them: the transitions that a mail or a request tells of.

use serde_json::Value as Json;

use super::{
    levels::raised_by,
    tellings::{TOLD, Transition, Turn},
};

/// Begins the subject of a digest, before its number of messages.
const DIGEST: &str = "Champollion: ";

/// Begins each line of a digest.
const ITEM: &str = "- ";

/// The content of a mail, as far as it is looked at.
#[derive(Debug, PartialEq)]
pub(super) struct MailRead {
    /// The Message-ID of the mail.
    pub(super) id: String,
    pub(super) transitions: Vec<Transition>,
}

/// Reads a mail; nothing where it is none of those that are expected.
pub(super) fn of_mail(text: &str) -> Option<MailRead> {
    let text = text.replace("\r\n", "\n");
    let (head, body) = text.split_once("\n\n")?;
    let head = head.replace("\n ", " ").replace("\n\t", " ");
    let body = match header(&head, "Content-Transfer-Encoding") {
        Some("quoted-printable") => unquoted(body)?,
        Some("7bit") | None => body.to_owned(),
        Some(_) => return None,
    };
    let (id, subject) = (header(&head, "Message-ID")?.to_owned(), header(&head, "Subject")?);
    let Some(count) = subject.strip_prefix(DIGEST) else {
        return Some(MailRead { id, transitions: vec![of_line(subject)?] });
    };
    let lines = body.lines().filter_map(|line| line.strip_prefix(ITEM));
    let transitions = lines.map(of_line).collect::<Option<Vec<_>>>()?;
    let count: usize = count.split(' ').next()?.parse().ok()?;
    (transitions.len() == count).then_some(MailRead { id, transitions })
}

/// Reads the event of a request.
pub(super) fn of_request(body: &[u8]) -> Option<Transition> {
    let body: Json = serde_json::from_slice(body).ok()?;
    let turn = match body["type"].as_str()? {
        "alert.raised" => Turn::Raised,
        "alert.ended" => Turn::Ended,
        _ => return None,
    };
    let alert = &body["data"];
    let is_over = alert["endedAt"].is_string();
    let fits = alert["rule"] == TOLD && is_over == (turn == Turn::Ended);
    let raised = raised_by(alert["value"].as_f64()?)?;
    fits.then_some(Transition { device: alert["device"].as_str()?.to_owned(), raised, turn })
}

/// Reads the subject of a mail, or its line in a digest: the first has the device in brackets, the other between bars.
fn of_line(line: &str) -> Option<Transition> {
    let (turn, rest) = match line.strip_prefix("Alert over: ") {
        Some(rest) => (Turn::Ended, rest),
        None => (Turn::Raised, line.strip_prefix("Alert: ")?),
    };
    let rest = rest.strip_prefix(TOLD)?.strip_prefix(": water.volume = ")?;
    let (value, device) = match rest.strip_suffix(')') {
        Some(rest) => rest.split_once(" (")?,
        None => {
            let (value, facts) = rest.split_once(" | ")?;
            (value, facts.split_once(" | ")?.0)
        }
    };
    let raised = raised_by(value.parse().ok()?)?;
    Some(Transition { device: device.to_owned(), raised, turn })
}

fn header<'head>(head: &'head str, name: &str) -> Option<&'head str> {
    let mut fields = head.lines().filter_map(|line| line.split_once(':'));
    fields.find(|(own, _)| own.eq_ignore_ascii_case(name)).map(|(_, value)| value.trim())
}

/// Reads text that is quoted-printable, as mails have it.
fn unquoted(text: &str) -> Option<String> {
    let joined = text.replace("=\n", "");
    let mut parts = joined.split('=');
    let mut bytes = parts.next()?.as_bytes().to_vec();
    for part in parts {
        bytes.push(u8::from_str_radix(part.get(..2)?, 16).ok()?);
        bytes.extend(&part.as_bytes()[2..]);
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn transition(raised: u32, turn: Turn) -> Transition {
        Transition { device: "02C4A3FFFE200000".to_owned(), raised, turn }
    }

    #[test]
    fn a_mail_tells_of_one_transition() {
        let mail = "From: a@b.example\r\nMessage-ID: <1@city.example>\r\nSubject: Alert over: high:\r\n\x20\
                    water.volume = 310.007 (02C4A3FFFE200000)\r\n\r\nRule: high\r\n";
        let read = of_mail(mail).unwrap();
        assert_eq!(read.id, "<1@city.example>");
        assert_eq!(read.transitions, [transition(7, Turn::Ended)]);
        assert_eq!(of_mail(&mail.replace("high:", "low:")), None);
    }

    #[test]
    fn a_digest_tells_of_all_that_it_counts() {
        let mail = "Message-Id: <2@city.example>\nContent-Transfer-Encoding: quoted-printable\n\
                    Subject: Champollion: 2 messages\n\nSeveral messages.\n\n\
                    - Alert: high: water.volume =3D 310 | 02C4A3=\nFFFE200000 | Since: 2021-07-09\n\
                    - Alert over: high: water.volume =3D 310 | 02C4A3FFFE200000 | Since: 2021-07-09\n";
        let read = of_mail(mail).unwrap();
        assert_eq!(read.transitions, [transition(0, Turn::Raised), transition(0, Turn::Ended)]);
        assert_eq!(of_mail(&mail.replace("2 messages", "3 messages")), None, "one was cut away");
    }

    #[test]
    fn a_request_tells_of_one_transition() {
        let alert = json!({ "rule": "high", "device": "02C4A3FFFE200000", "value": 310.012 });
        let body = json!({ "type": "alert.raised", "data": alert });
        let read = of_request(body.to_string().as_bytes());
        assert_eq!(read, Some(transition(12, Turn::Raised)));
        let over = json!({ "type": "alert.ended", "data": alert });
        assert_eq!(of_request(over.to_string().as_bytes()), None, "it does not say its end");
    }
}
