//! The side of a network server that takes commands: it notes what it is asked, and answers what the
//! test says.

use std::{
    fs,
    net::{SocketAddr, TcpListener},
    path::Path,
    sync::{Arc, Mutex, PoisonError},
    thread,
    time::{Duration, Instant},
};

use axum::{
    Router,
    body::Bytes,
    extract::State,
    http::{HeaderMap, Method, StatusCode, Uri, Version},
};
use champollion_databases::free_port;
use rustls::{
    RootCertStore, ServerConfig,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
    server::WebPkiClientVerifier,
};
use serde_json::Value as Json;
use tempfile::TempDir;
use tokio::sync::oneshot;
use tokio_rustls::{TlsAcceptor, server::TlsStream};

use crate::broker::certificates;

/// Nothing takes longer that is not broken.
const PATIENCE: Duration = Duration::from_secs(30);

/// The status of an answer that is none: the connection ends instead.
pub const HANGS_UP: u16 = 0;

/// A request that a network server was sent.
#[derive(Clone, Debug)]
pub struct Asked {
    /// The version of HTTP that it came by.
    pub version: Version,
    /// The method of the request.
    pub method: Method,
    /// The path with the query.
    pub path: String,
    /// The headers of the request.
    pub headers: HeaderMap,
    /// The body as it came.
    pub text: String,
    /// The body; null where it is no JSON.
    pub body: Json,
}

type Answers = Arc<Mutex<Box<dyn Fn(&Asked) -> (u16, String) + Send>>>;

/// The HTTP interface of a network server. It can be away and come back.
pub struct Outside {
    port: u16,
    asked: Arc<Mutex<Vec<Asked>>>,
    answers: Answers,
    /// Seconds of the header `Retry-After`, where it sends one.
    retry_after: Arc<Mutex<Option<u32>>>,
    /// The address that its answers lead to, where they lead elsewhere.
    leads_to: Arc<Mutex<Option<String>>>,
    /// Its certificates, where it speaks TLS: their folder, and which of them is its own.
    secured: Option<(TempDir, &'static str)>,
    running: Option<(oneshot::Sender<()>, thread::JoinHandle<()>)>,
}

#[derive(Clone)]
struct Shared {
    asked: Arc<Mutex<Vec<Asked>>>,
    answers: Answers,
    retry_after: Arc<Mutex<Option<u32>>>,
    leads_to: Arc<Mutex<Option<String>>>,
}

impl Outside {
    /// One that is away, and answers what the test says once it is there.
    #[must_use]
    pub fn away(answer: impl Fn(&Asked) -> (u16, String) + Send + 'static) -> Self {
        Self {
            port: free_port(),
            asked: Arc::default(),
            answers: Arc::new(Mutex::new(Box::new(answer))),
            retry_after: Arc::default(),
            leads_to: Arc::default(),
            secured: None,
            running: None,
        }
    }

    /// One that is there, speaks TLS with its certificate of this name, HTTP/2 too, and lets in only who has a
    /// certificate.
    #[must_use]
    pub fn secured(
        certificate: &'static str,
        answer: impl Fn(&Asked) -> (u16, String) + Send + 'static,
    ) -> Self {
        let folder = TempDir::new().expect("there is room for a folder");
        certificates(folder.path());
        let mut outside = Self::away(answer);
        outside.secured = Some((folder, certificate));
        outside.come();
        outside
    }

    /// A certificate or a key, where it speaks TLS: `ca.pem`, `other-ca.pem`, `client.pem`, `client.key`.
    #[must_use]
    pub fn pem(&self, file: &str) -> String {
        let (folder, _) = self.secured.as_ref().expect("it speaks TLS");
        fs::read_to_string(folder.path().join(file)).expect("it is there")
    }

    /// One that is there.
    #[must_use]
    pub fn start(answer: impl Fn(&Asked) -> (u16, String) + Send + 'static) -> Self {
        let mut outside = Self::away(answer);
        outside.come();
        outside
    }

