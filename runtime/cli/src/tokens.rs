//! `champollion tokens`: tokens are made, listed and revoked.

use champollion_client::{
    Answer, Client, CreatedToken, MyGrant, OwnTokenRequest, Role, Token, TokenRequest,
};
use champollion_fleet::{grants::Place, names::GroupId};
use champollion_lns::NetworkServerName;
use champollion_server::auth::Scope;
use clap::{
    Args, Subcommand,
    builder::{PossibleValuesParser, TypedValueParser},
};
use jiff::Timestamp;
use serde_json::json;
use uuid::Uuid;

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
        /// Scope of a reader, an operator or an owner: territory, partner:NAME, group:NAME or
        /// sub-group:GROUP/NAME
        #[arg(long = "in", value_name = "PLACE")]
        place: Option<Place>,
        /// Id of the person whose token it is, for the role person
        #[arg(long, value_name = "ID")]
        person: Option<Uuid>,
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
    /// Make a token of your own, which does what your grants say; it is shown once
    CreateOwn {
        /// Name of the token: its purpose
        #[arg(long)]
        name: String,
        /// Scope to narrow the token to, several times for several; all without
        #[arg(long = "scope", value_name = "SCOPE", value_parser = scopes())]
        scopes: Vec<Scope>,
        /// Moment at which the token ends, as in 2027-01-31T00:00:00Z
        #[arg(long, value_name = "TIME")]
        expires_at: Option<Timestamp>,
    },
    /// List tokens, without their secrets
    List {
        /// List your own tokens alone
        #[arg(long)]
        own: bool,
    },
    /// Show whose the token in use is, and what it may do
    Me,
    /// End a token at once
    Revoke {
        /// Id of the token, as the list shows it
        id: String,
        /// Revoke one of your own tokens
        #[arg(long)]
        own: bool,
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
            Action::Create {
                name,
                role,
                group,
                place,
                person,
                scopes,
                expires_at,
                network_server,
            } => {
                let scopes: Vec<String> = scopes.iter().map(ToString::to_string).collect();
                let wish = TokenRequest {
                    name: name.clone(),
                    role: *role,
                    group: group.as_ref().map(ToString::to_string),
                    scope: place.as_ref().map(ToString::to_string),
                    person: *person,
                    scopes: (!scopes.is_empty()).then_some(scopes),
                    expires_at: *expires_at,
                    network_server: network_server.as_ref().map(ToString::to_string),
                };
                self.create(&client, &wish).await
            }
            Action::CreateOwn { name, scopes, expires_at } => {
                let scopes: Vec<String> = scopes.iter().map(ToString::to_string).collect();
                let wish = OwnTokenRequest {
                    name: name.clone(),
                    scopes: (!scopes.is_empty()).then_some(scopes),
                    expires_at: *expires_at,
                };
                self.shown(&client.create_own_token(&wish).await?)
            }
            Action::List { own } => self.list(&client, *own).await,
            Action::Me => self.me(&client).await,
            Action::Revoke { id, own } => self.revoke(&client, id, *own).await,
        }
    }

    async fn create(&self, client: &Client, wish: &TokenRequest) -> Result<(), Failure> {
        self.shown(&client.create_token(wish).await?)
    }

    /// Shows a token that was made, with its secret.
    fn shown(&self, created: &Answer<CreatedToken>) -> Result<(), Failure> {
        if self.json {
            return output::answer(created);
        }
        output::line(&created.token);
        output::note("This is the only time that the token is shown.");
        Ok(())
    }

    async fn list(&self, client: &Client, own: bool) -> Result<(), Failure> {
        let list = if own { client.own_tokens().await? } else { client.tokens().await? };
        if self.json {
            return output::answer(&list);
        }
        let rows = list.tokens.iter().map(|token| {
            [
                token.id.clone(),
                token.name.clone(),
                token.role.as_str().to_owned(),
                reach(token),
                token.scopes.as_ref().map(|scopes| scopes.join(" ")).unwrap_or_default(),
                token.network_server.clone().unwrap_or_default(),
                output::day(token.created_at),
                token.expires_at.map(output::moment).unwrap_or_default(),
                token.last_used_at.map(output::moment).unwrap_or_default(),
            ]
        });
        let heads = [
            "id",
            "name",
            "role",
            "group",
            "scopes",
            "network server",
            "made",
            "expires",
            "last used",
        ];
        output::table(heads, rows);
        Ok(())
    }

    async fn me(&self, client: &Client) -> Result<(), Failure> {
        let me = client.me().await?;
        if self.json {
            return output::answer(&me);
        }
        let groups = me.groups.as_ref().map_or_else(|| "all".to_owned(), |all| all.join(" "));
        let grant = |of: &MyGrant| match &of.scope {
            Some(scope) => format!("{}@{scope}", of.role),
            None => of.role.clone(),
        };
        let grants = me.grants.iter().map(grant).collect::<Vec<_>>().join(" ");
        let rows = [
            ["token".to_owned(), me.token.clone()],
            ["name".to_owned(), me.name.clone()],
            ["role".to_owned(), me.role.as_str().to_owned()],
            ["grants".to_owned(), grants],
            ["groups".to_owned(), groups],
            ["may".to_owned(), me.scopes.join(" ")],
            ["network server".to_owned(), me.network_server.clone().unwrap_or_default()],
            ["expires".to_owned(), me.expires_at.map(output::moment).unwrap_or_default()],
        ];
        output::table(["", ""], rows);
        Ok(())
    }

    async fn revoke(&self, client: &Client, id: &str, own: bool) -> Result<(), Failure> {
        if own {
            client.revoke_own_token(id).await?;
        } else {
            client.revoke_token(id).await?;
        }
        if self.json {
            return output::json(&json!({ "revoked": id }));
        }
        output::line(format_args!("revoked {id}"));
        Ok(())
    }
}

/// The part of the territory that a token is for: its group, its scope, or its person.
fn reach(token: &Token) -> String {
    let person = token.person.map(|person| person.to_string());
    token.group.clone().or_else(|| token.scope.clone()).or(person).unwrap_or_default()
}
