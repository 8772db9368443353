//! Digests: many mails to one address, told in one.

use std::{
    cmp::Reverse,
    collections::{BTreeMap, BTreeSet},
};

use jiff::Timestamp;

use super::{
    Gist, Language, Mail, Message,
    message::{Content, TEXT_BYTES},
};

/// The number of mails to one address from which on they are told in one.
pub const DIGEST_FROM: usize = 3;

/// Most topics that the subject of a digest names, those of most mails.
const TOPICS: usize = 2;

/// Most places that the subject of a digest names.
const PLACES: usize = 1;

/// Bytes that are left for the lines before the list.
const HEAD_BYTES: usize = 512;

/// Makes one mail of those at the front of the list, as many as fit, and gives their number. Nothing where they are too
/// few: each is sent as it is.
pub(super) fn digest(mails: &[&Mail], now: Timestamp) -> Option<(Message, usize)> {
    let count = fitting(mails);
    let first = mails.first().filter(|_| count >= DIGEST_FROM)?;
    let subject = subject(first.language, &mails[..count]);
    let mut text = head(first.language).to_owned();
    for mail in &mails[..count] {
        text.push_str(&format!("- {}\n", mail.line()));
    }
    // What it tells of is on no line of another digest.
    let mail = Mail::new(first.to.clone(), first.language, &subject, &text).of_several();
    // They are of one lane, and so of one group.
    let mail = Mail { group: first.group.clone(), ..mail };
    Some((Message::new(mail, now), count))
}

/// Returns the number of mails whose lines fit into one text.
fn fitting(mails: &[&Mail]) -> usize {
    let mut left = TEXT_BYTES - HEAD_BYTES;
    let fits = |mail: &&&Mail| {
        let line = mail.line().len() + 3;
        let is_room = line <= left;
        left = left.saturating_sub(line);
        is_room
    };
    mails.iter().take_while(fits).count()
}

/// The topics of mails, each with its number of mails, those of most mails first; and the places, each once.
fn gathered<'of>(mails: &[&'of Mail]) -> (Vec<(&'of str, usize)>, Vec<&'of str>) {
    let mut topics: Vec<(&str, usize)> = Vec::new();
    let mut places: Vec<&str> = Vec::new();
    let mut known: BTreeMap<&str, usize> = BTreeMap::new();
    let mut seen: BTreeSet<&str> = BTreeSet::new();
    for mail in mails {
        let (topic, place) = match &mail.gist {
            Some(Gist { topic, place }) => (topic.as_str(), place.as_str()),
            None => (mail.subject.as_str(), ""),
        };
        match known.get(topic) {
            Some(index) => topics[*index].1 += 1,
            None => {
                known.insert(topic, topics.len());
                topics.push((topic, 1));
            }
        }
        if !place.is_empty() && seen.insert(place) {
            places.push(place);
        }
    }
    topics.sort_by_key(|(_, count)| Reverse(*count));
    (topics, places)
}

/// The subject of a digest: how many messages, of what and how many of it, and where.
fn subject(language: Language, mails: &[&Mail]) -> String {
    let (topics, places) = gathered(mails);
    let number = |count: usize| language.whole(count.try_into().unwrap_or(u64::MAX));
    let (count, rest) = (number(mails.len()), topics.len().saturating_sub(TOPICS));
    let named = topics.iter().take(TOPICS);
    let mut named: Vec<String> =
        named.map(|(topic, count)| format!("{topic} ({})", number(*count))).collect();
    if rest > 0 {
        named.push("…".to_owned());
    }
    let more = number(places.len().saturating_sub(PLACES));
    let mut place = places.iter().take(PLACES).copied().collect::<Vec<_>>().join(", ");
    if places.len() > PLACES {
        place += &match language {
            Language::En => format!(" and {more} more"),
            Language::Fr if places.len() == PLACES + 1 => format!(" et {more} autre"),
            Language::Fr => format!(" et {more} autres"),
        };
    }
    let colon = match language {
        Language::En => ":",
        Language::Fr => " :",
    };
    let place = if place.is_empty() { place } else { format!(" | {place}") };
    format!("{count} messages{colon} {}{place}", named.join(", "))
}

const fn head(language: Language) -> &'static str {
    match language {
        Language::En => "Several messages for you came at once. Each of them on a line:\n\n",
        Language::Fr => {
            "Plusieurs messages pour vous sont arrivés en même temps. Un par ligne :\n\n"
        }
    }
}

/// The mail in a message, where it is one that a digest may take.
pub(super) fn to_gather(message: &Message) -> Option<&Mail> {
    mail_of(message).filter(|mail| !mail.is_of_several)
}

/// The mail in a message, where it is one.
fn mail_of(message: &Message) -> Option<&Mail> {
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
        assert_eq!(three.subject, "3 messages : fuite 0 (1), fuite 1 (1), …");
        assert!(three.text.ends_with("- fuite 0\n- fuite 1\n- fuite 2\n"));
        let (most, count) = digest(&all, Timestamp::UNIX_EPOCH).unwrap();
        let most = mail_of(&most).unwrap();
        assert!(count > 1_000 && count < all.len() && most.text.len() <= TEXT_BYTES);
        assert!(most.text.ends_with(&format!("- fuite {}\n", count - 1)), "none is cut away");
    }

    #[test]
    fn the_subject_of_a_digest_says_what_and_how_many_and_where() {
        let of = |topic: &str, place: &str| mail("x").with_gist(Gist::new(topic, place));
        let mut mails = vec![of("Alerte : co2", "École"), of("Alerte : fuite", "Mairie")];
        mails.push(of("Alerte : fuite", "Gymnase"));
        let subject = |mails: &[Mail], language| {
            let mails: Vec<Mail> =
                mails.iter().map(|mail| Mail { language, ..mail.clone() }).collect();
            subject(language, &mails.iter().collect::<Vec<_>>())
        };
        assert_eq!(
            subject(&mails, Language::Fr),
            "3 messages : Alerte : fuite (2), Alerte : co2 (1) | École et 2 autres"
        );
        assert_eq!(
            subject(&vec![of("Alert: co2", "School"); 1_200], Language::En),
            "1,200 messages: Alert: co2 (1,200) | School"
        );
    }

    #[test]
    fn a_digest_has_the_whole_line_of_each_mail_and_is_in_no_other_digest() {
        let line =
            "fuite | École, 1 rue Haute | Depuis : 25/11/2026 09:00:30 +01:00 | Limite : > 3";
        let mails: Vec<Mail> = (0..400).map(|_| mail("fuite").with_line(line)).collect();
        let all: Vec<&Mail> = mails.iter().collect();
        let (message, count) = digest(&all, Timestamp::UNIX_EPOCH).unwrap();
        let written = mail_of(&message).unwrap();
        assert_eq!(written.text.matches(&format!("- {line}\n")).count(), count);
        assert!(count < all.len() && written.text.len() <= TEXT_BYTES);
        assert!(to_gather(&message).is_none());
        assert_eq!(mail("fuite").with_line("a\nb").line(), "a b");
    }
}