    /// Comes back after [`go`](Self::go).
    pub fn come(&mut self) {
        // A connection of somebody else may have this port for a moment: it was free for all until now.
        let listener =
            eventually("the port is free", || TcpListener::bind(("127.0.0.1", self.port)).ok());
        listener.set_nonblocking(true).expect("it can be told");
        let (stop, stopped) = oneshot::channel::<()>();
        let shared = Shared {
            asked: Arc::clone(&self.asked),
            answers: Arc::clone(&self.answers),
            retry_after: Arc::clone(&self.retry_after),
            leads_to: Arc::clone(&self.leads_to),
        };
        let tls = self.secured.as_ref().map(|(folder, own)| acceptor(folder.path(), own));
        let thread = thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            runtime.expect("there is a runtime").block_on(async move {
                let listener =
                    tokio::net::TcpListener::from_std(listener).expect("it can be listened to");
                let router = Router::new().fallback(answer).with_state(shared);
                // Connections that are kept open end with the runtime.
                let serving = async {
                    match tls {
                        Some(tls) => axum::serve(Secured { listener, tls }, router).await,
                        None => axum::serve(listener, router).await,
                    }
                };
                tokio::select! {
                    result = serving => result.expect("it is served"),
                    _ = stopped => {}
                }
            });
        });
        self.running = Some((stop, thread));
    }

    /// Goes away: nothing answers.
    pub fn go(&mut self) {
        if let Some((stop, thread)) = self.running.take() {
            // It may have ended by itself.
            let _ = stop.send(());
            drop(thread.join());
        }
    }

    /// From now on it answers something else.
    pub fn answer(&self, answer: impl Fn(&Asked) -> (u16, String) + Send + 'static) {
        *self.answers.lock().unwrap_or_else(PoisonError::into_inner) = Box::new(answer);
    }

    /// From now on its answers ask for a pause, or for none.
    pub fn retry_after(&self, seconds: Option<u32>) {
        *self.retry_after.lock().unwrap_or_else(PoisonError::into_inner) = seconds;
    }

    /// From now on its answers lead to an address, which a client may follow where their status is one of 3xx.
    pub fn leads_to(&self, address: &str) {
        let mut leads_to = self.leads_to.lock().unwrap_or_else(PoisonError::into_inner);
        *leads_to = Some(address.to_owned());
    }

    /// Returns the address of the server.
    #[must_use]
    pub fn url(&self) -> String {
        match self.secured {
            Some(_) => format!("https://localhost:{}", self.port),
            None => format!("http://127.0.0.1:{}", self.port),
        }
    }

    /// Returns the requests so far.
    #[must_use]
    pub fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Returns the requests once there are so many.
    #[track_caller]
    pub fn wait_for(&self, number: usize) -> Vec<Asked> {
        eventually("the network server is asked", || {
            let asked = self.asked();
            (asked.len() >= number).then_some(asked)
        })
    }
}

impl Drop for Outside {
    fn drop(&mut self) {
        self.go();
    }
}

/// Connections that are secured.
struct Secured {
    listener: tokio::net::TcpListener,
    tls: TlsAcceptor,
}

impl axum::serve::Listener for Secured {
    type Io = TlsStream<tokio::net::TcpStream>;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Self::Io, Self::Addr) {
        loop {
            let (stream, from) = self.listener.accept().await.expect("it listens");
            // Who does not get on with us is gone already.
            if let Ok(stream) = self.tls.accept(stream).await {
                return (stream, from);
            }
        }
    }

    fn local_addr(&self) -> std::io::Result<Self::Addr> {
        self.listener.local_addr()
    }
}

/// Lets in who has a certificate of the CA.
fn acceptor(folder: &Path, own: &str) -> TlsAcceptor {
    let chain = |file: String| -> Vec<CertificateDer<'static>> {
        let all = CertificateDer::pem_file_iter(folder.join(file)).expect("it is there");
        all.collect::<Result<_, _>>().expect("these are certificates")
    };
    let mut roots = RootCertStore::empty();
    for certificate in chain("ca.pem".to_owned()) {
        roots.add(certificate).expect("it is a CA");
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let clients =
        WebPkiClientVerifier::builder_with_provider(Arc::new(roots), Arc::clone(&provider));
    let key = PrivateKeyDer::from_pem_file(folder.join(format!("{own}.key")));
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("there are versions")
        .with_client_cert_verifier(clients.build().expect("there is a CA"))
        .with_single_cert(chain(format!("{own}.pem")), key.expect("it is a key"))
        .expect("they fit together");
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    TlsAcceptor::from(Arc::new(config))
}

async fn answer(
    State(shared): State<Shared>,
    version: Version,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> (StatusCode, HeaderMap, String) {
    let asked = Asked {
        version,
        method,
        path: uri.path_and_query().map(ToString::to_string).unwrap_or_default(),
        headers,
        text: String::from_utf8_lossy(&body).into_owned(),
        body: serde_json::from_slice(&body).unwrap_or_default(),
    };
    let (status, text) = shared.answers.lock().unwrap_or_else(PoisonError::into_inner)(&asked);
    shared.asked.lock().unwrap_or_else(PoisonError::into_inner).push(asked);
    if status == HANGS_UP {
        // The task of the connection ends, and the connection with it; no panic is reported.
        std::panic::resume_unwind(Box::new("it hangs up"));
    }
    let mut headers = HeaderMap::new();
    if let Some(seconds) = *shared.retry_after.lock().unwrap_or_else(PoisonError::into_inner) {
        headers.insert("retry-after", seconds.into());
    }
    let leads_to = shared.leads_to.lock().unwrap_or_else(PoisonError::into_inner).clone();
    if let Some(address) = leads_to {
        headers.insert("location", address.parse().expect("it can be a header"));
    }
    (StatusCode::from_u16(status).expect("it is a status"), headers, text)
}

/// Waits until something is so, but not for ever.
#[track_caller]
pub fn eventually<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + PATIENCE;
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(Instant::now() < deadline, "it does not come to it that {what}");
        thread::sleep(Duration::from_millis(20));
    }
}
