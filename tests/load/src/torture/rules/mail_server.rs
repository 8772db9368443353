//! An SMTP server that misbehaves: it refuses, answers late, hangs up, takes what it refuses, and is down for seconds.

use std::{
    io::{self, BufRead, BufReader, Read, Write},
    net::{TcpListener, TcpStream},
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context, Result};

use super::{
    super::{chance::Chance, lock},
    messages::of_mail,
    tellings::Tellings,
};

/// The time for which it is up, or down.
const MOOD: Duration = Duration::from_secs(3);

/// It is down in one mood of so many.
const DOWN: u64 = 4;

/// The time by which an answer is late; the server waits longer.
const LATE: Duration = Duration::from_millis(1_500);

/// Longest that a connection says nothing before it is closed.
const SILENCE: Duration = Duration::from_secs(30);

/// Most bytes of all that is said over one connection: a mail has some tens of kilobytes.
const MOST_BYTES: u64 = 4 << 20;

/// The mail server, as all its connections share it.
pub(super) struct MailServer {
    seed: u64,
    started: Instant,
    connections: AtomicU64,
    /// From now on it takes everything.
    calm: Arc<AtomicBool>,
    tellings: Arc<Mutex<Tellings>>,
}

/// The conduct of the mail server with a mail.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Conduct {
    Take,
    /// It takes it, and says so late.
    TakeLate,
    /// It takes it, and the answer never arrives.
    TakeAndHangUp,
    /// It takes it, and refuses it all the same, so that it comes twice.
    TakeAndRefuse,
    RefuseSender,
    RefuseRecipient,
    /// It refuses the mail once it has all of it.
    RefuseText,
    HangUp,
}

impl Conduct {
    const fn takes(self) -> bool {
        matches!(self, Self::Take | Self::TakeLate | Self::TakeAndHangUp | Self::TakeAndRefuse)
    }
}

/// The mail that is being handed over.
struct Envelope {
    conduct: Conduct,
    recipient: String,
}

impl MailServer {
    /// Listens on a port that is free, and gives it.
    pub(super) fn listen(
        seed: u64,
        calm: &Arc<AtomicBool>,
        tellings: &Arc<Mutex<Tellings>>,
    ) -> Result<u16> {
        let listener = TcpListener::bind("127.0.0.1:0").context("no port is free")?;
        let port = listener.local_addr()?.port();
        let server = Arc::new(Self {
            seed,
            started: Instant::now(),
            connections: AtomicU64::new(0),
            calm: Arc::clone(calm),
            tellings: Arc::clone(tellings),
        });
        // They end with this program.
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let server = Arc::clone(&server);
                thread::spawn(move || drop(server.serve(&stream)));
            }
        });
        Ok(port)
    }

    /// Speaks with one that hands over mails, until either side has enough.
    fn serve(&self, stream: &TcpStream) -> io::Result<()> {
        if self.is_down() {
            return Ok(());
        }
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(SILENCE))?;
        let number = self.connections.fetch_add(1, Ordering::Relaxed);
        let mut chance = Chance::of(self.seed, number);
        let mut reader = BufReader::new(stream.take(MOST_BYTES));
        let mut envelope = Envelope { conduct: Conduct::Take, recipient: String::new() };
        say(stream, "220 mail.city.example ESMTP")?;
        let mut line = String::new();
        while reader.read_line(&mut line)? > 0 {
            if !self.answer(stream, &mut reader, (line.trim(), &mut envelope), &mut chance)? {
                break;
            }
            line.clear();
        }
        Ok(())
    }

    /// Answers a line, and says whether to go on.
    fn answer(
        &self,
        stream: &TcpStream,
        reader: &mut impl BufRead,
        (line, envelope): (&str, &mut Envelope),
        chance: &mut Chance,
    ) -> io::Result<bool> {
        let verb = line.split([' ', ':']).next().unwrap_or_default().to_ascii_uppercase();
        let said = match verb.as_str() {
            "EHLO" | "HELO" | "RSET" | "NOOP" => "250 mail.city.example",
            "MAIL" => {
                envelope.conduct = self.conduct(chance);
                match envelope.conduct {
                    Conduct::HangUp => return Ok(false),
                    Conduct::RefuseSender => "451 try again later",
                    _ => "250 go on",
                }
            }
            "RCPT" if envelope.conduct == Conduct::RefuseRecipient => "450 the mailbox is busy",
            "RCPT" => {
                address(line).clone_into(&mut envelope.recipient);
                "250 go on"
            }
            "DATA" => {
                say(stream, "354 go on")?;
                let text = read_text(reader)?;
                self.note(envelope, &text);
                match envelope.conduct {
                    Conduct::TakeAndHangUp => return Ok(false),
                    Conduct::TakeAndRefuse => "451 it may have been taken",
                    Conduct::RefuseText => "452 there is no room now",
                    Conduct::TakeLate => {
                        thread::sleep(LATE);
                        "250 taken"
                    }
                    _ => "250 taken",
                }
            }
            "QUIT" => "221 goodbye",
            _ => "502 it is not known here",
        };
        say(stream, said)?;
        Ok(verb != "QUIT")
    }

    fn note(&self, Envelope { conduct, recipient }: &Envelope, text: &str) {
        let mut tellings = lock(&self.tellings);
        match of_mail(text) {
            Some(mail) => tellings.arrive(recipient, &mail.id, mail.transitions, conduct.takes()),
            None => tellings.violate(format!("{recipient} got a mail that tells nothing: {text}")),
        }
    }

    /// Whether nobody is served now.
    fn is_down(&self) -> bool {
        let mood = self.started.elapsed().as_millis() / MOOD.as_millis();
        let mut chance = Chance::of(self.seed, u64::MAX - mood as u64);
        !self.calm.load(Ordering::Relaxed) && chance.below(DOWN) == 0
    }

    fn conduct(&self, chance: &mut Chance) -> Conduct {
        if self.calm.load(Ordering::Relaxed) {
            return Conduct::Take;
        }
        match chance.below(16) {
            0 => Conduct::TakeLate,
            1 => Conduct::TakeAndHangUp,
            2 => Conduct::TakeAndRefuse,
            3 => Conduct::RefuseSender,
            4 => Conduct::RefuseRecipient,
            5 => Conduct::RefuseText,
            6 => Conduct::HangUp,
            _ => Conduct::Take,
        }
    }
}

