//! Mail: what people are told by the server, handed to an SMTP server.

mod settings;

use std::time::Duration;

use champollion_fleet::people::{Email, Person};
use champollion_service::outbox::{Language, LocalTime};
use jiff::Timestamp;
use lettre::{
    AsyncSmtpTransport, AsyncTransport, Message, Tokio1Executor,
    address::AddressError,
    message::{Mailbox, MessageBuilder, header::ContentType},
    transport::smtp::authentication::Credentials,
};
use uuid::Uuid;

pub use settings::{MailSecurity, MailSettings};

/// The longest that an SMTP server may take for a step.
const TIMEOUT: Duration = Duration::from_secs(20);

/// The sender of mails.
#[derive(Clone)]
pub struct Mailer {
    transport: AsyncSmtpTransport<Tokio1Executor>,
    from: Mailbox,
}

/// The reason why a mail is not sent.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum MailError {
    /// The address that mails are to come from is none.
    #[error("[mail] from is no address, such as champollion@city.example: {0}")]
    From(AddressError),
    /// An address is none that mails can be sent to.
    #[error("a mail cannot be addressed: {0}")]
    Address(#[from] AddressError),
    /// The mail cannot be written.
    #[error("a mail cannot be written: {0}")]
    Unwritable(#[from] lettre::error::Error),
    /// The server does not take the mail.
    #[error("the mail was not sent: {0}")]
    NotSent(#[from] lettre::transport::smtp::Error),
}

impl Mailer {
    fn new(settings: &MailSettings) -> Result<Self, MailError> {
        let from: Mailbox = settings.from.parse().map_err(MailError::From)?;
        let host = settings.host.as_str();
        let builder = match settings.security {
            MailSecurity::Tls => AsyncSmtpTransport::<Tokio1Executor>::relay(host)?,
            MailSecurity::Starttls => AsyncSmtpTransport::<Tokio1Executor>::starttls_relay(host)?,
            MailSecurity::None => AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(host),
        };
        let mut builder = builder.port(settings.port).timeout(Some(TIMEOUT));
        if !settings.user.is_empty() {
            let (user, password) = (settings.user.clone(), settings.password.clone());
            builder = builder.credentials(Credentials::new(user, password));
        }
        Ok(Self { transport: builder.build(), from })
    }

    /// Sends a person the link by which a password is chosen, until a moment that is told by some clocks.
    ///
    /// # Errors
    /// [`MailError`] where the SMTP server does not take the mail.
    pub async fn send_link(
        &self,
        person: &Person,
        link: &str,
        (expires_at, clocks): (Timestamp, &LocalTime),
    ) -> Result<(), MailError> {
        let until = clocks.to_minute(expires_at, Language::En);
        let fin = clocks.to_minute(expires_at, Language::Fr);
        let name = &person.first_name;
        let body = format!(
            "Hello {name},\n\nwith this link you choose the password of your account at Champollion. It can be used \
             once, until {until}:\n\n{link}\n\nIf you did not expect this mail, do nothing.\n\n\
             --\n\nBonjour {name},\n\nce lien vous permet de choisir le mot de passe de votre compte Champollion. Il \
             ne sert qu'une fois, jusqu'au {fin} :\n\n{link}\n\nSi vous n'attendiez pas ce message, ne faites \
             rien.\n"
        );
        self.send(&person.email, "Champollion: your password / votre mot de passe", body).await
    }

    /// Sends a letter of the operator, as it is.
    ///
    /// # Errors
    /// [`MailError`] where the SMTP server does not take the mail.
    pub async fn send_letter(
        &self,
        to: &Email,
        subject: &str,
        letter: &str,
    ) -> Result<(), MailError> {
        self.send(to, subject, letter.to_owned()).await
    }

    /// Sends a message of the outbox. The id is its Message-ID, so that a mailbox knows a repeat.
    ///
    /// # Errors
    /// [`MailError`] where the SMTP server does not take the mail.
    pub(crate) async fn send_named(
        &self,
        to: &Email,
        subject: &str,
        text: &str,
        id: Uuid,
    ) -> Result<(), MailError> {
        let id = format!("<{id}@{}>", self.from.email.domain());
        let head = self.head(to, subject)?.message_id(Some(id));
        self.hand_over(head, text.to_owned()).await
    }

    async fn send(&self, to: &Email, subject: &str, body: String) -> Result<(), MailError> {
        self.hand_over(self.head(to, subject)?, body).await
    }

    fn head(&self, to: &Email, subject: &str) -> Result<MessageBuilder, MailError> {
        let to = Mailbox::new(None, to.as_str().parse()?);
        Ok(Message::builder().from(self.from.clone()).to(to).subject(subject))
    }

    async fn hand_over(&self, head: MessageBuilder, body: String) -> Result<(), MailError> {
        let message = head.header(ContentType::TEXT_PLAIN).body(body)?;
        self.transport.send(message).await?;
        Ok(())
    }
}
