//! A relay between the MQTT client and a connection that the connector has made: the client opens its
//! connections itself, and would resolve the name once more.

use std::{io, process, time::Duration};

use tokio::{
    io::{AsyncRead, AsyncWrite, copy_bidirectional},
    net::{UnixListener, UnixStream},
    time::timeout,
};

/// The client is there at once: it is told the address when the relay listens.
const PATIENCE: Duration = Duration::from_secs(10);

/// Passes on what the client and the other end say to each other, until one of them goes. Returns the
/// address at which the client connects: a name without a file (`unix(7)`, abstract sockets), that nobody
/// but this process is let in at.
pub(super) fn relay<S>(mut remote: S) -> io::Result<String>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let number = getrandom::u64().map_err(io::Error::other)?;
    let name = format!("\0champollion-{}-{number:016x}", process::id());
    let listener = UnixListener::bind(&name)?;
    tokio::spawn(async move {
        let Ok(Ok(mut client)) = timeout(PATIENCE, our_own(&listener)).await else { return };
        drop(listener);
        // Whichever goes, the other is told by the end of its connection.
        drop(copy_bidirectional(&mut client, &mut remote).await);
    });
    Ok(name)
}

/// Waits for the connection of this process; those of others are closed.
async fn our_own(listener: &UnixListener) -> io::Result<UnixStream> {
    loop {
        let (client, _) = listener.accept().await?;
        let number = client.peer_cred()?.pid().and_then(|number| u32::try_from(number).ok());
        if number == Some(process::id()) {
            return Ok(client);
        }
    }
}
