//! The side of a network server that takes commands: it notes what it is asked, and answers what the
//! test says.

use std::{
    net::TcpListener,
    sync::{Arc, Mutex, PoisonError},
    thread,
    time::{Duration, Instant},
};

use axum::{
    Router,
    body::Bytes,
    extract::State,
    http::{HeaderMap, Method, StatusCode, Uri},
};
use serde_json::Value as Json;
use tokio::sync::oneshot;

use crate::broker::free_port;

/// Nothing takes longer that is not broken.
const PATIENCE: Duration = Duration::from_secs(30);

/// A request that a network server was sent.
#[derive(Clone, Debug)]
pub struct Asked {
    /// The method.
    pub method: Method,
    /// The path with the query.
    pub path: String,
    /// The headers.
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
    running: Option<(oneshot::Sender<()>, thread::JoinHandle<()>)>,
}

#[derive(Clone)]
struct Shared {
    asked: Arc<Mutex<Vec<Asked>>>,
    answers: Answers,
}

impl Outside {
    /// One that is away, and answers what the test says once it is there.
    #[must_use]
    pub fn away(answer: impl Fn(&Asked) -> (u16, String) + Send + 'static) -> Self {
        Self {
            port: free_port(),
            asked: Arc::default(),
            answers: Arc::new(Mutex::new(Box::new(answer))),
            running: None,
        }
    }

    /// One that is there.
    #[must_use]
    pub fn start(answer: impl Fn(&Asked) -> (u16, String) + Send + 'static) -> Self {
        let mut outside = Self::away(answer);
        outside.come();
        outside
    }

    /// It comes back.
    pub fn come(&mut self) {
        let listener = TcpListener::bind(("127.0.0.1", self.port)).expect("the port is free");
        listener.set_nonblocking(true).expect("it can be told");
        let (stop, stopped) = oneshot::channel::<()>();
        let shared = Shared { asked: Arc::clone(&self.asked), answers: Arc::clone(&self.answers) };
        let thread = thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            runtime.expect("there is a runtime").block_on(async move {
                let listener =
                    tokio::net::TcpListener::from_std(listener).expect("it can be listened to");
                let router = Router::new().fallback(answer).with_state(shared);
                // Connections that are kept open end with the runtime.
                tokio::select! {
                    result = axum::serve(listener, router).into_future() => {
                        result.expect("it is served");
                    }
                    _ = stopped => {}
                }
            });
        });
        self.running = Some((stop, thread));
    }

    /// It goes away.
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

    /// Where it is.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// What it was asked so far.
    #[must_use]
    pub fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// What it was asked, once that is so much.
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

async fn answer(
    State(shared): State<Shared>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> (StatusCode, String) {
    let asked = Asked {
        method,
        path: uri.path_and_query().map(ToString::to_string).unwrap_or_default(),
        headers,
        text: String::from_utf8_lossy(&body).into_owned(),
        body: serde_json::from_slice(&body).unwrap_or_default(),
    };
    let (status, text) = shared.answers.lock().unwrap_or_else(PoisonError::into_inner)(&asked);
    shared.asked.lock().unwrap_or_else(PoisonError::into_inner).push(asked);
    (StatusCode::from_u16(status).expect("it is a status"), text)
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
