//! HTTP written by hand: what no well-behaved client would send.

use std::{
    io::{self, Read, Write},
    net::{Shutdown, TcpStream},
    thread,
    time::Duration,
};

/// No answer takes that long.
const PATIENCE: Duration = Duration::from_secs(30);

/// A connection to a server, for one request.
pub struct Connection {
    stream: TcpStream,
}

impl Connection {
    pub(crate) fn open(address: &str) -> Self {
        let host = address.trim_start_matches("http://");
        let stream = TcpStream::connect(host).expect("the server takes no connection");
        stream.set_read_timeout(Some(PATIENCE)).expect("a connection has timeouts");
        stream.set_write_timeout(Some(PATIENCE)).expect("a connection has timeouts");
        Self { stream }
    }

    /// Sends some bytes as they are.
    pub fn send(&mut self, bytes: &[u8]) {
        self.stream.write_all(bytes).expect("the server takes no more");
    }

    /// Waits until the server has answered something that ends so.
    pub fn wait_for(&mut self, end: &str) {
        let mut answer = Vec::new();
        while !answer.ends_with(end.as_bytes()) {
            let mut piece = [0; 1024];
            let length = self.stream.read(&mut piece).expect("the server answers");
            assert_ne!(length, 0, "the server ends with {:?}", String::from_utf8_lossy(&answer));
            answer.extend_from_slice(&piece[..length]);
        }
    }

    /// Everything that the server answers until it closes the connection.
    #[must_use]
    pub fn answer(mut self) -> String {
        read_to_end(&mut self.stream)
    }

    /// Sends bytes again and again until the server has answered and closed, `most` bytes at most.
    /// Gives the answer and how many bytes the server took.
    #[must_use]
    pub fn flood(mut self, bytes: &[u8], most: usize) -> (String, usize) {
        let mut reading = self.stream.try_clone().expect("a connection has two ends");
        let answer = thread::spawn(move || read_to_end(&mut reading));
        let mut taken = 0;
        while taken < most && !answer.is_finished() && self.stream.write_all(bytes).is_ok() {
            taken += bytes.len();
        }
        // The server may have closed it already.
        drop(self.stream.shutdown(Shutdown::Write));
        (answer.join().unwrap_or_default(), taken)
    }
}

/// A server that closes while it is still being sent to resets the connection: what came before
/// counts.
fn read_to_end(stream: &mut TcpStream) -> String {
    let mut all = Vec::new();
    let mut part = [0; 4096];
    loop {
        match stream.read(&mut part) {
            Ok(0) => break,
            Ok(length) => all.extend_from_slice(&part[..length]),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(_) => break,
        }
    }
    String::from_utf8_lossy(&all).into_owned()
}
