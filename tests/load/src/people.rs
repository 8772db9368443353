//! People who look at the pages of the demo: added with a role, and able to sign in.

use anyhow::{Context, Result};
use champollion_client::{Blocking, Client, GrantRequest, PersonRequest};

use crate::server::Server;

/// The settings of a server whose people have no second factor.
pub(crate) const SETTINGS: &str =
    "[sign-in]\nadmins-without-second-factor = true\ntries = 1000\ntries-per-minute = 1000\n";

/// The password of people who can sign in at once.
pub(crate) const PASSWORD: &str = "seven lichens of a trombone";

/// Adds a person with one grant, and returns the one-time link by which the person chooses a password.
pub(crate) fn add(
    (server, admin): (&Server, &Blocking),
    email: &str,
    (role, scope): (&str, &str),
) -> Result<String> {
    let grants = vec![GrantRequest { scope: scope.to_owned(), role: role.to_owned() }];
    let (name, first_name) = ("Lovelace".to_owned(), "Ada".to_owned());
    let wish = PersonRequest { name, first_name, email: email.to_owned(), home: None, grants };
    let person = admin.ask(|server| server.add_person(&wish))?.into_value();
    let invited = admin.ask(|server| server.invite(person.id))?.into_value();
    let secret = invited.secret.context("the server has mailed the link")?;
    Ok(format!("{}/choose-password#{secret}", server.address))
}

/// Adds a person who can sign in with [`PASSWORD`].
pub(crate) fn add_with_password(
    (server, admin): (&Server, &Blocking),
    email: &str,
    grant: (&str, &str),
) -> Result<()> {
    let link = add((server, admin), email, grant)?;
    let (_, secret) = link.split_once('#').context("the link has no secret")?;
    let anybody = Blocking::new(Client::new(&server.address, None)?)?;
    anybody.ask(|server| server.choose_password(secret, PASSWORD))?;
    Ok(())
}
