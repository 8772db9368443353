//! The provider of OpenID Connect: found by its issuer, asked for a person, and told when the person leaves.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use champollion_fleet::people::Email;
use openidconnect::{
    AuthenticationContextClass, AuthorizationCode, ClaimsVerificationError, ClientId, ClientSecret,
    CsrfToken, EndpointMaybeSet, EndpointNotSet, EndpointSet, IssuerUrl, LogoutRequest, Nonce,
    OAuth2TokenResponse, PkceCodeChallenge, PkceCodeVerifier, PostLogoutRedirectUrl,
    ProviderMetadataWithLogout, RedirectUrl, RequestTokenError, Scope, SignatureVerificationError,
    TokenResponse,
    core::{
        CoreAuthenticationFlow, CoreClient, CoreIdToken, CoreIdTokenClaims, CoreTokenResponse,
        CoreUserInfoClaims,
    },
    url,
};
use tokio::sync::RwLock;

use super::{
    Asserted, OpenidError, OpenidSettings, Pending, SaidFactor, outbound::Outbound, usable::Usable,
};

/// The time after which the provider's document and keys are fetched anew.
const FRESH: Duration = Duration::from_secs(3_600);

/// The path to which the provider sends a person back.
const CALLBACK: &str = "/v1/session/openid/callback";

/// The client of the library for a provider that was found.
type Found = CoreClient<
    EndpointSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointMaybeSet,
    EndpointMaybeSet,
>;

/// A provider of OpenID Connect.
pub struct Provider {
    issuer: IssuerUrl,
    client_id: ClientId,
    client_secret: Option<ClientSecret>,
    scopes: Vec<Scope>,
    redirect: RedirectUrl,
    /// The page that a person comes to after signing out at the provider.
    afterwards: PostLogoutRedirectUrl,
    outbound: Outbound,
    settings: OpenidSettings,
    /// Found at the first need, so that the server starts whether the provider is there or not.
    document: RwLock<Option<Arc<Document>>>,
}

/// The provider's document with its keys, and when it was fetched.
struct Document {
    metadata: ProviderMetadataWithLogout,
    at: Instant,
}

impl Provider {
    /// The provider of the settings, where they name one.
    ///
    /// # Errors
    /// The settings cannot be used.
    pub fn new(settings: &OpenidSettings, public_address: &str) -> Result<Option<Self>, String> {
        if !settings.is_on() {
            return Ok(None);
        }
        let Usable { issuer, client_id, client_secret, scopes, authorities } = settings.usable()?;
        let public_address = public_address.trim_end_matches('/');
        if public_address.is_empty() {
            return Err(
                "[sign-in] public-address is empty, and the provider must send people back to it"
                    .to_owned(),
            );
        }
        let unusable = |error: url::ParseError| error.to_string();
        let outbound = Outbound::new(authorities.as_deref());
        Ok(Some(Self {
            issuer: IssuerUrl::new(issuer).map_err(unusable)?,
            client_id: ClientId::new(client_id),
            client_secret: client_secret.map(ClientSecret::new),
            scopes: scopes.into_iter().map(Scope::new).collect(),
            redirect: RedirectUrl::new(format!("{public_address}{CALLBACK}")).map_err(unusable)?,
            afterwards: PostLogoutRedirectUrl::new(format!("{public_address}/"))
                .map_err(unusable)?,
            outbound: outbound.map_err(|error| format!("ca-file cannot be used: {error}"))?,
            settings: OpenidSettings { client_secret: String::new(), ..settings.clone() },
            document: RwLock::default(),
        }))
    }

    /// The address at which a person signs in.
    ///
    /// # Errors
    /// [`OpenidError::Unreachable`] where the provider is not found.
    pub async fn begin(&self, pending: &Pending) -> Result<String, OpenidError> {
        let client = self.client(&*self.document(false).await?);
        let verifier = PkceCodeVerifier::new(pending.verifier.clone());
        let (state, nonce) =
            (CsrfToken::new(pending.state.clone()), Nonce::new(pending.nonce.clone()));
        let flow = CoreAuthenticationFlow::AuthorizationCode;
        let contexts = self.settings.second_factor_acr.iter().cloned();
        let request = client
            .authorize_url(flow, move || state, move || nonce)
            .add_scopes(self.scopes.iter().cloned())
            .set_pkce_challenge(PkceCodeChallenge::from_code_verifier_sha256(&verifier));
        let request = contexts
            .map(AuthenticationContextClass::new)
            .fold(request, |request, context| request.add_auth_context_value(context));
        let (address, ..) = request.url();
        Ok(address.to_string())
    }

