//! The gRPC interface of a network server: it notes what it is asked, and answers what the test says.

use std::{
    net::TcpListener,
    sync::{Arc, Mutex, PoisonError},
    thread,
};

use axum::{
    Router,
    body::{Body, Bytes},
    extract::State,
    http::{HeaderMap, HeaderValue, Uri, header::CONTENT_TYPE},
    response::Response,
};
use champollion_databases::free_port;
use http_body_util::{BodyExt as _, Full};
use tokio::sync::oneshot;

use crate::outside::eventually;

/// Bytes before a message: whether it is compressed, and its length.
const HEAD: usize = 5;

/// A call that a network server was asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Called {
    /// The path of the method.
    pub path: String,
    /// The header `authorization` of the call.
    pub authorization: String,
    /// The message, as protobuf.
    pub message: Vec<u8>,
}

/// An answer: a message, or the code and the words of an error.
pub type GrpcAnswer = Result<Vec<u8>, (u32, &'static str)>;

type Answers = Arc<Mutex<Box<dyn Fn(&Called) -> GrpcAnswer + Send>>>;

/// A gRPC interface, without TLS. It can be away and come back.
pub struct GrpcOutside {
    port: u16,
    shared: Shared,
    running: Option<(oneshot::Sender<()>, thread::JoinHandle<()>)>,
}

#[derive(Clone)]
struct Shared {
    called: Arc<Mutex<Vec<Called>>>,
    answers: Answers,
}

impl GrpcOutside {
    /// One that is there.
    #[must_use]
    pub fn start(answer: impl Fn(&Called) -> GrpcAnswer + Send + 'static) -> Self {
        let answers: Answers = Arc::new(Mutex::new(Box::new(answer)));
        let shared = Shared { called: Arc::default(), answers };
        let mut outside = Self { port: free_port(), shared, running: None };
        outside.come();
        outside
    }

    /// Comes back after [`go`](Self::go).
    pub fn come(&mut self) {
        let listener =
            eventually("the port is free", || TcpListener::bind(("127.0.0.1", self.port)).ok());
        listener.set_nonblocking(true).expect("it can be told");
        let (stop, stopped) = oneshot::channel::<()>();
        let shared = self.shared.clone();
        let thread = thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            runtime.expect("there is a runtime").block_on(async move {
                let listener =
                    tokio::net::TcpListener::from_std(listener).expect("it can be listened to");
                let router = Router::new().fallback(answer).with_state(shared);
                tokio::select! {
                    result = axum::serve(listener, router) => result.expect("it is served"),
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
    pub fn answer(&self, answer: impl Fn(&Called) -> GrpcAnswer + Send + 'static) {
        *self.shared.answers.lock().unwrap_or_else(PoisonError::into_inner) = Box::new(answer);
    }

    /// Returns the address of the interface.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// Returns the calls so far.
    #[must_use]
    pub fn called(&self) -> Vec<Called> {
        self.shared.called.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Drop for GrpcOutside {
    fn drop(&mut self) {
        self.go();
    }
}

async fn answer(
    State(shared): State<Shared>,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response<Body> {
    let authorization = headers.get("authorization").and_then(|value| value.to_str().ok());
    let called = Called {
        path: uri.path().to_owned(),
        authorization: authorization.unwrap_or_default().to_owned(),
        message: body.get(HEAD..).unwrap_or_default().to_vec(),
    };
    let result = shared.answers.lock().unwrap_or_else(PoisonError::into_inner)(&called);
    shared.called.lock().unwrap_or_else(PoisonError::into_inner).push(called);
    let mut trailers = HeaderMap::new();
    let (code, words, message) = match result {
        Ok(message) => (0, "", Some(message)),
        Err((code, words)) => (code, words, None),
    };
    trailers.insert("grpc-status", HeaderValue::from(code));
    trailers.insert("grpc-message", HeaderValue::from_static(words));
    let mut framed = Vec::new();
    if let Some(message) = message {
        let length = u32::try_from(message.len()).expect("it is short");
        framed.push(0);
        framed.extend_from_slice(&length.to_be_bytes());
        framed.extend_from_slice(&message);
    }
    let body = Full::new(Bytes::from(framed)).with_trailers(async move { Some(Ok(trailers)) });
    let mut response = Response::new(Body::new(body));
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/grpc"));
    response
}
