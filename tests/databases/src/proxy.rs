//! A proxy on loopback: what passes it can be delayed, held back or cut off.

use std::{
    io::{Read, Write},
    net::{Shutdown, TcpListener, TcpStream},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, AtomicU16, AtomicU64, Ordering},
    },
    thread,
    time::Duration,
};

/// The interval at which bytes that are held back look whether they may pass.
const STEP: Duration = Duration::from_millis(10);

/// A proxy in front of a server of this machine. It ends with its process.
pub struct Proxy {
    port: u16,
    state: Arc<State>,
}

#[derive(Default)]
struct State {
    /// The port of the server.
    server: AtomicU16,
    delay_millis: AtomicU64,
    holds: AtomicBool,
    /// Answers of the server are thrown away.
    swallows: AtomicBool,
    is_cut: AtomicBool,
    connections: Mutex<Vec<TcpStream>>,
}

impl Proxy {
    /// A proxy in front of the server on this port.
    #[must_use]
    pub fn to(server: u16) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a port is free");
        let port = listener.local_addr().expect("it has an address").port();
        let state = Arc::<State>::default();
        state.server.store(server, Ordering::Relaxed);
        let passing = Arc::clone(&state);
        thread::spawn(move || {
            for client in listener.incoming().flatten() {
                passing.take(client);
            }
        });
        Self { port, state }
    }

    /// Leads new connections to another port, such as that of a server that was started again.
    pub fn lead_to(&self, server: u16) {
        self.state.server.store(server, Ordering::Relaxed);
    }

    /// The port that the proxy listens on.
    #[must_use]
    pub const fn port(&self) -> u16 {
        self.port
    }

    /// Delays each piece that passes, both ways.
    pub fn delay(&self, time: Duration) {
        let millis = u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
        self.state.delay_millis.store(millis, Ordering::Relaxed);
    }

    /// Holds everything back, as a link does that lost its other end, or lets it pass again.
    pub fn hold(&self, holds: bool) {
        self.state.holds.store(holds, Ordering::Relaxed);
    }

    /// Throws the answers of the server away from now on, so that nobody learns what became of a request.
    pub fn swallow_answers(&self, swallows: bool) {
        self.state.swallows.store(swallows, Ordering::Relaxed);
    }

    /// Breaks all connections and lets no new one through, or lets them through again.
    pub fn cut(&self, is_cut: bool) {
        self.state.is_cut.store(is_cut, Ordering::Relaxed);
        if is_cut {
            self.break_connections();
        }
    }

    /// Breaks all connections; new ones get through.
    pub fn break_connections(&self) {
        let mut connections = self.state.connections.lock().unwrap_or_else(PoisonError::into_inner);
        for connection in connections.drain(..) {
            // One that ended on its own is as good.
            drop(connection.shutdown(Shutdown::Both));
        }
    }
}

impl State {
    fn take(self: &Arc<Self>, client: TcpStream) {
        if self.is_cut.load(Ordering::Relaxed) {
            return;
        }
        let server = self.server.load(Ordering::Relaxed);
        let Ok(server) = TcpStream::connect(("127.0.0.1", server)) else { return };
        let ends = [client.try_clone(), server.try_clone(), client.try_clone(), server.try_clone()];
        let [Ok(from_client), Ok(to_server), Ok(to_client), Ok(from_server)] = ends else { return };
        let mut connections = self.connections.lock().unwrap_or_else(PoisonError::into_inner);
        connections.extend([client, server]);
        drop(connections);
        let (there, back) = (Arc::clone(self), Arc::clone(self));
        thread::spawn(move || there.pass(from_client, to_server, false));
        thread::spawn(move || back.pass(from_server, to_client, true));
    }

    fn pass(&self, mut from: TcpStream, mut to: TcpStream, are_answers: bool) {
        let mut buffer = vec![0; 64 * 1024];
        while let Ok(length @ 1..) = from.read(&mut buffer) {
            while self.holds.load(Ordering::Relaxed) {
                thread::sleep(STEP);
            }
            let delay = self.delay_millis.load(Ordering::Relaxed);
            if delay > 0 {
                thread::sleep(Duration::from_millis(delay));
            }
            let is_lost = are_answers && self.swallows.load(Ordering::Relaxed);
            if !is_lost && to.write_all(&buffer[..length]).is_err() {
                break;
            }
        }
        // The other side may be gone already.
        drop(to.shutdown(Shutdown::Both));
        drop(from.shutdown(Shutdown::Both));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A server that greets each client with a word.
    fn greeter(word: &'static str) -> u16 {
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        thread::spawn(move || {
            for mut client in listener.incoming().flatten() {
                client.write_all(word.as_bytes()).unwrap();
            }
        });
        port
    }

    fn greeting(proxy: &Proxy) -> String {
        let mut text = String::new();
        let mut connection = TcpStream::connect(("127.0.0.1", proxy.port())).unwrap();
        // One that is broken says nothing.
        drop(connection.read_to_string(&mut text));
        text
    }

    #[test]
    fn a_proxy_leads_where_it_is_told_and_nowhere_while_it_is_cut() {
        let proxy = Proxy::to(greeter("one"));
        assert_eq!(greeting(&proxy), "one");
        proxy.lead_to(greeter("two"));
        assert_eq!(greeting(&proxy), "two");
        proxy.cut(true);
        assert_eq!(greeting(&proxy), "");
        proxy.cut(false);
        assert_eq!(greeting(&proxy), "two");
    }
}