    /// The person of a code with which the provider has sent a browser back.
    ///
    /// # Errors
    /// [`OpenidError`] where the provider does not take the code, or what it asserts does not hold.
    pub async fn finish(&self, code: String, pending: &Pending) -> Result<Asserted, OpenidError> {
        let document = self.document(false).await?;
        let client = self.client(&document);
        let request = client.exchange_code(AuthorizationCode::new(code)).map_err(unreachable)?;
        let verifier = PkceCodeVerifier::new(pending.verifier.clone());
        let answer = request.set_pkce_verifier(verifier).request_async(&self.outbound).await;
        let answer: CoreTokenResponse = answer.map_err(|error| match error {
            RequestTokenError::ServerResponse(refused) => OpenidError::Refused(refused.to_string()),
            error => unreachable(error),
        })?;
        let missing = || OpenidError::Untrusted("the answer has no ID token".to_owned());
        let token = answer.id_token().ok_or_else(missing)?;
        let nonce = Nonce::new(pending.nonce.clone());
        let claims = self.verified(token, &client, &nonce).await?;
        let email = match verified_email(
            claims.email().map(|email| email.as_str()),
            claims.email_verified(),
        ) {
            Some(email) => Some(email),
            None => self.told_email(&client, &answer, &claims).await?,
        };
        Ok(Asserted {
            issuer: self.issuer.to_string(),
            subject: claims.subject().to_string(),
            email,
            second_factor: self.second_factor(&claims),
            id_token: token.to_string(),
        })
    }

    /// The value by which verified claims say that the person has signed in with a second factor.
    fn second_factor(&self, claims: &CoreIdTokenClaims) -> Option<SaidFactor> {
        let methods = claims.auth_method_refs().into_iter().flatten();
        let context = claims.auth_context_ref().map(|context| context.as_str());
        self.settings.second_factor(methods.map(|method| method.as_str()), context)
    }

    /// The claims of a token that holds. Where no key goes with it the provider's keys are fetched once more: it has
    /// changed them.
    async fn verified(
        &self,
        token: &CoreIdToken,
        client: &Found,
        nonce: &Nonce,
    ) -> Result<CoreIdTokenClaims, OpenidError> {
        let unknown_key = ClaimsVerificationError::SignatureVerification(
            SignatureVerificationError::NoMatchingKey,
        );
        let claims = token.claims(&client.id_token_verifier(), nonce);
        match claims {
            Ok(claims) => return Ok(claims.clone()),
            Err(error) if error == unknown_key => {}
            Err(error) => return Err(untrusted(&error)),
        }
        let client = self.client(&*self.document(true).await?);
        let claims = token.claims(&client.id_token_verifier(), nonce);
        claims.cloned().map_err(|error| untrusted(&error))
    }

    /// The address that the provider tells where it is asked for more of the person.
    async fn told_email(
        &self,
        client: &Found,
        answer: &CoreTokenResponse,
        claims: &CoreIdTokenClaims,
    ) -> Result<Option<Email>, OpenidError> {
        let subject = claims.subject().clone();
        let Ok(request) = client.user_info(answer.access_token().clone(), Some(subject)) else {
            return Ok(None);
        };
        let told: Result<CoreUserInfoClaims, _> = request.request_async(&self.outbound).await;
        let told = told.map_err(unreachable)?;
        Ok(verified_email(told.email().map(|email| email.as_str()), told.email_verified()))
    }

    /// The address at which a person signs out; nothing where the provider has none.
    ///
    /// # Errors
    /// [`OpenidError::Unreachable`] where the provider is not found.
    pub async fn end(&self, assertion: Option<&str>) -> Result<Option<String>, OpenidError> {
        let document = self.document(false).await?;
        let end = document.metadata.additional_metadata().end_session_endpoint.clone();
        let Some(end) = end else { return Ok(None) };
        let mut request = LogoutRequest::from(end)
            .set_client_id(self.client_id.clone())
            .set_post_logout_redirect_uri(self.afterwards.clone());
        if let Some(token) = assertion.and_then(|text| text.parse::<CoreIdToken>().ok()) {
            request = request.set_id_token_hint(&token);
        }
        Ok(Some(request.http_get_url().to_string()))
    }

    fn client(&self, document: &Document) -> Found {
        let (id, secret) = (self.client_id.clone(), self.client_secret.clone());
        let client = CoreClient::from_provider_metadata(document.metadata.clone(), id, secret);
        client.set_redirect_uri(self.redirect.clone())
    }

    /// The provider's document, fetched where there is none that is fresh, or in any case.
    async fn document(&self, anew: bool) -> Result<Arc<Document>, OpenidError> {
        let fresh = |document: &Arc<Document>| document.at.elapsed() < FRESH;
        let known = self.document.read().await.clone();
        if let Some(known) = known.filter(|known| !anew && fresh(known)) {
            return Ok(known);
        }
        let found = ProviderMetadataWithLogout::discover_async(self.issuer.clone(), &self.outbound);
        let metadata = found.await.map_err(unreachable)?;
        let document = Arc::new(Document { metadata, at: Instant::now() });
        *self.document.write().await = Some(Arc::clone(&document));
        Ok(document)
    }
}

/// An address counts where the provider says that it has verified it.
fn verified_email(email: Option<&str>, is_verified: Option<bool>) -> Option<Email> {
    email.filter(|_| is_verified == Some(true))?.parse().ok()
}

fn untrusted(error: &ClaimsVerificationError) -> OpenidError {
    OpenidError::Untrusted(with_causes(error))
}

fn unreachable(error: impl std::error::Error) -> OpenidError {
    OpenidError::Unreachable(with_causes(&error))
}

/// An error with what caused it.
fn with_causes(error: &dyn std::error::Error) -> String {
    let mut said = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        said.push_str(&format!(": {cause}"));
        source = cause.source();
    }
    said
}
