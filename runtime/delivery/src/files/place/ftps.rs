//! FTPS: files over FTP with TLS, on both of its connections.

use std::{net::SocketAddr, sync::Arc};

use async_trait::async_trait;
use suppaftp::{
    FtpError, Status,
    tokio::{AsyncRustlsConnector, AsyncRustlsFtpStream},
    types::FileType,
};
use tokio::io::AsyncWriteExt;
use tokio_rustls::TlsConnector;

use super::{
    definition::FtpsPlace,
    error::{PlaceError, UnusablePlace},
    interface::{Place, in_folder, unfinished},
    text::{host_text, plain, said},
};
use crate::destinations::{ConnectError, Connector};

pub(super) struct Ftps {
    place: FtpsPlace,
    reach: Connector,
    /// One for all connections: servers ask that the second goes on with the session of the first.
    connector: TlsConnector,
}

impl FtpsPlace {
    pub(super) fn open(&self, reach: Connector) -> Result<Ftps, UnusablePlace> {
        host_text("host", &self.host)?;
        reach.check(&self.host, self.port())?;
        said("user", &self.user)?;
        plain("password", self.password.reveal())?;
        plain("folder", &self.folder)?;
        Ok(Ftps {
            place: self.clone(),
            reach,
            connector: TlsConnector::from(Arc::new(self.tls.config()?)),
        })
    }
}

impl Ftps {
    /// Opens the first connection, and where it leads.
    async fn connect(&self) -> Result<(AsyncRustlsFtpStream, SocketAddr), PlaceError> {
        let (host, port) = (&self.place.host, self.place.port());
        let secure = || AsyncRustlsConnector::from(self.connector.clone());
        if !self.place.implicit {
            let stream = self.reach.connect(host, port).await;
            let stream = stream.map_err(|error| self.unreachable(error))?;
            let there = stream.peer_addr().map_err(|error| self.unreachable(error.into()))?;
            let stream = AsyncRustlsFtpStream::connect_with_stream(stream).await;
            let stream = stream.map_err(|error| self.meaning(error, "a connection"))?;
            let secured = stream.into_secure(secure(), host).await;
            let secured = secured.map_err(|error| self.meaning(error, "a connection with TLS"))?;
            return Ok((secured, there));
        }
        let mut last = None;
        // The library connects itself here: it is given addresses that are checked, one by one, and no
        // name.
        for there in self.reach.resolve(host, port).await? {
            match AsyncRustlsFtpStream::connect_secure_implicit(there, secure(), host).await {
                Ok(stream) => return Ok((stream, there)),
                Err(error) => last = Some(self.meaning(error, "a connection")),
            }
        }
        Err(last.unwrap_or_else(|| self.unreachable(ConnectError::TimedOut)))
    }

    fn unreachable(&self, error: ConnectError) -> PlaceError {
        match error {
            ConnectError::Address(error) => PlaceError::Address(error),
            error => {
                let (host, reason) = (self.place.host.clone(), error.to_string());
                PlaceError::Unreachable { host, reason }
            }
        }
    }

    /// Connects and logs in.
    async fn log_in(&self) -> Result<AsyncRustlsFtpStream, PlaceError> {
        let FtpsPlace { host, user, password, .. } = &self.place;
        let (stream, there) = self.connect().await?;
        // Where the second connection goes to is the server's to say, and could be anywhere: only the
        // port is taken from it, and that is checked as any other.
        let (reach, host) = (self.reach.clone(), host.clone());
        let mut stream = stream.passive_stream_builder(move |said| {
            let (reach, host) = (reach.clone(), host.clone());
            let second = SocketAddr::new(there.ip(), said.port());
            Box::pin(async move {
                let stream = reach.connect_to(&host, second).await;
                stream.map_err(|error| {
                    let error = match error {
                        ConnectError::Io(error) => error,
                        other => std::io::Error::other(other.to_string()),
                    };
                    FtpError::ConnectionError(error)
                })
            })
        });
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

    /// Writes a file under a name.
    async fn write(
        &self,
        ftp: &mut AsyncRustlsFtpStream,
        path: &str,
        bytes: &[u8],
    ) -> Result<(), PlaceError> {
        let written = async {
            let mut file = ftp.put_with_stream(path).await?;
            file.write_all(bytes).await.map_err(FtpError::ConnectionError)?;
            file.flush().await.map_err(FtpError::ConnectionError)?;
            // The server says now whether it has all of it.
            file.finish().await.map(drop)
        };
        written.await.map_err(|error| self.meaning(error, "writing the file"))
    }

    async fn rename(
        &self,
        ftp: &mut AsyncRustlsFtpStream,
        part: &str,
        whole: &str,
    ) -> Result<(), PlaceError> {
        if ftp.rename(part, whole).await.is_ok() {
            return Ok(());
        }
        // Some do not rename to a name that is taken: what is there is of an earlier try.
        drop(ftp.rm(whole).await);
        let renamed = ftp.rename(part, whole).await;
        renamed.map_err(|error| self.meaning(error, "giving the file its name"))
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
        let whole = self.path(name);
        let mut ftp = self.log_in().await?;
        if self.place.in_place {
            self.write(&mut ftp, &whole, bytes).await?;
        } else {
            let part_name = unfinished(name);
            let part = self.path(&part_name);
            self.write(&mut ftp, &part, bytes).await?;
            if let Err(error) = self.rename(&mut ftp, &part, &whole).await {
                if matches!(error, PlaceError::Lost { .. }) {
                    return Err(error);
                }
                // Its name it would not get with the next try: what was written is not left.
                let removed = ftp.rm(&part).await;
                drop(ftp.quit().await);
                return Err(PlaceError::not_renamed(part_name, &error, removed.is_ok()));
            }
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
