//! A client that asks any of the nodes, and waits for none of them long.

use std::{sync::atomic::Ordering, thread, time::Duration};

use anyhow::{Context, Result, bail};
use champollion_client::{Blocking, Client, ClientError};

use super::{super::chance::Chance, World};

/// The time that an answer may take: a node that is paused gives none.
const PATIENCE: Duration = Duration::from_secs(3);

/// Before what came to nothing is tried at another node.
const RETRY: Duration = Duration::from_millis(30);

/// The time in which any node has answered a request, whatever happens to them.
const LONGEST: Duration = Duration::from_secs(120);

/// A client in the role of one token, on one thread.
pub(super) struct Clients(Blocking);

/// The answer of a node; none where it is silent.
pub(super) type Answered<T> = Option<Result<T, ClientError>>;

impl Clients {
    /// A client in the role of a token.
    pub(super) fn of(world: &World, token: &str) -> Result<Self> {
        let nobody = world.nodes.first().and_then(|node| node.address());
        let client = Client::new(nobody.as_deref().unwrap_or("http://127.0.0.1:9"), Some(token))?;
        Ok(Self(Blocking::new(client)?))
    }

    /// The client of a node, where that listens.
    pub(super) fn of_node(&self, world: &World, number: usize) -> Option<Client> {
        self.0.at(&world.nodes[number].address()?).ok()
    }

    /// The client of a node that is left to chance.
    pub(super) fn any(&self, world: &World, chance: &mut Chance) -> Option<Client> {
        self.of_node(world, world.any_node(chance))
    }

    /// Waits for something, but not long.
    pub(super) fn wait<T>(&self, asked: impl Future<Output = T>) -> Option<T> {
        self.0.ask(|_| async { tokio::time::timeout(PATIENCE, asked).await.ok() })
    }

    /// Waits for two at once, for each on its own: one that is silent keeps nothing of the other back.
    pub(super) fn wait_for_both<T>(
        &self,
        one: impl Future<Output = T>,
        two: impl Future<Output = T>,
    ) -> [Option<T>; 2] {
        self.0.ask(|_| async {
            let (one, two) = tokio::join!(
                tokio::time::timeout(PATIENCE, one),
                tokio::time::timeout(PATIENCE, two)
            );
            [one.ok(), two.ok()]
        })
    }

    /// Asks nodes until one of them answers for good.
    pub(super) fn insist<T, F>(
        &self,
        world: &World,
        chance: &mut Chance,
        question: impl Fn(Client) -> F,
    ) -> Result<T>
    where
        F: Future<Output = Result<T, ClientError>>,
    {
        let deadline = std::time::Instant::now() + LONGEST;
        let mut last = "no node listens".to_owned();
        while !world.over.load(Ordering::Relaxed) && std::time::Instant::now() < deadline {
            let client = self.any(world, chance);
            match client.map(|client| self.wait(question(client))) {
                Some(Some(Ok(answer))) => return Ok(answer),
                Some(Some(Err(error))) if !may_pass(&error) => return Err(error.into()),
                Some(Some(Err(error))) => last = error.to_string(),
                Some(None) => last = "no answer".to_owned(),
                None => {}
            }
            thread::sleep(RETRY);
        }
        bail!("no node answers: {last}")
    }
}

/// Whether an error is one that another node, or the same one later, may not give.
pub(super) fn may_pass(error: &ClientError) -> bool {
    let status = match error {
        ClientError::Refused(problem) => problem.status,
        ClientError::Unexplained { status, .. } => status.as_u16(),
        _ => return true,
    };
    status == 429 || status >= 500
}

/// Runs the server's own command in the role of a token; fails where it fails.
pub(super) fn command(
    champollion: &std::path::Path,
    (address, token): (&str, &str),
    arguments: &[&str],
) -> Result<()> {
    let mut command = std::process::Command::new(champollion);
    command.args(arguments).args(["--server", address]).env("CHAMPOLLION_TOKEN", token);
    let output = command.stdin(std::process::Stdio::null()).output();
    let output = output.context("the command cannot be started")?;
    if output.status.success() {
        return Ok(());
    }
    // What is wrong stands in the output; the error only counts it.
    let said = [output.stderr, output.stdout]
        .map(|bytes| String::from_utf8_lossy(&bytes).trim().replace('\n', "; "));
    bail!("{}: {}", arguments.join(" "), said.join("; "))
}
