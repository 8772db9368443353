//! Clients of the server under load, each in the role of its token.

use anyhow::Result;
use champollion_client::{Beginning, Blocking, Client, Role, TokenRequest};
use serde_json::Value as Json;

use crate::server::Server;

/// The client of the server's first admin.
pub(crate) fn admin(server: &Server) -> Result<Blocking> {
    at(&server.address, &server.admin_token)
}

/// A client of the server at this address, in the role of this token.
pub(crate) fn at(address: &str, token: &str) -> Result<Blocking> {
    Ok(Blocking::new(Client::new(address, Some(token))?)?)
}

/// Makes a token, and returns its secret.
pub(crate) fn create_token(
    admin: &Blocking,
    name: &str,
    role: Role,
    group: Option<&str>,
) -> Result<String> {
    let wish = TokenRequest { group: group.map(str::to_owned), ..TokenRequest::new(name, role) };
    Ok(admin.ask(|server| server.create_token(&wish))?.into_value().token)
}

/// Makes or changes a route, which begins with what comes from now on.
pub(crate) fn put_route(admin: &Blocking, group: &str, name: &str, route: &Json) -> Result<()> {
    admin.ask(|server| server.put_route(Some(group), name, route, Beginning::Now))?;
    Ok(())
}

/// A client that goes where the server is: it listens elsewhere after each start.
pub(crate) struct Following {
    token: String,
    /// The place that it was last asked at, and the client there.
    current: Option<(String, Blocking)>,
}

impl Following {
    /// A client in the role of this token.
    pub(crate) fn new(token: String) -> Self {
        Self { token, current: None }
    }

    /// The client of the server at this address.
    pub(crate) fn at(&mut self, address: &str) -> Result<&Blocking> {
        let current = match self.current.take().filter(|(place, _)| place == address) {
            Some(current) => current,
            None => (address.to_owned(), at(address, &self.token)?),
        };
        Ok(&self.current.insert(current).1)
    }
}
