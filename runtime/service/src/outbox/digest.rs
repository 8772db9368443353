//! Digests: many mails to one address, told in one.

use jiff::Timestamp;

use super::{
    Language, Mail, Message,
    message::{Content, TEXT_BYTES},
};

/// The number of mails to one address from which on they are told in one.
pub const DIGEST_FROM: usize = 3;

/// Bytes that are left for the lines before the list.
const HEAD_BYTES: usize = 512;

/// Makes one mail of those at the front of the list, as many as fit, and gives their number. Nothing where they are too
/// few: each is sent as it is.
pub(super) fn digest(mails: &[&Mail], now: Timestamp) -> Option<(Message, usize)> {
    let count = fitting(mails);
    let first = mails.first().filter(|_| count >= DIGEST_FROM)?;
    let (subject, head) = words(first.language, count);
    let mut text = head.to_owned();
    for mail in &mails[..count] {
        text.push_str(&format!("- {}\n", mail.subject));
    }
    let mail = Mail::new(first.to.clone(), first.language, &subject, &text);
    Some((Message::new(mail, now), count))
}

/// Returns the number of mails whose subjects fit into one text.
fn fitting(mails: &[&Mail]) -> usize {
    let mut left = TEXT_BYTES - HEAD_BYTES;
    let fits = |mail: &&&Mail| {
        let line = mail.subject.len() + 3;
        let is_room = line <= left;
        left = left.saturating_sub(line);
        is_room
    };
    mails.iter().take_while(fits).count()
}

fn words(language: Language, count: usize) -> (String, &'static str) {
    match language {
        Language::En => (
            format!("Champollion: {count} messages"),
            "Several messages for you came at once. Each of them on a line:\n\n",
        ),
        Language::Fr => (
            format!("Champollion : {count} messages"),
            "Plusieurs messages pour vous sont arrivés en même temps. Un par ligne :\n\n",
        ),
    }
}

/// The mail in a message, where it is one.
pub(super) fn mail_of(message: &Message) -> Option<&Mail> {
    match &message.content {
        Content::Mail(mail) => Some(mail),
        Content::Webhook(_) | Content::Mqtt(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mail(subject: &str) -> Mail {
        Mail::new("ada@city.example".parse().unwrap(), Language::Fr, subject, "text")
    }

    #[test]
    fn few_mails_are_sent_each_and_many_in_one() {
        let mails: Vec<Mail> = (0..5_000).map(|number| mail(&format!("fuite {number}"))).collect();
        let all: Vec<&Mail> = mails.iter().collect();
        assert!(digest(&all[..2], Timestamp::UNIX_EPOCH).is_none());
        let (three, count) = digest(&all[..3], Timestamp::UNIX_EPOCH).unwrap();
        assert_eq!(count, 3);
        let three = mail_of(&three).unwrap();
        assert_eq!(three.subject, "Champollion : 3 messages");
        assert!(three.text.ends_with("- fuite 0\n- fuite 1\n- fuite 2\n"));
        let (most, count) = digest(&all, Timestamp::UNIX_EPOCH).unwrap();
        let most = mail_of(&most).unwrap();
        assert!(count > 1_000 && count < all.len() && most.text.len() <= TEXT_BYTES);
        assert!(most.text.ends_with(&format!("- fuite {}\n", count - 1)), "none is cut away");
    }
}
