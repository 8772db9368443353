//! A session with a database, through the rules of addresses, with a task of its own that reads no more than was agreed
//! and ends with the session.

use std::{pin::pin, sync::Arc, time::Duration};

use rustls::ClientConfig;
use tokio::{io, net::TcpStream, sync::oneshot, time::timeout};
use tokio_postgres::{
    Client, Config, Error, NoTls,
    config::SslMode,
    tls::{MakeTlsConnect, TlsConnect},
};
use tokio_postgres_rustls::MakeRustlsConnect;

use super::fault::PostgresFault;
use crate::destinations::{Allowance, Connector, Limited, Secret};

/// The time in which the database lets us in.
const PATIENCE: Duration = Duration::from_secs(10);

/// The time after which the database gives a statement up, so that none hangs there for ever.
const STATEMENT_SECONDS: u32 = 20;

/// Most bytes that a database says while it lets us in, and then for each parcel: its settings, and some words for each
/// statement.
const SAID_BYTES: u64 = 256 << 10;

/// The time that a database has to hear of the end of a session.
const FAREWELL: Duration = Duration::from_secs(2);

/// A session with a database. Its connection is closed soon after it is dropped, whatever the database does.
pub(super) struct Session {
    pub(super) client: Client,
    allowance: Allowance,
    _open: oneshot::Sender<()>,
}

/// The way to a database.
pub(super) struct Way {
    pub(super) host: String,
    pub(super) port: u16,
    pub(super) database: String,
    pub(super) user: String,
    pub(super) password: Option<Secret>,
    pub(super) tls: Option<Arc<ClientConfig>>,
    pub(super) connector: Connector,
}

impl Session {
    /// Lets the database say as much once more.
    pub(super) fn renew(&self) {
        self.allowance.renew();
    }
}

impl Way {
    /// Connects, and begins a session.
    ///
    /// # Errors
    /// There is no connection, or the database does not let us in.
    pub(super) async fn connect(&self) -> Result<Session, PostgresFault> {
        let stream = self.connector.connect(&self.host, self.port).await?;
        let stream = Limited::new(stream, SAID_BYTES);
        let entering = async {
            match &self.tls {
                None => self.enter(stream, NoTls).await,
                Some(config) => {
                    let mut make = MakeRustlsConnect::new(ClientConfig::clone(config));
                    // An IPv6 address in a URL stands in brackets.
                    let name = self.host.trim_start_matches('[').trim_end_matches(']');
                    let Ok(tls) =
                        MakeTlsConnect::<Limited<TcpStream>>::make_tls_connect(&mut make, name);
                    self.enter(stream, tls).await
                }
            }
        };
        timeout(PATIENCE, entering).await.map_err(|_| PostgresFault::TimedOut)?
    }

    async fn enter<T>(&self, stream: Limited<TcpStream>, tls: T) -> Result<Session, PostgresFault>
    where
        T: TlsConnect<Limited<TcpStream>>,
        T::Stream: io::AsyncRead + io::AsyncWrite + Unpin + Send + 'static,
    {
        let allowance = stream.allowance();
        let (client, connection) = self.options().connect_raw(stream, tls).await?;
        let (open, closed) = oneshot::channel();
        tokio::spawn(keep(connection, closed));
        let session = Session { client, allowance, _open: open };
        // A month that has its partition already is no news, which it would otherwise say for each parcel.
        let settings = format!(
            "SET statement_timeout = '{STATEMENT_SECONDS}s'; SET client_min_messages = warning"
        );
        session.client.batch_execute(&settings).await?;
        Ok(session)
    }

    fn options(&self) -> Config {
        let mut config = Config::new();
        config.user(&self.user).dbname(&self.database).application_name("champollion");
        config.ssl_mode(if self.tls.is_some() { SslMode::Require } else { SslMode::Disable });
        if let Some(password) = &self.password {
            config.password(password.reveal());
        }
        config
    }
}

/// Keeps a connection until its session is over. A database that owes an answer then gives it in time, or is left: it
/// could hold connections open without number.
async fn keep(connection: impl Future<Output = Result<(), Error>>, closed: oneshot::Receiver<()>) {
    let mut connection = pin!(connection);
    tokio::select! {
        // The client is told the same.
        _ = &mut connection => {}
        _ = closed => drop(timeout(FAREWELL, connection).await),
    }
}

#[cfg(test)]
mod tests {
    use tokio::{
        io::{AsyncReadExt, AsyncWriteExt},
        net::TcpListener,
    };

    use super::*;
    use crate::destinations::{AddressRules, Reach};

    /// The words of a database that lets everybody in and waits for a statement.
    const LET_IN: &[u8] = b"R\0\0\0\x08\0\0\0\0Z\0\0\0\x05I";

    /// The words of a database that has done what `SET` asks for.
    const SET: &[u8] = b"C\0\0\0\x08SET\0Z\0\0\0\x05I";

    fn way(port: u16) -> Way {
        let reach = Reach {
            allow_networks: vec!["127.0.0.1".parse().unwrap()],
            allow_ports: vec!["1-65535".parse().unwrap()],
            ..Reach::default()
        };
        let rules = AddressRules { all: Arc::new(reach), ..AddressRules::default() };
        Way {
            host: "127.0.0.1".to_owned(),
            port,
            database: "town".to_owned(),
            user: "champollion".to_owned(),
            password: None,
            tls: None,
            connector: Connector::new(&rules, &"water".parse().unwrap()),
        }
    }

    async fn listener() -> (TcpListener, u16) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        (listener, port)
    }

    #[tokio::test]
    async fn a_database_that_says_more_than_it_may_is_left() {
        let (listener, port) = listener().await;
        let server = tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            // An error of a gigabyte.
            stream.write_all(b"E\x40\0\0\0").await.unwrap();
            let (piece, mut said) = (vec![b'x'; 64 << 10], 0);
            while said < 1 << 30 && stream.write_all(&piece).await.is_ok() {
                said += piece.len();
            }
            said
        });
        let Err(refused) = way(port).connect().await else { panic!("nobody was let in") };
        assert!(refused.to_string().contains("262144 bytes, which is the limit"), "{refused}");
        // Beyond what was read are the buffers of the system.
        let said = server.await.unwrap();
        assert!(said < 64 << 20, "{said} bytes were taken");
    }

    #[tokio::test]
    async fn a_database_that_never_answers_keeps_no_connection() {
        let (listener, port) = listener().await;
        let server = tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut heard = [0; 1 << 10];
            for said in [LET_IN, SET] {
                assert!(stream.read(&mut heard).await.unwrap() > 0);
                stream.write_all(said).await.unwrap();
            }
            // What comes now is never answered.
            while stream.read(&mut heard).await.is_ok_and(|read| read > 0) {}
        });
        let session = way(port).connect().await.unwrap();
        let patience = Duration::from_millis(100);
        let asked = timeout(patience, session.client.batch_execute("SELECT 1")).await;
        assert!(asked.is_err(), "there is no answer");
        drop(session);
        timeout(FAREWELL * 5, server).await.expect("the connection is closed").unwrap();
    }
}
