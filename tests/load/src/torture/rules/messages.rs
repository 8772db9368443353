//! Messages as recipients read them: the transitions that a mail or a request tells of.

use serde_json::Value as Json;

use super::{
    levels::raised_by,
    tellings::{TOLD, Transition, Turn},
};

/// Follows the number of messages in the subject of a digest.
const DIGEST: &str = " messages: ";

/// Begins what was measured, and ends it.
const VOLUME: (&str, &str) = ("Water index ", " m³");

/// Begins what an alert that is over was raised for.
const BEFORE: &str = "Raised for: ";

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
    let Some((count, _)) = subject.split_once(DIGEST) else {
        return Some(MailRead { id, transitions: vec![of_text(&body)?] });
    };
    let lines = body.lines().filter_map(|line| line.strip_prefix(ITEM));
    let transitions = lines.map(of_line).collect::<Option<Vec<_>>>()?;
    let count: usize = count.replace(',', "").parse().ok()?;
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

/// Reads the text of a mail about one transition: a fact on each line.
fn of_text(text: &str) -> Option<Transition> {
    let fact = |label: &str| text.lines().find_map(|line| line.strip_prefix(label));
    let (what, device) = (fact("What: ")?, fact("Where: ")?.to_owned());
    let (turn, raised) = match fact(BEFORE) {
        Some(before) => (Turn::Ended, raised_for(before)?),
        None => (Turn::Raised, raised_for(what)?),
    };
    (fact("Rule: ")? == TOLD).then_some(Transition { device, raised, turn })
}

/// Reads the line that a digest has of a mail: what, where and the facts, between bars.
fn of_line(line: &str) -> Option<Transition> {
    let mut parts = line.split(" | ");
    let (what, device) = (parts.next()?, parts.next()?.to_owned());
    let (turn, rest) = match what.strip_prefix("Alert over: ") {
        Some(rest) => (Turn::Ended, rest),
        None => (Turn::Raised, what.strip_prefix("Alert: ")?),
    };
    let what = rest.strip_prefix(TOLD)?.strip_prefix(": ")?;
    let before = match turn {
        Turn::Raised => what,
        Turn::Ended => parts.find_map(|fact| fact.strip_prefix(BEFORE))?,
    };
    Some(Transition { device, raised: raised_for(before)?, turn })
}

/// The number of the frame whose volume an alert was raised for.
fn raised_for(what: &str) -> Option<u32> {
    let volume = what.strip_prefix(VOLUME.0)?.strip_suffix(VOLUME.1)?;
    raised_by(volume.replace(',', "").parse().ok()?)
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
                    Water index 290 =?utf-8?b?bcKz?=\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n\
                    Rule: high\r\nWhat: Water index 290 m=C2=B3\r\nWhere: 02C4A3FFFE200000\r\n\
                    Raised for: Water index 310.007 m=C2=B3\r\n";
        let read = of_mail(mail).unwrap();
        assert_eq!(read.id, "<1@city.example>");
        assert_eq!(read.transitions, [transition(7, Turn::Ended)]);
        assert_eq!(of_mail(&mail.replace("Rule: high", "Rule: low")), None);
        let raised = mail.replace("290 m", "310.012 m").replace("Raised for:", "Limit:");
        assert_eq!(of_mail(&raised).unwrap().transitions, [transition(12, Turn::Raised)]);
    }

    #[test]
    fn a_digest_tells_of_all_that_it_counts() {
        let mail = "Message-Id: <2@city.example>\nContent-Transfer-Encoding: quoted-printable\n\
                    Subject: 2 messages: Alert: high (1), Alert over: high (1)\n\nSeveral messages.\n\n\
                    - Alert: high: Water index 310 m=C2=B3 | 02C4A3=\nFFFE200000 | Since: 2021-07-09\n\
                    - Alert over: high: Water index 290 m=C2=B3 | 02C4A3FFFE200000 | Raised for: \
                    Water index 310 m=C2=B3 | Since: 2021-07-09\n";
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
