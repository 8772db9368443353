//! The mails that tell of gateways which have gone silent, or are heard again.

use champollion_fleet::people::Email;
use jiff::Timestamp;

use super::gateway::{GatewayTurn, Turned};
use crate::outbox::{Language, LocalTime, Mail, Message};

/// Gateways that become durable at once: their turns are one mail, which names each within what a mail may take.
pub(super) const AT_ONCE: usize = 100;

/// The people who are told of gateways, and their language.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GatewayMails {
    /// The addresses that mails go to.
    pub to: Vec<Email>,
    /// The language of the mails.
    pub language: Language,
    /// The address of the page of gateways; empty where the server knows none.
    pub page: String,
    /// The clocks by which moments are told.
    pub clocks: LocalTime,
}

impl GatewayMails {
    /// Returns the mails about gateways that have turned at once: one to each address.
    pub(super) fn messages(&self, turned: &[Turned], now: Timestamp) -> Vec<Message> {
        if turned.is_empty() {
            return Vec::new();
        }
        let subject = format!("Champollion: {}", subject(self.language, turned));
        let lines: Vec<String> = turned.iter().map(|turned| self.line(turned)).collect();
        let page = Some(&self.page).filter(|page| !page.is_empty());
        let page = page.map_or_else(String::new, |page| format!("\n{page}\n"));
        let text = lines.join("\n") + "\n" + &page;
        let mail = |to: &Email| {
            let mail = Mail::new(to.clone(), self.language, &subject, &text);
            match &lines[..] {
                [line] => mail.with_line(line),
                _ => mail.of_several(),
            }
        };
        self.to.iter().map(|to| Message::new(mail(to), now)).collect()
    }

    fn line(&self, Turned { id, turn, last_heard_at }: &Turned) -> String {
        let last = self.clocks.to_minute(*last_heard_at, self.language);
        let heard = match self.language {
            Language::En => "last heard",
            Language::Fr => "entendue en dernier le",
        };
        format!("{} {id}, {heard} {last}", word(self.language, *turn))
    }
}

/// The whole on one line: the gateway where it is one, or how many there are of each kind.
fn subject(language: Language, turned: &[Turned]) -> String {
    if let [one] = turned {
        return format!("{} {}", word(language, one.turn), one.id);
    }
    let count = |turn: GatewayTurn| turned.iter().filter(|turned| turned.turn == turn).count();
    let (silent, back) = (count(GatewayTurn::Silent), count(GatewayTurn::Back));
    match language {
        Language::En => format!("gateways silent: {silent}, heard again: {back}"),
        Language::Fr => format!("passerelles muettes : {silent}, de nouveau entendues : {back}"),
    }
}

/// The words for a turn, before the name of the gateway.
fn word(language: Language, turn: GatewayTurn) -> &'static str {
    match (language, turn) {
        (Language::En, GatewayTurn::Silent) => "gateway silent:",
        (Language::En, GatewayTurn::Back) => "gateway heard again:",
        (Language::Fr, GatewayTurn::Silent) => "passerelle muette :",
        (Language::Fr, GatewayTurn::Back) => "passerelle de nouveau entendue :",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::outbox::Content;

    fn turned(id: &str, turn: GatewayTurn) -> Turned {
        let last_heard_at = "2026-11-25T08:00:30Z".parse().unwrap();
        Turned { id: id.to_owned(), turn, last_heard_at }
    }

    fn told(language: Language, turned: &[Turned]) -> (String, String) {
        let to = vec!["ada@city.example".parse().unwrap()];
        let page = "https://champollion.example/operator/gateways".to_owned();
        let clocks = LocalTime::default();
        let mails = GatewayMails { to, language, page, clocks };
        let messages = mails.messages(turned, Timestamp::UNIX_EPOCH);
        let [Message { content: Content::Mail(mail), .. }] = &messages[..] else {
            panic!("{messages:?}")
        };
        (mail.subject.clone(), mail.text.clone())
    }

    #[test]
    fn a_mail_says_the_gateway_and_since_when() {
        let (subject, text) = told(Language::En, &[turned("mast-3", GatewayTurn::Silent)]);
        assert_eq!(subject, "Champollion: gateway silent: mast-3");
        let line = "gateway silent: mast-3, last heard 2026-11-25 08:00 +00:00\n\n";
        assert_eq!(text, format!("{line}https://champollion.example/operator/gateways\n"));
        assert!(GatewayMails::default().messages(&[], Timestamp::UNIX_EPOCH).is_empty());
    }

    #[test]
    fn many_are_told_in_one_mail_that_names_each() {
        let name = |number: usize| format!("{number:0>128}");
        let silent = |number| turned(&name(number), GatewayTurn::Silent);
        let mut all: Vec<Turned> = (1..AT_ONCE).map(silent).collect();
        all.push(turned(&name(0), GatewayTurn::Back));
        let (subject, text) = told(Language::Fr, &all);
        assert_eq!(subject, "Champollion: passerelles muettes : 99, de nouveau entendues : 1");
        assert!(all.iter().all(|turned| text.contains(&turned.id)), "none is cut off");
    }
}
