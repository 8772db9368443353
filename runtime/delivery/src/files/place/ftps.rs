//! FTPS: files over FTP with TLS, on both of its connections.

use std::{net::SocketAddr, sync::Arc};

use async_trait::async_trait;
use suppaftp::{
    FtpError, Status,
    tokio::{AsyncRustlsConnector, AsyncRustlsFtpStream},
    types::FileType,
};
use tokio::{io::AsyncWriteExt, net::TcpStream};
use tokio_rustls::TlsConnector;

use super::{
    definition::FtpsPlace,
    error::{PlaceError, UnusablePlace},
    interface::{Place, in_folder, unfinished},
    text::{plain, said},
};
use crate::destinations::{AddressRule, Surroundings};

/// The ports of the two kinds.
const EXPLICIT_PORT: u16 = 21;
const IMPLICIT_PORT: u16 = 990;

pub(super) struct Ftps {
    place: FtpsPlace,
    addresses: AddressRule,
    /// One for all connections: servers ask that the second goes on with the session of the first.
    connector: TlsConnector,
}

impl FtpsPlace {
    pub(super) fn open(&self, surroundings: &Surroundings) -> Result<Ftps, UnusablePlace> {
        said("host", &self.host)?;
        said("user", &self.user)?;
        plain("password", self.password.reveal())?;
        plain("folder", &self.folder)?;
        Ok(Ftps {
            place: self.clone(),
            addresses: surroundings.addresses,
            connector: TlsConnector::from(Arc::new(self.tls.config()?)),
        })
    }

    fn port(&self) -> u16 {
        let usual = if self.implicit { IMPLICIT_PORT } else { EXPLICIT_PORT };
        self.port.unwrap_or(usual)
    }
}

impl Ftps {
    /// Connects and logs in.
    async fn log_in(&self) -> Result<AsyncRustlsFtpStream, PlaceError> {
        let FtpsPlace { host, user, password, .. } = &self.place;
        let addresses = self.addresses.resolve(host, self.place.port()).await?;
        let connector = AsyncRustlsConnector::from(self.connector.clone());
        let unreachable = |reason: String| PlaceError::Unreachable { host: host.clone(), reason };
        let mut address = None;
        let mut stream = if self.place.implicit {
            AsyncRustlsFtpStream::connect_secure_implicit(&*addresses, connector, host)
                .await
                .map_err(|error| self.meaning(error, "a connection"))?
        } else {
            let stream = TcpStream::connect(&*addresses)
                .await
                .map_err(|error| unreachable(error.to_string()))?;
            address = stream.peer_addr().ok();
            let stream = AsyncRustlsFtpStream::connect_with_stream(stream).await;
            let stream = stream.map_err(|error| self.meaning(error, "a connection"))?;
            let secured = stream.into_secure(connector, host).await;
            secured.map_err(|error| self.meaning(error, "a connection with TLS"))?
        };
        // Where the second connection goes to is the server's to say, and could be anywhere: only the
        // port is taken from it.
        let address = address.or_else(|| addresses.first().copied());
        if let Some(address) = address {
            stream = stream.passive_stream_builder(move |said| {
                let there = SocketAddr::new(address.ip(), said.port());
                Box::pin(async move {
                    TcpStream::connect(there).await.map_err(FtpError::ConnectionError)
                })
            });
        }
        let logged_in = stream.login(&**user, password.reveal()).await;
        logged_in.map_err(|error| self.meaning(error, "the login"))?;
        if self.place.implicit {
            // Also there the second connection is only private where that is asked for.
            for (command, what) in
                [("PBSZ 0", "a private connection"), ("PROT P", "a private connection")]
            {
                let asked = stream.custom_command(command, &[Status::CommandOk]).await;
                asked.map_err(|error| self.meaning(error, what))?;
            }
        }
        let set = stream.transfer_type(FileType::Binary).await;
        set.map_err(|error| self.meaning(error, "sending bytes as they are"))?;
        Ok(stream)
    }

    fn path(&self, name: &str) -> String {
        in_folder(&self.place.folder, name)
    }

    fn meaning(&self, error: FtpError, what: &'static str) -> PlaceError {
        let FtpsPlace { host, user, folder, .. } = &self.place;
        let reason = match &error {
            FtpError::UnexpectedResponse(response) => {
                String::from_utf8_lossy(&response.body).trim().to_owned()
            }
            other => other.to_string(),
        };
        let folder = if folder.is_empty() { "the folder after the login" } else { folder };
        match error {
            FtpError::SecureError(reason) => PlaceError::tls(host, &reason),
            FtpError::ConnectionError(error) => {
                let inner = error.get_ref().map(ToString::to_string).unwrap_or_default();
                if inner.contains("certificate") {
                    PlaceError::tls(host, &inner)
                } else {
                    PlaceError::Lost { reason }
                }
            }
            FtpError::UnexpectedResponse(response) => match response.status {
                Status::NotLoggedIn | Status::InvalidCredentials => {
                    PlaceError::Login { user: user.clone(), reason }
                }
                Status::ExceededStorage | Status::RequestedActionNotTaken => {
                    PlaceError::Full { reason }
                }
                Status::FileUnavailable | Status::BadFilename | Status::StoringNeedAccount => {
                    PlaceError::Denied { what: folder.to_owned(), reason }
                }
                Status::TransferAborted | Status::NotAvailable => PlaceError::Lost { reason },
                _ => PlaceError::Refused { what, reason },
            },
            _ => PlaceError::Refused { what, reason },
        }
    }
}

#[async_trait]
impl Place for Ftps {
    async fn put(&self, name: &str, bytes: &[u8]) -> Result<(), PlaceError> {
        let (part, whole) = (self.path(&unfinished(name)), self.path(name));
        let mut ftp = self.log_in().await?;
        let writing = "writing the file";
        let written = async {
            let mut file = ftp.put_with_stream(&part).await?;
            file.write_all(bytes).await.map_err(FtpError::ConnectionError)?;
            file.flush().await.map_err(FtpError::ConnectionError)?;
            // The server says now whether it has all of it.
            file.finish().await.map(drop)
        };
        written.await.map_err(|error| self.meaning(error, writing))?;
        if ftp.rename(&part, &whole).await.is_err() {
            // Some do not rename to a name that is taken: what is there is of an earlier try.
            drop(ftp.rm(&whole).await);
            let renamed = ftp.rename(&part, &whole).await;
            renamed.map_err(|error| self.meaning(error, "giving the file its name"))?;
        }
        // Whoever has gone already needs no farewell.
        drop(ftp.quit().await);
        Ok(())
    }

    async fn remove(&self, name: &str) -> Result<(), PlaceError> {
        let mut ftp = self.log_in().await?;
        let removed = ftp.rm(self.path(name)).await;
        removed.map_err(|error| self.meaning(error, "taking the file away"))?;
        drop(ftp.quit().await);
        Ok(())
    }
}
