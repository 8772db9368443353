//! A connection to a database, through the rules of addresses, with its own task.

use std::{sync::Arc, time::Duration};

use rustls::ClientConfig;
use tokio::{io, net::TcpStream, time::timeout};
use tokio_postgres::{
    Client, Config, NoTls,
    config::SslMode,
    tls::{MakeTlsConnect, TlsConnect},
};
use tokio_postgres_rustls::MakeRustlsConnect;

use super::fault::PostgresFault;
use crate::destinations::{Connector, Secret};

/// The time in which the database lets us in.
const PATIENCE: Duration = Duration::from_secs(10);

/// The time after which the database gives a statement up, so that none hangs there for ever.
const STATEMENT_SECONDS: u32 = 20;

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

impl Way {
    /// Connects. The connection ends with its client.
    ///
    /// # Errors
    /// There is no connection, or the database does not let us in.
    pub(super) async fn connect(&self) -> Result<Client, PostgresFault> {
        let stream = self.connector.connect(&self.host, self.port).await?;
        let entering = async {
            match &self.tls {
                None => self.enter(stream, NoTls).await,
                Some(config) => {
                    let mut make = MakeRustlsConnect::new(ClientConfig::clone(config));
                    // An IPv6 address in a URL stands in brackets.
                    let name = self.host.trim_start_matches('[').trim_end_matches(']');
                    let Ok(tls) = MakeTlsConnect::<TcpStream>::make_tls_connect(&mut make, name);
                    self.enter(stream, tls).await
                }
            }
        };
        timeout(PATIENCE, entering).await.map_err(|_| PostgresFault::TimedOut)?
    }

    async fn enter<T>(&self, stream: TcpStream, tls: T) -> Result<Client, PostgresFault>
    where
        T: TlsConnect<TcpStream>,
        T::Stream: io::AsyncRead + io::AsyncWrite + Unpin + Send + 'static,
    {
        let (client, connection) = self.options().connect_raw(stream, tls).await?;
        tokio::spawn(async move {
            // The client is told the same.
            drop(connection.await);
        });
        let bound = format!("SET statement_timeout = '{STATEMENT_SECONDS}s'");
        client.batch_execute(&bound).await?;
        Ok(client)
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
