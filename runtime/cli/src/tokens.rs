//! `champollion tokens`: tokens are made, listed and revoked.

use champollion_client::{Client, Role, TokenRequest};
use champollion_delivery::names::GroupId;
use champollion_lns::NetworkServerName;
use champollion_server::auth::Scope;
use clap::{
    Args, Subcommand,
    builder::{PossibleValuesParser, TypedValueParser},
};
use jiff::Timestamp;
use serde_json::json;

use super::{Failure, connection::Connection, output};

/// Makes, lists and revokes tokens.
#[derive(Args)]
pub(super) struct Tokens {
    #[command(subcommand)]
    action: Action,
    #[command(flatten)]
    connection: Connection,
    /// Print JSON instead of text for people
    #[arg(long, global = true)]
    json: bool,
}

#[derive(Subcommand)]
enum Action {
    /// Make a token; it is shown once
    Create {
        /// Name of the token: the person or the program that it is for
        #[arg(long)]
        name: String,
        /// Role of the token
        #[arg(long, value_parser = roles())]
        role: Role,
        /// Group whose records a partner gets
        #[arg(long)]
        group: Option<GroupId>,
        /// Scope to narrow the token to, several times for several; all of its role without
        #[arg(long = "scope", value_name = "SCOPE", value_parser = scopes())]
        scopes: Vec<Scope>,
        /// Moment at which the token ends, as in 2027-01-31T00:00:00Z
        #[arg(long, value_name = "TIME")]
        expires_at: Option<Timestamp>,
        /// Network server of the settings whose frames the token hands over
        #[arg(long, value_name = "NAME")]
        network_server: Option<NetworkServerName>,
    },
    /// List tokens, without their secrets
    List,
    /// Show whose the token in use is, and what it may do
    Me,
    /// End a token at once
    Revoke {
        /// Id of the token, as the list shows it
        id: String,
    },
}

/// Reads the word for a role.
fn roles() -> impl TypedValueParser<Value = Role> {
    PossibleValuesParser::new(Role::ALL.map(Role::as_str))
        .try_map(|word| Role::ALL.into_iter().find(|role| role.as_str() == word).ok_or("no role"))
}

/// Reads the word for a scope.
fn scopes() -> impl TypedValueParser<Value = Scope> {
    PossibleValuesParser::new(Scope::ALL.map(Scope::as_str)).try_map(|word| word.parse::<Scope>())
}

impl Tokens {
    pub(super) async fn run(self) -> Result<(), Failure> {
        let client = self.connection.client()?;
        match &self.action {
            Action::Create { name, role, group, scopes, expires_at, network_server } => {
                let scopes: Vec<String> = scopes.iter().map(ToString::to_string).collect();
                let wish = TokenRequest {
                    name: name.clone(),
                    role: *role,
                    group: group.as_ref().map(ToString::to_string),
                    scopes: (!scopes.is_empty()).then_some(scopes),
                    expires_at: *expires_at,
                    network_server: network_server.as_ref().map(ToString::to_string),
                };
                self.create(&client, &wish).await
            }
            Action::List => self.list(&client).await,
            Action::Me => self.me(&client).await,
            Action::Revoke { id } => self.revoke(&client, id).await,
        }
    }

    async fn create(&self, client: &Client, wish: &TokenRequest) -> Result<(), Failure> {
        let created = client.create_token(wish).await?;
        if self.json {
            return output::answer(&created);
        }
        output::line(&created.token);
        output::note("This is the only time that the token is shown.");
        Ok(())
    }

    async fn list(&self, client: &Client) -> Result<(), Failure> {
        let list = client.tokens().await?;
        if self.json {
            return output::answer(&list);
        }
        let rows = list.tokens.iter().map(|token| {
            [
                token.id.clone(),
                token.name.clone(),
                token.role.as_str().to_owned(),
                token.group.clone().unwrap_or_default(),
                token.scopes.as_ref().map(|scopes| scopes.join(" ")).unwrap_or_default(),
                token.network_server.clone().unwrap_or_default(),
                output::moment(token.created_at),
                token.expires_at.map(output::moment).unwrap_or_default(),
            ]
        });
        let heads = ["id", "name", "role", "group", "scopes", "network server", "made", "expires"];
        output::table(heads, rows);
        Ok(())
    }

    async fn me(&self, client: &Client) -> Result<(), Failure> {
        let me = client.me().await?;
        if self.json {
            return output::answer(&me);
        }
        let groups = me.groups.as_ref().map_or_else(|| "all".to_owned(), |all| all.join(" "));
        let rows = [
            ["token".to_owned(), me.token.clone()],
            ["name".to_owned(), me.name.clone()],
            ["role".to_owned(), me.role.as_str().to_owned()],
            ["groups".to_owned(), groups],
            ["may".to_owned(), me.scopes.join(" ")],
            ["network server".to_owned(), me.network_server.clone().unwrap_or_default()],
            ["expires".to_owned(), me.expires_at.map(output::moment).unwrap_or_default()],
        ];
        output::table(["", ""], rows);
        Ok(())
    }

    async fn revoke(&self, client: &Client, id: &str) -> Result<(), Failure> {
        client.revoke_token(id).await?;
        if self.json {
            return output::json(&json!({ "revoked": id }));
        }
        output::line(format_args!("revoked {id}"));
        Ok(())
    }
}
