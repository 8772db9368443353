//! Requests over HTTP to servers of this machine, of which only the status is wanted.

use std::{
    io::{Read, Write},
    net::{Ipv4Addr, SocketAddr, TcpStream},
    time::Duration,
};

/// A server of this machine answers within this, or counts as silent.
const PATIENCE: Duration = Duration::from_secs(3);

/// The status that a path answers with; nothing where no answer comes.
pub(crate) fn status(port: u16, path: &str) -> Option<u16> {
    ask(port, &format!("GET {path} HTTP/1.0\r\n\r\n"))
}

/// Sends a change as JSON, and returns the status of the answer.
pub(crate) fn patch(port: u16, path: &str, json: &str) -> Option<u16> {
    let length = json.len();
    let head = format!("PATCH {path} HTTP/1.0\r\nContent-Type: application/json\r\n");
    ask(port, &format!("{head}Content-Length: {length}\r\n\r\n{json}"))
}

fn ask(port: u16, request: &str) -> Option<u16> {
    let server = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    let mut stream = TcpStream::connect_timeout(&server, PATIENCE).ok()?;
    stream.set_read_timeout(Some(PATIENCE)).ok()?;
    stream.write_all(request.as_bytes()).ok()?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).ok()?;
    answer.split(' ').nth(1)?.parse().ok()
}