fn say(mut stream: &TcpStream, line: &str) -> io::Result<()> {
    stream.write_all(format!("{line}\r\n").as_bytes())
}

/// The address in the angle brackets of a line.
fn address(line: &str) -> &str {
    let within = line.split_once('<').and_then(|(_, rest)| rest.split_once('>'));
    within.map_or("", |(address, _)| address)
}

/// Reads the lines of a mail up to the dot at its end; a dot that was put before another one is taken away.
fn read_text(reader: &mut impl BufRead) -> io::Result<String> {
    let mut text = String::new();
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line)? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        match line.strip_prefix('.') {
            Some("\r\n" | "\n") => return Ok(text),
            Some(rest) => text.push_str(rest),
            None => text.push_str(&line),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MAIL: &str = "Message-ID: <1@city.example>\r\nSubject: Alert: high\r\n\r\nRule: high\r\nWhat: Water index \
                        310.001 m³\r\nWhere: 02C4A3FFFE200000\r\n";

    /// Hands a mail over, and gives the codes of all answers.
    fn hand_over(port: u16) -> Vec<String> {
        let stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
        let mut reader = BufReader::new(&stream);
        let mut codes = Vec::new();
        let mut hear = || {
            let mut line = String::new();
            reader.read_line(&mut line).unwrap();
            codes.push(line.chars().take(3).collect());
        };
        hear();
        let text = format!("{MAIL}.\r\n");
        for line in
            ["EHLO me", "MAIL FROM:<a@b>", "RCPT TO:<ada@city.example>", "DATA", &text, "QUIT"]
        {
            say(&stream, line.trim_end()).unwrap();
            hear();
        }
        codes
    }

    #[test]
    fn a_mail_server_that_is_calm_takes_each_mail_under_its_name() {
        let (calm, tellings) = (Arc::new(AtomicBool::new(true)), Arc::default());
        let port = MailServer::listen(1, &calm, &tellings).unwrap();
        for _ in 0..2 {
            assert_eq!(hand_over(port), ["220", "250", "250", "250", "354", "250", "221"]);
        }
        let tellings = lock(&tellings);
        assert_eq!((tellings.told(), tellings.repeated), (1, 1));
    }

    #[test]
    fn dots_are_taken_away_and_a_mail_that_does_not_end_is_none() {
        let text = read_text(&mut "a\r\n..b\r\n.\r\nQUIT\r\n".as_bytes()).unwrap();
        assert_eq!(text, "a\r\n.b\r\n");
        assert!(read_text(&mut "a\r\n".as_bytes()).is_err());
        assert_eq!(address("RCPT TO:<ada@city.example>"), "ada@city.example");
    }
}
